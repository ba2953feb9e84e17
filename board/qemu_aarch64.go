package board

// qemuARM64 is `qemu-system-aarch64 -M virt -cpu cortex-a53 -m 128`, otherwise as qemuVirt.
//
// Source: measured with QEMU 7.2 and Debian's kernel 6.1 for arm64.
var qemuARM64 = Profile{
	Name:     "qemu-arm64",
	Title:    "QEMU virt machine, Cortex-A53",
	Arch:     ARM64,
	Protocol: "at",
	Device:   "/dev/hvc0",
	Baud:     115200,
	Memory:   small,
	RAM:      128,

	Kernel: "6.1",
	ESP:    Yes,
	Init:   Own,
	Proof:  Booted,

	Emulator: Emulator{
		Command: "qemu-system-aarch64",
		Machine: "-M virt -cpu cortex-a53",
		Memory:  128,
		Package: "linux-image-arm64",
		DebArch: "arm64",
		Console: "ttyAMA0",
		Modem:   virtConsole,
		USB:     usbSerial,
		Disk:    "-device virtio-blk-device,drive=state",
		Net:     "-device virtio-net-device,netdev=net",
		Share:   "-device virtio-9p-device,fsdev=share,mount_tag=share",
		Modules: virtModules,
		OnUSB:   usbModules,
	},
}
