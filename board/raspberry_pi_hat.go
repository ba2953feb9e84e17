package board

// raspberryPiHAT is a Raspberry Pi with a SIM7600, EC25 or EG25 HAT on USB. The Pi Zero and
// 1 have ARMv6 with VFPv2, so that binary runs on all of them.
//
// Source: published guides of the HATs: AT on /dev/ttyUSB2; on the UART it is /dev/ttyS0 or ttyAMA0.
// Not measured.
var raspberryPiHAT = Profile{
	Name:     "rpi-hat",
	Title:    "Raspberry Pi with an LTE HAT",
	Arch:     ARMv6,
	Protocol: "at",
	Device:   "/dev/ttyUSB2",
	Baud:     115200,
	Memory:   large,
	RAM:      512,

	Kernel: "5.x or 6.x",
	ESP:    Unknown,
	Init:   Systemd,
	Proof:  Unproven,
}
