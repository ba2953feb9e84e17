package qmi

// Messages of UIM.
const (
	UIMReadTransparent     = 0x0020
	UIMReadRecord          = 0x0021
	UIMGetFileAttributes   = 0x0024
	UIMVerifyPIN           = 0x0026
	UIMRegisterEvents      = 0x002E
	UIMGetCardStatus       = 0x002F
	UIMCardStatus          = 0x0032 // indication
	UIMRefresh             = 0x0033 // indication
	UIMAuthenticate        = 0x0034
	UIMChangeProvisioning  = 0x0038
	UIMSendAPDU            = 0x003B
	UIMCloseLogicalChannel = 0x003F
	UIMOpenLogicalChannel  = 0x0042
	UIMRefreshRegisterAll  = 0x0044
)

// A Card names the application of the card that a request is for.
type Card struct {
	Type uint8  // 0 primary GW provisioning, 4 non-provisioning and 6 card of slot 1
	AID  []byte // of types above 3
}

// GW is the application that the modem itself uses, the USIM.
var GW = Card{}

func (c Card) write(w *Writer) {
	w.TLV(0x01)
	w.U8(c.Type)
	w.U8(uint8(len(c.AID)))
	w.Bytes(c.AID)
}

// writeFile writes the TLV of a file: its path from the master file down to the directory, the
// file's own identifier before it.
func writeFile(w *Writer, path []uint16) {
	w.TLV(0x02)
	if len(path) == 0 {
		return
	}
	dirs := path[:len(path)-1]
	w.U16(path[len(dirs)])
	w.U8(uint8(2 * len(dirs)))
	for _, d := range dirs {
		w.U16(d)
	}
}

// AppendReadTransparent appends the request for size octets at off of a transparent file; size 0
// is all of it. The path begins with 3F00; 7FFF is the application's directory.
func AppendReadTransparent(dst []byte, client uint8, txn uint16, c Card, path []uint16, off, size uint16) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMReadTransparent)
	w.TLV(0x03)
	w.U16(off)
	w.U16(size)
	writeFile(&w, path)
	c.write(&w)
	return w.Frame()
}

// AppendReadRecord appends the request for a record, the first being 1, of a linear fixed file;
// size 0 is all of it.
func AppendReadRecord(dst []byte, client uint8, txn uint16, c Card, path []uint16, record, size uint16) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMReadRecord)
	w.TLV(0x03)
	w.U16(record)
	w.U16(size)
	writeFile(&w, path)
	c.write(&w)
	return w.Frame()
}

// AppendGetFileAttributes appends the request for a file's attributes.
func AppendGetFileAttributes(dst []byte, client uint8, txn uint16, c Card, path []uint16) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMGetFileAttributes)
	writeFile(&w, path)
	c.write(&w)
	return w.Frame()
}

// AppendVerifyPIN appends the request that enters PIN 1.
func AppendVerifyPIN(dst []byte, client uint8, txn uint16, c Card, pin string) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMVerifyPIN)
	c.write(&w)
	w.TLV(0x02)
	w.U8(1)
	w.U8(uint8(len(pin)))
	w.Text(pin)
	return w.Frame()
}

// AppendRegisterEvents appends the request for indications of the card's status.
func AppendRegisterEvents(dst []byte, client uint8, txn uint16) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMRegisterEvents)
	w.TLV(0x01)
	w.U32(1)
	return w.Frame()
}

// AppendRefreshRegister appends the request for indications that files of an application changed.
// There is no vote: the card does not wait for us.
func AppendRefreshRegister(dst []byte, client uint8, txn uint16, c Card) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMRefreshRegisterAll)
	c.write(&w)
	w.TLV(0x02)
	w.U8(1)
	return w.Frame()
}

