package board

// sierraWP85 is the WP85 or AR7554 (MDM9615) seen from its own Linux: Cortex-A5, kernel
// 3.14.29ltsi, Legato. Kernels before 3.17 have no getrandom: /dev/urandom must be there.
//
// Source: Legato's swi-mdm9x15 target, as for the WP76. The size of its RAM is unconfirmed.
// Not measured.
var sierraWP85 = Profile{
	Name:     "sierra-wp85",
	Title:    "Sierra Wireless WP85xx / AR7554, inside the module",
	Arch:     ARMv7,
	Protocol: "at",
	Device:   "/dev/ttyAT",
	Baud:     115200,
	Dialect:  "sierra",
	Memory:   small,

	Kernel: "3.14",
	ESP:    Unknown,
	Init:   Legato,
	Proof:  Emulated,
}
