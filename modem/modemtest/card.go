package modemtest

import (
	"bytes"
	"encoding/hex"
	"strings"
)

// Who the simulated subscriber is: of the network of the reference trace.
const (
	defaultIMSI = "310410123456789"
	isimIMPI    = "310410123456789@ims.mnc410.mcc310.3gppnetwork.org"
	isimDomain  = "ims.mnc410.mcc310.3gppnetwork.org"
)

// isimIMPU are the records of EF_IMPU.
var isimIMPU = []string{"sip:310410123456789@sharetechnote.com", "tel:+13104105678"}

// A card is a UICC with USIM and perhaps ISIM: files, logical channels and AUTHENTICATE, in the
// forms that a softsim was recorded to answer.
type card struct {
	sub      Subscriber
	isim     bool
	channels [4]selection // 0 is the basic one
	opened   [4]bool      // of 1 to 3
	rest     []byte       // for GET RESPONSE
}

// A selection is what is selected on a channel.
type selection struct {
	app  []byte // identifier of the application, nil in the master file
	file int
}

// Files of the card. A linear one has records, all of one size.
func (c *card) file(s selection) (content []byte, records [][]byte) {
	padded := func(b []byte, n int) []byte { return append(b, bytes.Repeat([]byte{0xFF}, n-len(b))...) }
	text := func(s string, n int) []byte { return padded(append([]byte{0x80, byte(len(s))}, s...), n) }
	switch {
	case s.file == 0x2F00:
		record := func(aid []byte, label string) []byte {
			b := append([]byte{0x61, byte(4 + len(aid) + len(label)), 0x4F, byte(len(aid))}, aid...)
			return padded(append(append(b, 0x50, byte(len(label))), label...), 38)
		}
		records = [][]byte{record(aidUSIM, "USim1")}
		if c.isim {
			records = append(records, record(aidISIM, "ISIM"))
		}
		return nil, append(records, padded(nil, 38))
	case bytes.Equal(s.app, aidUSIM) && s.file == 0x6F07:
		return octets("083901141032547698"), nil // 310410123456789, nibbles swapped after the parity
	case bytes.Equal(s.app, aidUSIM) && s.file == 0x6FAD:
		return octets("00000003"), nil
	case bytes.Equal(s.app, aidISIM) && s.file == 0x6F02:
		return text(isimIMPI, 80), nil
	case bytes.Equal(s.app, aidISIM) && s.file == 0x6F03:
		return text(isimDomain, 60), nil
	case bytes.Equal(s.app, aidISIM) && s.file == 0x6F04:
		for _, u := range isimIMPU {
			records = append(records, text(u, 60))
		}
		return nil, append(records, padded(nil, 60))
	}
	return nil, nil
}

// apdu answers a command; a status word is at the end. The class holds the channel.
func (c *card) apdu(b []byte) []byte {
	if len(b) < 4 {
		return octets("6700")
	}
	channel := int(b[0] & 3)
	if b[0]&^3 != 0 {
		return octets("6e00")
	}
	if channel != 0 && !c.opened[channel] {
		return octets("6881")
	}
	s := &c.channels[channel]
	switch b[1] {
	case 0x70:
		return c.manageChannel(b)
	case 0xA4:
		return c.selectFile(s, b)
	case 0xB0, 0xB2:
		return c.read(*s, b)
	case 0xC0:
		return c.getResponse(b)
	case 0x88:
		return c.authenticate(*s, b)
	}
	return octets("6d00")
}

// manageChannel opens or closes a logical channel (TS 102 221 §11.1.17).
func (c *card) manageChannel(b []byte) []byte {
	switch {
	case b[2] == 0x80 && b[3] >= 1 && b[3] <= 3 && c.opened[b[3]]:
		c.opened[b[3]] = false
		return octets("9000")
	case b[2] == 0 && b[3] == 0:
		for i := 1; i <= 3; i++ {
			if !c.opened[i] {
				c.opened[i], c.channels[i] = true, selection{}
				return []byte{byte(i), 0x90, 0}
			}
		}
		return octets("6a81")
	}
	return octets("6a86")
}

