package board

// qemuVirt is `qemu-system-arm -M virt,highmem=off -cpu cortex-a7 -m 64` with the simulated
// modem behind `-device virtio-serial-device,max_ports=1 -device virtconsole`.
//
// Source: measured with QEMU 7.2 and Debian's kernel 6.1 for armmp: /dev/hvc0 is there
// 10 to 60 ms after the module is loaded; a second PL011 does not exist on virt. 64 MB is the
// floor for that kernel: with 48 MB there is no place for the initramfs.
var qemuVirt = Profile{
	Name:     "qemu-virt",
	Title:    "QEMU virt machine, Cortex-A7",
	Arch:     ARMv7,
	Protocol: "at",
	Device:   "/dev/hvc0",
	Baud:     115200,
	Memory:   small,
	RAM:      64,

	Kernel: "6.1",
	ESP:    Yes,
	Init:   Own,
	Proof:  Booted,

	Emulator: Emulator{
		Command: "qemu-system-arm",
		Machine: "-M virt,highmem=off -cpu cortex-a7",
		Memory:  64,
		Package: "linux-image-armmp",
		DebArch: "armhf",
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

// virtConsole puts the modem behind /dev/hvc0. With more than one port the driver takes 8 MB.
const virtConsole = "-device virtio-serial-device,max_ports=1 -device virtconsole,chardev=modem"

// usbSerial puts the modem behind an FTDI adapter, 0403:6001, as /dev/ttyUSB0, about a second
// after its driver is there. QEMU calls the device "modem"; without a serial number
// of its own it would get one from the port, and be another modem on another port.
const usbSerial = "-device qemu-xhci,id=xhci -device usb-serial,chardev=modem,id=modem,serial=imsagent"

// virtModules is what Debian's kernels do not have built in for the devices above; ext4 asks
// for crc32c by its algorithm, which the dependencies do not say.
const virtModules = "virtio_mmio virtio_console virtio_net 9pnet_virtio 9p virtio_blk crc32c_generic ext4"

// usbModules is what usbSerial takes besides.
const usbModules = "xhci_pci ftdi_sio"