// ParseRefreshed reads from the indication of a refresh whether it has ended with success, so
// that the files can be read again.
func ParseRefreshed(b []byte, f *Frame) (bool, error) {
	r, ok := f.Find(b, 0x10)
	if !ok {
		return false, ErrMissing
	}
	stage := r.U8() // 0 waits for a vote, 1 begins, 2 has succeeded, 3 has failed
	return stage == 2, r.err()
}

// AppendChangeProvisioning appends the request that makes an application of slot 1 the primary
// one, or no longer.
func AppendChangeProvisioning(dst []byte, client uint8, txn uint16, aid []byte, active bool) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMChangeProvisioning)
	w.TLV(0x10)
	w.U8(1)
	w.U8(uint8(len(aid)))
	w.Bytes(aid)
	w.TLV(0x01)
	w.U8(0)
	w.Flag(active)
	return w.Frame()
}

// Contexts of AppendAuthenticate.
const (
	Context3G  = 3  // of the USIM
	ContextIMS = 11 // of the ISIM
)

// AppendAuthenticate appends the request for AKA; challenge is 10, RAND, 10, AUTN.
func AppendAuthenticate(dst []byte, client uint8, txn uint16, c Card, context uint8, challenge []byte) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMAuthenticate)
	c.write(&w)
	w.TLV(0x02)
	w.U8(context)
	w.U16(uint16(len(challenge)))
	w.Bytes(challenge)
	return w.Frame()
}

// AppendOpenChannel appends the request for a logical channel to an application of slot 1.
func AppendOpenChannel(dst []byte, client uint8, txn uint16, aid []byte) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMOpenLogicalChannel)
	w.TLV(0x01)
	w.U8(1)
	w.TLV(0x10)
	w.U8(uint8(len(aid)))
	w.Bytes(aid)
	return w.Frame()
}

// AppendSendAPDU appends the request that gives a command to a logical channel of slot 1.
func AppendSendAPDU(dst []byte, client uint8, txn uint16, channel uint8, apdu []byte) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMSendAPDU)
	w.TLV(0x10)
	w.U8(channel)
	w.TLV(0x02)
	w.U16(uint16(len(apdu)))
	w.Bytes(apdu)
	w.TLV(0x01)
	w.U8(1)
	return w.Frame()
}

// AppendCloseChannel appends the request that closes a logical channel of slot 1.
func AppendCloseChannel(dst []byte, client uint8, txn uint16, channel uint8) ([]byte, error) {
	w := NewRequest(dst, UIM, client, txn, UIMCloseLogicalChannel)
	w.TLV(0x01)
	w.U8(1)
	w.TLV(0x11)
	w.U8(channel)
	w.TLV(0x13)
	w.U8(1)
	return w.Frame()
}

// An Answer is what the card said: the place of its octets, and the status word, 0 where the
// modem kept it.
type Answer struct {
	Octets Span
	SW     uint16
}

// ParseAnswer reads the answer to UIMReadTransparent, UIMReadRecord or UIMAuthenticate. If the
// modem reports a failure, the status word may still say why.
func ParseAnswer(b []byte, f *Frame) (a Answer, err error) {
	if r, ok := f.Find(b, 0x10); ok {
		if v := r.Bytes(2); v != nil {
			a.SW = uint16(v[0])<<8 | uint16(v[1])
		}
	}
	if err := f.Result(b); err != nil {
		return a, err
	}
	r, ok := f.Find(b, 0x11)
	if !ok {
		return a.inCardResult(b, f)
	}
	if v := r.Counted16(); r.OK() {
		a.Octets = r.span(v, 0)
	}
	return a, r.err()
}

// inCardResult takes an answer without octets. Some modems put them, and a count that is not
// reliable, into the place of the status word.
func (a Answer) inCardResult(b []byte, f *Frame) (Answer, error) {
	r, ok := f.Find(b, 0x10)
	if ok && r.Len() > 2 {
		r.U16()
		return Answer{Octets: r.span(r.Bytes(r.Len()), 0)}, nil
	}
	if a.SW == 0 {
		return a, ErrMissing
	}
	return a, nil
}

