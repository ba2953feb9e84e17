package board

// simcomUSB is a SIM7600 seen from a host by USB (1e0e:9001): ttyUSB2 is AT, ttyUSB3 is PPP.
//
// Source: published interface lists for this id. Not measured.
var simcomUSB = Profile{
	Name:     "simcom-usb",
	Title:    "host with a SIMCom SIM7600 on USB",
	Arch:     Any,
	Protocol: "at",
	Device:   "/dev/ttyUSB2",
	Baud:     115200,
	Buffers:  buffersLarge,

	ESP:   Unknown,
	Init:  Systemd,
	Proof: Unproven,
}
