package board

// openstick is a UFI stick with MSM8916 and mainline Linux 6.x: four Cortex-A53, 381 to
// 465 MB usable, Debian, systemd.
//
// Source: the OpenStick project: the kernel's WWAN framework offers /dev/wwan0at0 by rpmsg.
// Not measured.
var openstick = Profile{
	Name:     "openstick",
	Title:    "UFI stick MSM8916 with mainline Linux",
	Arch:     ARM64,
	Protocol: "at",
	Device:   "/dev/wwan0at0",
	Baud:     115200,
	Memory:   large,
	RAM:      512,

	Kernel: "6.x",
	ESP:    Unknown,
	Init:   Systemd,
	Proof:  Unproven,
}
