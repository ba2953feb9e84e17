package board

// sierraWP76 is the WP76/WP77 (MDM9x07/9206) seen from its own Linux: Cortex-A7, kernel
// 3.18.140, Yocto, Legato. The application must not be sandboxed and must require the node.
//
// Source: Legato's swi-mdm9x28-wp target: /dev/ttyAT is the application's AT port.
// Not measured.
var sierraWP76 = Profile{
	Name:     "sierra-wp76",
	Title:    "Sierra Wireless WP76xx / WP77xx, inside the module",
	Arch:     ARMv7,
	Protocol: "at",
	Device:   "/dev/ttyAT",
	Baud:     115200,
	Dialect:  "sierra",
	Memory:   small,
	RAM:      256,

	Kernel: "3.18",
	ESP:    Unknown,
	Init:   Legato,
	Proof:  Emulated,
}
