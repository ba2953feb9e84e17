package board

// qemuARMv6 is `qemu-system-arm -M raspi1ap`, a Raspberry Pi A+: ARM1176 with VFPv2, always
// 512 MB. QEMU has no network and no second serial line for it, so it boots, the daemon
// starts and the unit tests run there, and no more.
//
// Source: measured with QEMU 7.2 and Debian's kernel 6.1 for armel (rpi). The kernel hangs in
// bcm2835_power_driver_init, whose device QEMU does not have; without it nothing switches the
// machine off, but a restart ends QEMU.
var qemuARMv6 = Profile{
	Name:     "qemu-armv6",
	Title:    "QEMU raspi1ap machine, ARM1176, without a network",
	Arch:     ARMv6,
	Protocol: "none",
	Baud:     115200,
	Memory:   small,
	RAM:      512,

	Kernel: "6.1",
	ESP:    Yes,
	Init:   Own,
	Proof:  Booted,

	Emulator: Emulator{
		Command: "qemu-system-arm",
		Machine: "-M raspi1ap",
		Memory:  512,
		Package: "linux-image-rpi",
		DebArch: "armel",
		Console: "ttyAMA0",
		DTB:     "bcm2835-rpi-b-plus.dtb",
		Append:  "initcall_blacklist=bcm2835_power_driver_init off=restart",
	},
}
