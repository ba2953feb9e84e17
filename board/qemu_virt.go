package board

// qemuVirt is `qemu-system-arm -M virt,highmem=off -cpu cortex-a7 -m 64` with the simulated
// modem behind `-device virtio-serial-device,max_ports=1 -device virtconsole`.
//
// Source: measured with QEMU 7.2 and Debian's kernel 6.1 for armmp: /dev/hvc0 is there
// 10 to 60 ms after the module is loaded; a second PL011 does not exist on virt.
var qemuVirt = Profile{
	Name:     "qemu-virt",
	Title:    "QEMU virt machine, Cortex-A7",
	Arch:     ARMv7,
	Protocol: "at",
	Device:   "/dev/hvc0",
	Baud:     115200,
	Buffers:  buffersSmall,
	RAM:      64,
}
