package modem

import (
	"errors"

	"imsagent/modem/uicc"
)

// A channel gives commands to an application of the card that is selected on it. octets are valid
// until the next command.
type channel interface {
	transmit(apdu []byte) (octets []byte, err error) // status word included, where the modem passes it on
}

// Limits of a conversation with a card.
const (
	maxRounds  = 8  // GET RESPONSE and repeated commands for one command
	maxRecords = 10 // of EF_DIR and EF_IMPU
	maxRead    = 512
)

// command gives the card one command and takes what it has to be asked for apart (TS 102 221
// §7.3.1.1.4): 61xx by GET RESPONSE, 6Cxx by the same command with that length. A warning (62xx,
// 63xx) counts as success where octets came with it.
func command(ch channel, apdu []byte) (octets []byte, sw uint16, err error) {
	var all []byte
	for range maxRounds {
		raw, err := ch.transmit(apdu)
		if err != nil {
			return nil, 0, err
		}
		part, sw, err := uicc.Split(raw)
		if err != nil {
			return nil, 0, err
		}
		if len(all)+len(part) > maxRead {
			return nil, 0, uicc.ErrSyntax
		}
		switch all = append(all, part...); uicc.Check(sw) {
		case uicc.ErrMore:
			apdu = []byte{apdu[0], 0xC0, 0, 0, byte(sw)}
		case uicc.ErrLe:
			apdu = withLe(apdu, byte(sw))
		default:
			return all, sw, nil
		}
	}
	return nil, 0, uicc.ErrSyntax
}

// withLe returns a command with another expected length. One with data has it behind them.
func withLe(apdu []byte, le byte) []byte {
	out := append(make([]byte, 0, len(apdu)+1), apdu...)
	if len(out) > 5 && len(out) == 5+int(out[4]) {
		return append(out, le)
	}
	if len(out) == 4 {
		return append(out, le)
	}
	out[len(out)-1] = le
	return out
}

// selectFile selects an elementary file of the application.
func selectFile(ch channel, file uint16) error {
	id := [2]byte{byte(file >> 8), byte(file)}
	_, sw, err := command(ch, []byte{0, 0xA4, 0, 0x0C, 2, id[0], id[1]})
	if err == nil && (sw == 0x6B00 || sw == 0x6A86) { // a card that insists on telling the file's parameters
		_, sw, err = command(ch, []byte{0, 0xA4, 0, 0x04, 2, id[0], id[1]})
	}
	if err != nil {
		return err
	}
	return uicc.Check(sw)
}

// readBinary reads a transparent file, as much as one command gives.
func readBinary(ch channel, file uint16) ([]byte, error) {
	if err := selectFile(ch, file); err != nil {
		return nil, err
	}
	return answered(command(ch, []byte{0, 0xB0, 0, 0, 0}))
}

// readRecords reads the records of a linear file until there is no more, or f returns false.
func readRecords(ch channel, file uint16, f func(record []byte) bool) error {
	if err := selectFile(ch, file); err != nil {
		return err
	}
	for n := 1; n <= maxRecords; n++ {
		b, err := answered(command(ch, []byte{0, 0xB2, byte(n), 4, 0}))
		if errors.Is(err, uicc.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if !f(b) {
			return nil
		}
	}
	return nil
}

// answered joins the outcome of a command: octets with a warning are octets (TS 102 221 §10.2.1.3:
// 6282 is the end of the file).
func answered(octets []byte, sw uint16, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if len(octets) > 0 && sw>>8 == 0x62 {
		return octets, nil
	}
	return octets, uicc.Check(sw)
}

// readISIM reads who the subscriber is, from the ISIM selected on ch. A file that is empty or not
// there is left out; an error is that of the modem.
func readISIM(ch channel, id *Identity) error {
	for _, f := range [...]struct {
		file uint16
		into *string
	}{{uicc.EFIMPI, &id.IMPI}, {uicc.EFDOMAIN, &id.Domain}} {
		b, err := readBinary(ch, f.file)
		if !aboutCard(err) {
			return err
		}
		if text, err := uicc.ParseText(b); err == nil {
			*f.into = text
		}
	}
	id.IMPU = nil
	err := readRecords(ch, uicc.EFIMPU, func(record []byte) bool {
		if text, err := uicc.ParseText(record); err == nil {
			id.IMPU = append(id.IMPU, text)
		}
		return true
	})
	if !aboutCard(err) {
		return err
	}
	return nil
}

// aboutCard reports whether err is none or something that the card said: asking on is no use
// only where the modem failed.
func aboutCard(err error) bool {
	var e uicc.Error
	return err == nil || errors.As(err, &e)
}

// runAKA gives the challenge to the application selected on ch.
func runAKA(ch channel, rand, autn *[16]byte) (*AKA, error) {
	octets, sw, err := command(ch, uicc.AppendAuthenticate(nil, rand, autn))
	if err != nil {
		return nil, err
	}
	a, err := uicc.ParseAuthenticate(octets, sw)
	clear(octets)
	if err != nil {
		return nil, err
	}
	return &a, nil
}
