package modemtest

// The descriptors of what Linux takes for a Quectel EC25 (2c7c:0125). Its drivers look at class,
// subclass, protocol and number of endpoints (option.c, qmi_wwan.c): interface 0 is diagnostics,
// 1 NMEA, 2 AT, 3 PPP, 4 QMI.

// usbDevice is the device descriptor (USB 2.0 §9.6.1).
var usbDevice = octets("12 01 0002 ef 02 01 40 7c2c 2501 1803 01 02 00 01")

// usbStrings are the string descriptors: languages, manufacturer, product.
var usbStrings = [][]byte{octets("04 03 0904"), usbString("Android"), usbString("Android")}

func usbString(s string) []byte {
	b := []byte{byte(2 + 2*len(s)), 3}
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

// usbConfiguration is the configuration with all that belongs to it.
func usbConfiguration() []byte {
	b := octets("09 02 0000 05 01 00 a0 fa")
	b = append(b, octets("09 04 00 00 02 ff ff ff 00  07 05 81 02 0002 00  07 05 01 02 0002 00")...)
	b = append(b, octets("09 04 01 00 03 ff 00 00 00  07 05 83 03 0a00 09  07 05 82 02 0002 00  07 05 02 02 0002 00")...)
	b = append(b, octets("09 04 02 00 03 ff 00 00 00  07 05 87 03 0a00 09  07 05 84 02 0002 00  07 05 03 02 0002 00")...)
	b = append(b, octets("09 04 03 00 03 ff 00 00 00  07 05 8b 03 0a00 09  07 05 86 02 0002 00  07 05 04 02 0002 00")...)
	b = append(b, octets("09 04 04 00 03 ff ff ff 00  07 05 89 03 0800 09  07 05 88 02 0002 00  07 05 05 02 0002 00")...)
	b[2], b[3] = byte(len(b)), byte(len(b)>>8)
	return b
}

// descriptor returns a descriptor by its type and index, nil for one that there is not.
func descriptor(kind, index byte) []byte {
	switch {
	case kind == 1:
		return usbDevice
	case kind == 2 && index == 0:
		return usbConfiguration()
	case kind == 3 && int(index) < len(usbStrings):
		return usbStrings[index]
	case kind == 6: // device qualifier: the same at full speed
		return octets("0a 06 0002 ef 02 01 40 01 00")
	}
	return nil
}
