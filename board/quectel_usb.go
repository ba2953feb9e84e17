package board

// quectelUSB is an EC25 or EG25-G seen from a host by USB (2c7c:0125): ttyUSB0 is diag, 1 is
// NMEA, 2 is AT, 3 is PPP.
//
// Source: published interface lists for this id. With ModemManager running take it off this
// port (ID_MM_PORT_IGNORE).
// Not measured.
var quectelUSB = Profile{
	Name:     "quectel-usb",
	Title:    "host with a Quectel EC25 / EG25-G on USB",
	Arch:     Any,
	Protocol: "at",
	Device:   "/dev/ttyUSB2",
	Baud:     115200,
	Buffers:  buffersLarge,

	ESP:   Unknown,
	Init:  Systemd,
	Proof: Unproven,
}
