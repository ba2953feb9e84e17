package modem

import (
	"errors"
	"sync"
)

// A RequestKind says what is wanted of the modem.
type RequestKind uint8

// The kinds of requests.
const (
	Authenticate RequestKind = iota + 1 // AKA with RAND and AUTN; answered by Authenticated
	ReadBearer                          // read the IMS bearer again; answered by BearerUp or BearerDown, if it is another
	DisableIMS                          // switch the modem's own IMS client off; answered by OwnIMS or Status
)

// A Request is one thing wanted of the modem. The answer is an Event.
type Request struct {
	Kind       RequestKind
	Token      uint32 // comes back in the answer
	RAND, AUTN [16]byte
}

// maxRequests is how many requests wait for the modem; ErrBusy beyond.
const maxRequests = 8

// Errors of Ask, and in Authenticated.
var (
	ErrBusy    = errors.New("modem: too many requests") // maxRequests wait already
	ErrAbsent  = errors.New("modem: not there")         // the device is closed, or was lost meanwhile
	ErrNoCard  = errors.New("modem: no card ready")     // no SIM, or it waits for its PIN
	ErrRefused = errors.New("modem: refused")           // the modem's answer is an error of its own
	ErrUnknown = errors.New("modem: cannot do that")    // the modem has no command for it
)

// A desk takes requests from any goroutine to the one that has the device.
type desk struct {
	mu     sync.Mutex
	device device // open; nil while there is none
	queue  [maxRequests]Request
	n      int
}

// Ask wants something of the modem and does not wait: the answer is an event. ErrAbsent says that
// the device is not open now, ErrBusy that too much was asked; no event follows then.
func (m *Modem) Ask(r Request) error {
	d := &m.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.device == nil:
		return ErrAbsent
	case d.n == maxRequests:
		return ErrBusy
	}
	d.queue[d.n] = r
	d.n++
	d.device.SetReadDeadline(past)
	return nil
}

// open lets requests in.
func (d *desk) open(p device) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.device = p
}

// close lets no more in, and answers those that wait.
func (d *desk) close(emit func(Event)) {
	d.mu.Lock()
	waiting := d.queue[:d.n:d.n]
	d.device, d.n = nil, 0
	d.mu.Unlock()
	for _, r := range waiting { // nobody writes there while the device is nil
		if r.Kind == Authenticate {
			emit(Event{Kind: Authenticated, Token: r.Token, Err: ErrAbsent})
		}
	}
}

// waits reports whether there is a request.
func (d *desk) waits() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.n > 0
}

// next takes the oldest request.
func (d *desk) next() (r Request, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.n == 0 {
		return r, false
	}
	r = d.queue[0]
	copy(d.queue[:], d.queue[1:d.n])
	d.n--
	return r, true
}
