package board

// quectelRM551 is the RM551E or RM550V (SDX75) seen from its own Linux: Cortex-A55/A53 in
// 64-bit mode, OpenWrt, musl, procd.
//
// Source: iamromulan/quectel-rgmii-toolkit: /dev/smd7 answers AT. Not measured.
var quectelRM551 = Profile{
	Name:     "quectel-rm551",
	Title:    "Quectel RM551E / RM550V, inside the module",
	Arch:     ARM64,
	Protocol: "at",
	Device:   "/dev/smd7",
	Baud:     115200,
	Dialect:  "quectel",
	State:    "/usrdata/imsagent",
	Home:     "/usrdata/opt/imsagent",
	Memory:   large,
	RAM:      1024,

	ESP:   Unknown,
	Init:  Procd,
	Proof: Unproven,
}
