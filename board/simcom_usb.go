package board

// simcomUSB is a SIM7600 seen from a host by USB (1e0e:9001): interface 2 is
// AT, 3 is PPP; of a single modem ttyUSB2 and ttyUSB3.
//
// Source: published interface lists for this id. Not measured.
var simcomUSB = Profile{
	Name:     "simcom-usb",
	Title:    "host with a SIMCom SIM7600 on USB",
	Arch:     Any,
	Protocol: "at",
	Device:   "usb:1e0e:9001:02",
	Baud:     115200,
	Dialect:  "simcom",
	Memory:   large,

	ESP:   Unknown,
	Init:  Systemd,
	Proof: Unproven,
}
