package board

// quectelEC25 is the EC25 or EG25-G (PinePhone) seen from its own Linux: MDM9207/9607, one
// Cortex-A7 with VFPv4, kernel 3.18 of CAF, glibc, sysvinit.
//
// Source: pinephone_modem_sdk and published notes: /dev/smd7, 8, 9 and 11 answer AT; port_bridge reads smd7 for
// the USB side, and two readers of one node split the replies. The GGC variant has 128 MB.
// Not measured.
var quectelEC25 = Profile{
	Name:     "quectel-ec25",
	Title:    "Quectel EC25 / EG25-G, inside the module",
	Arch:     ARMv7,
	Protocol: "at",
	Device:   "/dev/smd8",
	Baud:     115200,
	Dialect:  "quectel",
	State:    "/data/imsagent",
	Home:     "/data/opt/imsagent",
	Memory:   small,
	RAM:      128,

	Kernel: "3.18",
	ESP:    Unknown,
	Init:   Busybox,
	Proof:  Emulated,
}
