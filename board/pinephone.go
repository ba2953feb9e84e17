package board

// pinephone is the PinePhone or PinePhone Pro seen from its own CPU: Cortex-A53 and mainline
// Linux beside an EG25-G on USB, as quectelUSB; postmarketOS has OpenRC, Mobian has systemd
// (its package is the .deb).
//
// Source: eg25-manager, which powers the modem and may switch it off (AT+CFUN=0) in suspend;
// ModemManager is there: take it off this port (ID_MM_PORT_IGNORE). Interface list as quectelUSB.
// Not measured.
var pinephone = Profile{
	Name:     "pinephone",
	Title:    "PinePhone, beside its EG25-G",
	Arch:     ARM64,
	Protocol: "at",
	Device:   "usb:2c7c:0125:02",
	Baud:     115200,
	Memory:   large,
	RAM:      2048,

	Kernel: "6.x",
	ESP:    Unknown,
	Init:   OpenRC,
	Proof:  Unproven,
}
