package board

// simcomSIM7600 is the SIM7600 with OpenLinux (MDM9607): Cortex-A7, kernel 3.18 of CAF,
// glibc, sysvinit; 60 to 70 MB of its 256 MB are left for applications.
//
// Source: published notes on OpenLinux: /dev/smd8 answers AT. Not measured.
var simcomSIM7600 = Profile{
	Name:     "simcom-sim7600",
	Title:    "SIMCom SIM7600 OpenLinux, inside the module",
	Arch:     ARMv7,
	Protocol: "at",
	Device:   "/dev/smd8",
	Baud:     115200,
	Dialect:  "simcom",
	State:    "/data/imsagent",
	Home:     "/data/opt/imsagent",
	Memory:   small,
	RAM:      256,

	Kernel: "3.18",
	ESP:    Unknown,
	Init:   Busybox,
	Proof:  Emulated,
}