// selectFile selects an application by the beginning of its name, or a file.
func (c *card) selectFile(s *selection, b []byte) []byte {
	if len(b) < 5 || len(b) < 5+int(b[4]) {
		return octets("6700")
	}
	name := b[5 : 5+int(b[4])]
	if b[2] == 4 {
		for _, aid := range [][]byte{aidUSIM, aidISIM} {
			if len(name) >= 5 && bytes.HasPrefix(aid, name) && (c.isim || !bytes.Equal(aid, aidISIM)) {
				*s = selection{app: aid}
				return c.selected(b, octets("620482027821"))
			}
		}
		return octets("6a82")
	}
	if len(name) != 2 {
		return octets("6700")
	}
	switch id := int(name[0])<<8 | int(name[1]); id {
	case 0x3F00:
		*s = selection{}
	default:
		content, records := c.file(selection{app: s.app, file: id})
		if content == nil && records == nil {
			return octets("6a82")
		}
		s.file = id
	}
	return c.selected(b, octets("620482024121"))
}

// selected answers SELECT: nothing with P2 0C, else parameters to be had by GET RESPONSE.
func (c *card) selected(b, parameters []byte) []byte {
	if b[3] == 0x0C {
		return octets("9000")
	}
	c.rest = bytes.Clone(parameters)
	return []byte{0x61, byte(len(c.rest))}
}

// read answers READ BINARY and READ RECORD: 6Cxx unless the length is the right one.
func (c *card) read(s selection, b []byte) []byte {
	if len(b) != 5 {
		return octets("6700")
	}
	content, records := c.file(s)
	if b[1] == 0xB2 {
		switch {
		case records == nil:
			return octets("6981")
		case b[2] == 0 || int(b[2]) > len(records):
			return octets("6a83")
		}
		content = records[b[2]-1]
	} else if content == nil {
		return octets("6981")
	}
	if b[4] == 0 || int(b[4]) > len(content) {
		return []byte{0x6C, byte(len(content))}
	}
	return append(bytes.Clone(content[:b[4]]), 0x90, 0)
}

func (c *card) getResponse(b []byte) []byte {
	if len(b) != 5 || int(b[4]) > len(c.rest) || len(c.rest) == 0 {
		return octets("6985")
	}
	out := append(bytes.Clone(c.rest[:b[4]]), 0x90, 0)
	c.rest = nil
	return out
}

// authenticate answers AUTHENTICATE in the 3G context, in USIM and ISIM; 61xx as the softsim does.
func (c *card) authenticate(s selection, b []byte) []byte {
	switch {
	case s.app == nil:
		return octets("6985")
	case b[2] != 0 || b[3] != 0x81:
		return octets("6a86")
	case len(b) < 39 || b[4] != 34 || b[5] != 16 || b[22] != 16:
		return octets("6700")
	}
	out, sw := c.sub.Authenticate(b[6:22], b[23:39])
	if sw != 0x9000 {
		return []byte{byte(sw >> 8), byte(sw)}
	}
	c.rest = out
	return []byte{0x61, byte(len(out))}
}

// reset forgets channels and selections, as when the card gets its power back.
func (c *card) reset() { *c = card{sub: c.sub, isim: c.isim} }

// openChannels returns how many logical channels are open.
func (c *card) openChannels() (n int) {
	for _, o := range c.opened {
		if o {
			n++
		}
	}
	return n
}

// cardCommand answers +CGSN, +CIMI, +CRSM, +CCHO, +CGLA, +CCHC and +CSIM; ok is false for others.
func (s *state) cardCommand(command string) (lines []string, final string, ok bool) {
	name, args, _ := strings.Cut(command, "=")
	switch name {
	case "+CGSN":
		return []string{s.profile.imei}, "OK", true
	case "+CIMI", "+CRSM", "+CCHO", "+CGLA", "+CCHC", "+CSIM":
	default:
		return nil, "", false
	}
	switch {
	case !s.sim:
		return nil, s.cme("10"), true
	case s.pin != "":
		return nil, s.cme("11"), true
	}
	lines, final = s.cardAnswer(name, strings.Split(args, ","))
	return lines, final, true
}

