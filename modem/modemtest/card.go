package modemtest

import (
	"bytes"
	"slices"
)

// A card is a UICC with USIM and perhaps ISIM, seen through commands (TS 102 221 §10, §11). Each
// logical channel has its own selected application and file.
type card struct {
	sub      *Subscriber
	isim     bool
	mnc      byte // length in EF_AD
	imsi     string
	channels map[byte]*channel
	more     []byte // for GET RESPONSE, on the basic channel
}

// A channel is what is selected on it.
type channel struct {
	aid  []byte // nil: the master file
	file int
}

func newCard(sub *Subscriber, isim bool) *card {
	c := &card{sub: sub, isim: isim, mnc: 3, imsi: defaultIMSI}
	c.reset()
	return c
}

// reset forgets what was selected, and closes the logical channels.
func (c *card) reset() { c.channels, c.more = map[byte]*channel{0: {}}, nil }

// maxChannels is how many logical channels a card has beside the basic one.
const maxChannels = 3

// open opens a logical channel to an application; the identifier may be its beginning.
func (c *card) open(aid []byte) (number byte, sw uint16) {
	full := c.find(aid)
	if full == nil {
		return 0, 0x6A82
	}
	for number = 1; number <= maxChannels; number++ {
		if c.channels[number] == nil {
			c.channels[number] = &channel{aid: full}
			return number, 0x9000
		}
	}
	return 0, 0x6A81
}

func (c *card) find(aid []byte) []byte {
	for _, a := range c.apps() {
		if len(aid) >= 5 && bytes.HasPrefix(a, aid) {
			return a
		}
	}
	return nil
}

func (c *card) apps() [][]byte {
	if c.isim {
		return [][]byte{aidUSIM, aidISIM}
	}
	return [][]byte{aidUSIM}
}

// transmit carries out a command on a channel. The basic channel answers as T=0 does, with 61xx.
func (c *card) transmit(number byte, apdu []byte) (out []byte, sw uint16) {
	ch := c.channels[number]
	switch {
	case ch == nil:
		return nil, 0x6881
	case len(apdu) < 5:
		return nil, 0x6700
	}
	switch apdu[1] {
	case 0xA4:
		return nil, c.selects(ch, apdu)
	case 0xB0, 0xB2:
		return c.read(ch, apdu)
	case 0x88:
		out, sw = c.authenticate(ch, apdu)
		if number == 0 && len(out) > 0 {
			c.more = out
			return nil, 0x6100 | uint16(len(out))
		}
		return out, sw
	case 0xC0:
		out, c.more = c.more, nil
		if int(apdu[4]) != len(out) {
			return nil, 0x6F00
		}
		return out, 0x9000
	}
	return nil, 0x6D00
}

// selects carries out SELECT by application identifier (P1 04) or by file identifier.
func (c *card) selects(ch *channel, apdu []byte) uint16 {
	n := int(apdu[4])
	if len(apdu) < 5+n {
		return 0x6700
	}
	id := apdu[5 : 5+n]
	switch {
	case apdu[2] == 4:
		aid := c.find(id)
		if aid == nil {
			return 0x6A82
		}
		ch.aid, ch.file = aid, 0
	case n == 2 && bytes.Equal(id, []byte{0x3F, 0x00}):
		ch.aid, ch.file = nil, 0
	case n == 2:
		file := int(id[0])<<8 | int(id[1])
		if c.file(ch.aid, file) == nil {
			return 0x6A82
		}
		ch.file = file
	default:
		return 0x6A86
	}
	return 0x9000
}

// read carries out READ BINARY and READ RECORD; a wrong length is answered by the right one.
func (c *card) read(ch *channel, apdu []byte) ([]byte, uint16) {
	records := c.file(ch.aid, ch.file)
	record := 1
	if apdu[1] == 0xB2 {
		record = int(apdu[2])
	}
	switch {
	case records == nil:
		return nil, 0x6986
	case record < 1 || record > len(records):
		return nil, 0x6A83
	}
	v := records[record-1]
	if int(apdu[4]) != len(v) {
		return nil, 0x6C00 | uint16(len(v))
	}
	return v, 0x9000
}

func (c *card) authenticate(ch *channel, apdu []byte) ([]byte, uint16) {
	switch {
	case ch.aid == nil:
		return nil, 0x6985
	case apdu[3] != 0x81:
		return nil, 0x9864
	case len(apdu) < 39 || apdu[4] != 34 || apdu[5] != 16 || apdu[22] != 16:
		return nil, 0x6700
	}
	return c.sub.Authenticate(apdu[6:22], apdu[23:39])
}

// file returns the records of a file, one for a transparent one; nil if it is not there.
func (c *card) file(aid []byte, id int) [][]byte {
	const realm = "ims.mnc410.mcc310.3gppnetwork.org"
	switch {
	case aid == nil && id == 0x2F00:
		var out [][]byte
		for _, a := range c.apps() {
			r := append(append([]byte{0x61, byte(2 + len(a)), 0x4F, byte(len(a))}, a...), 0xFF, 0xFF)
			out = append(out, r)
		}
		return out
	case slices.Equal(aid, aidUSIM) && id == 0x6F07:
		return [][]byte{c.efIMSI()}
	case slices.Equal(aid, aidUSIM) && id == 0x6FAD:
		return [][]byte{{0, 0, 0, c.mnc}}
	case !slices.Equal(aid, aidISIM):
		return nil
	case id == 0x6F02:
		return [][]byte{text("tester@"+realm, 64)}
	case id == 0x6F03:
		return [][]byte{text(realm, 64)}
	case id == 0x6F04:
		return [][]byte{text("sip:tester@"+realm, 64), text("tel:+13105550123", 64), bytes.Repeat([]byte{0xFF}, 64)}
	}
	return nil
}

// efIMSI packs the IMSI: length, parity nibble, digits.
func (c *card) efIMSI() []byte {
	d := "9" + c.imsi // odd number of digits
	out := []byte{8}
	for i := 0; i+1 < len(d); i += 2 {
		out = append(out, (d[i+1]-'0')<<4|d[i]&15)
	}
	return out
}

// text is a file of an ISIM: 80, length, text, padding.
func text(s string, size int) []byte {
	out := append([]byte{0x80, byte(len(s))}, s...)
	return append(out, bytes.Repeat([]byte{0xFF}, size-len(out))...)
}
