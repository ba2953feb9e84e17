package board

// fibocomFM350 is the FM350 (MediaTek T700) seen from a host by PCIe. It speaks MBIM and AT,
// not QMI.
//
// Source: the kernel's mtk_t7xx driver: /dev/wwan0at0. Not measured.
var fibocomFM350 = Profile{
	Name:     "fibocom-fm350",
	Title:    "host with a Fibocom FM350 on PCIe",
	Arch:     Any,
	Protocol: "at",
	Device:   "/dev/wwan0at0",
	Baud:     115200,
	Dialect:  "fibocom",
	Memory:   large,

	ESP:   Unknown,
	Init:  Systemd,
	Proof: Unproven,
}