// ParseAPDU reads the answer to UIMSendAPDU: octets, and the status word behind them.
func ParseAPDU(b []byte, f *Frame) (a Answer, err error) {
	if err := f.Result(b); err != nil {
		return a, err
	}
	r, ok := f.Find(b, 0x10)
	if !ok {
		return a, ErrMissing
	}
	v := r.Counted16()
	if len(v) < 2 {
		return a, ErrValue
	}
	n := len(v) - 2
	return Answer{r.span(v[:n], 2), uint16(v[n])<<8 | uint16(v[n+1])}, nil
}

// ParseChannel reads the answer to UIMOpenLogicalChannel.
func ParseChannel(b []byte, f *Frame) (channel uint8, sw uint16, err error) {
	if r, ok := f.Find(b, 0x11); ok {
		if v := r.Bytes(2); v != nil {
			sw = uint16(v[0])<<8 | uint16(v[1])
		}
	}
	if err := f.Result(b); err != nil {
		return 0, sw, err
	}
	r, ok := f.Find(b, 0x10)
	if !ok {
		return 0, sw, ErrMissing
	}
	if channel = r.U8(); !r.OK() || channel == 0 {
		return 0, sw, ErrValue
	}
	return channel, sw, nil
}

// Types of applications.
const (
	AppUSIM = 2
	AppISIM = 5
)

// An App is an application on a card.
type App struct {
	Type   uint8 // AppUSIM, AppISIM, …
	State  uint8 // 0 unknown, 1 detected, 2 waits for the PIN, 3 for the PUK, 4 personalization, 5 blocked, 6 illegal, 7 ready
	PIN1   uint8 // as PINStatus.State
	Tries  uint8 // left for PIN 1
	length uint8
	aid    [16]byte
}

// AID returns the application's identifier.
func (a *App) AID() []byte { return a.aid[:a.length] }

// A CardState is whether a card is there.
type CardState uint8

// The states of a card.
const (
	CardAbsent CardState = iota
	CardPresent
	CardError
)

// maxApps is the most applications of a card that are kept.
const maxApps = 8

// A CardInfo is the first card's state and applications.
type CardInfo struct {
	State CardState
	Code  uint8 // of CardError
	apps  [maxApps]App
	n     int
}

// Apps returns the applications.
func (c *CardInfo) Apps() []App { return c.apps[:c.n] }

// Find returns the first application of a type, nil if there is none.
func (c *CardInfo) Find(kind uint8) *App {
	for i := range c.Apps() {
		if c.apps[i].Type == kind {
			return &c.apps[i]
		}
	}
	return nil
}

// ParseCardStatus reads the answer to UIMGetCardStatus, or the indication, as far as its first
// card.
func ParseCardStatus(b []byte, f *Frame) (c CardInfo, err error) {
	if f.Kind == Response {
		if err := f.Result(b); err != nil {
			return c, err
		}
	}
	r, ok := f.Find(b, 0x10)
	if !ok {
		return c, ErrMissing
	}
	r.Bytes(8) // indices of the primary and secondary applications
	if cards := r.U8(); !r.OK() || cards == 0 {
		return c, r.err()
	}
	c.State = CardState(r.U8())
	r.Bytes(3) // UPIN
	c.Code = r.U8()
	for n := r.U8(); n > 0 && r.OK(); n-- {
		a := App{Type: r.U8(), State: r.U8()}
		r.Bytes(4) // personalization
		aid := r.Counted8()
		r.U8() // the UPIN replaces PIN 1
		a.PIN1, a.Tries = r.U8(), r.U8()
		r.Bytes(4) // PUK 1, PIN 2
		if len(aid) <= len(a.aid) && r.OK() && c.n < maxApps {
			a.length = uint8(copy(a.aid[:], aid))
			c.apps[c.n] = a
			c.n++
		}
	}
	return c, r.err()
}