func (s *state) cardAnswer(name string, args []string) ([]string, string) {
	unquoted := func(i int) []byte {
		b, err := hex.DecodeString(strings.Trim(args[i], `"`))
		if err != nil {
			return nil
		}
		return b
	}
	switch {
	case name == "+CIMI":
		return []string{defaultIMSI}, "OK"
	case name == "+CRSM" && len(args) >= 5:
		return s.restricted(args)
	case name == "+CSIM" && len(args) == 2 && !s.profile.noCSIM:
		return []string{s.apduLine("+CSIM: ", s.passed(unquoted(1)))}, "OK"
	case name == "+CCHO" && len(args) == 1 && !s.profile.noCCHO:
		return s.openSession(unquoted(0))
	case name == "+CGLA" && len(args) == 3 && !s.profile.noCCHO:
		b := unquoted(2)
		id := int(number(args[0], 10)) - s.profile.session
		if id < 1 || id > 3 || !s.card.opened[id] || len(b) < 4 {
			return nil, s.cme("21") // invalid index
		}
		b[0] |= byte(id)
		return []string{s.apduLine("+CGLA: ", s.passed(b))}, "OK"
	case name == "+CCHC" && len(args) == 1 && !s.profile.noCCHO:
		id := int(number(args[0], 10)) - s.profile.session
		if id < 1 || id > 3 || !s.card.opened[id] {
			return nil, s.cme("21")
		}
		s.card.opened[id] = false
		return nil, "OK"
	}
	return nil, s.cme("4")
}

// passed gives the card a command; some modems ask for the response themselves.
func (s *state) passed(b []byte) []byte {
	out := s.card.apdu(b)
	if s.profile.chains && len(out) == 2 && out[0] == 0x61 {
		return s.card.apdu([]byte{b[0], 0xC0, 0, 0, out[1]})
	}
	return out
}

// apduLine writes an answer; phonesim leaves the space out, and the status word of AUTHENTICATE.
func (s *state) apduLine(prefix string, b []byte) string {
	if s.profile.strangeAT {
		prefix = strings.TrimRight(prefix, " ")
		if b[0] == 0xDB || b[0] == 0xDC {
			b = b[:len(b)-2]
		}
	}
	digits := strings.ToUpper(hex.EncodeToString(b))
	return prefix + decimal(len(digits)) + `,"` + digits + `"`
}

// openSession opens a logical channel to an application.
func (s *state) openSession(aid []byte) ([]string, string) {
	if s.profile.wholeAID && len(aid) != 16 {
		return nil, s.cme("22") // not found
	}
	open := s.card.apdu(octets("0070000001"))
	if len(open) != 3 {
		return nil, s.cme("20") // memory full
	}
	b := append([]byte{open[0], 0xA4, 4, 0x0C, byte(len(aid))}, aid...)
	if out := s.card.apdu(b); out[0] != 0x90 {
		s.card.opened[open[0]] = false
		return nil, s.cme("22")
	}
	return []string{"+CCHO: " + decimal(s.profile.session+int(open[0]))}, "OK"
}

// restricted answers +CRSM: READ BINARY and READ RECORD, of the USIM and of EF_DIR.
func (s *state) restricted(args []string) ([]string, string) {
	sel := selection{app: aidUSIM, file: int(number(args[1], 10))}
	b := []byte{0, byte(number(args[0], 10)), byte(number(args[2], 10)), byte(number(args[3], 10)), byte(number(args[4], 10))}
	if b[1] != 0xB0 && b[1] != 0xB2 {
		return []string{"+CRSM: 109,0"}, "OK"
	}
	if content, records := s.card.file(sel); content == nil && records == nil {
		return []string{"+CRSM: 106,130"}, "OK"
	}
	out := s.card.read(sel, b)
	n := len(out) - 2
	line := "+CRSM: " + decimal(int(out[n])) + "," + decimal(int(out[n+1]))
	if digits := strings.ToUpper(hex.EncodeToString(out[:n])); n > 0 && s.profile.strangeAT {
		line = "+CRSM: 159,4," + digits // recorded: the status of GSM, no quotes
	} else if n > 0 {
		line += `,"` + digits + `"`
	}
	return []string{line}, "OK"
}
