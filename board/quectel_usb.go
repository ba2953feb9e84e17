package board

// quectelUSB is an EC25 or EG25-G seen from a host by USB (2c7c:0125): interface 0 is
// diag, 1 is NMEA, 2 is AT, 3 is PPP, 4 is QMI; of a single modem ttyUSB0 to 3 and cdc-wdm0.
//
// Source: published interface lists for this id. With ModemManager running take it off this
// port (ID_MM_PORT_IGNORE).
// Not measured.
var quectelUSB = Profile{
	Name:     "quectel-usb",
	Title:    "host with a Quectel EC25 / EG25-G on USB",
	Arch:     Any,
	Protocol: "at",
	Device:   "usb:2c7c:0125:02",
	Baud:     115200,
	Dialect:  "quectel",
	Memory:   large,

	ESP:   Unknown,
	Init:  Systemd,
	Proof: Unproven,
}
