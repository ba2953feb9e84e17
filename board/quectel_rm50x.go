package board

// quectelRM50x is the RM50xQ (SDX55, kernel 4.14) and RM520N/RM521F (SDX62, kernel 5.4) seen
// from its own Linux: Cortex-A7, glibc, systemd; / is read-only, /usrdata is not.
//
// Source: iamromulan/quectel-rgmii-toolkit, which runs a static Go binary there and bridges
// /dev/smd7 and /dev/smd11 with socat: stop its bridge of smd11 first.
// Not measured.
var quectelRM50x = Profile{
	Name:     "quectel-rm50x",
	Title:    "Quectel RM50xQ / RM520N / RM521F, inside the module",
	Arch:     ARMv7,
	Protocol: "at",
	Device:   "/dev/smd11",
	Baud:     115200,
	Dialect:  "quectel",
	State:    "/usrdata/imsagent",
	Home:     "/usrdata/opt/imsagent",
	Memory:   large,
	RAM:      512,

	Kernel: "4.14 or 5.4",
	ESP:    Unknown,
	Init:   Systemd,
	Proof:  Emulated,
}
