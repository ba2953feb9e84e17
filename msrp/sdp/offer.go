package sdp

import (
	"strconv"
	"strings"
)

// An Offer is what we say about ourselves, in an offer or an answer.
type Offer struct {
	User      string // of o=; "" is "-"
	SessionID uint64
	Version   uint64
	Host      string // our address as spelled everywhere: no brackets
	Name      string // s=; "" is "-"
	Port      uint16
	TLS       bool
	Types     string // a=accept-types, space separated
	Wrapped   string // a=accept-wrapped-types; "" leaves it out
	Setup     Setup
	Path      string // our MSRP URI
	CEMA      bool
	MaxSize   int64  // a=max-size; 0 leaves it out
	Direction string // "sendrecv" in the trace's offer; "" leaves it out
}

// Append appends the description, in the order of lines that phones use. It never grows
// dst; the only error is [ErrNoRoom].
func (o *Offer) Append(dst []byte) ([]byte, error) {
	w := writer{b: dst}
	o.head(&w)
	o.message(&w)
	return w.done(dst)
}

// AppendAnswer appends the answer to offer. The m= lines of an answer are those of the
// offer, in order (RFC 3264 §6): all but the MSRP line are refused with port 0.
func (o *Offer) AppendAnswer(dst []byte, offer *Description) ([]byte, error) {
	w := writer{b: dst}
	o.head(&w)
	for i := range offer.Medias {
		if i == offer.Message {
			o.message(&w)
		} else {
			refuse(&w, offer.Medias[i].Line)
		}
	}
	return w.done(dst)
}

// AppendRefusal appends an answer that refuses every m= line of offer.
func (o *Offer) AppendRefusal(dst []byte, offer *Description) ([]byte, error) {
	w := writer{b: dst}
	o.head(&w)
	for i := range offer.Medias {
		refuse(&w, offer.Medias[i].Line)
	}
	return w.done(dst)
}

// head writes the session part.
func (o *Offer) head(w *writer) {
	net := " IN IP4 "
	if strings.IndexByte(o.Host, ':') >= 0 {
		net = " IN IP6 "
	}
	w.str("v=0\r\no=", dash(o.User), " ")
	w.uint(o.SessionID)
	w.str(" ")
	w.uint(o.Version)
	w.str(net, o.Host, "\r\ns=", dash(o.Name), "\r\nc=", net[1:], o.Host, "\r\nt=0 0\r\n")
}

// message writes the MSRP line and its attributes.
func (o *Offer) message(w *writer) {
	w.str("m=message ")
	w.uint(uint64(o.Port))
	proto := " TCP/MSRP *\r\n"
	if o.TLS {
		proto = " TCP/TLS/MSRP *\r\n"
	}
	w.str(proto, "a=accept-types:", o.Types, "\r\n")
	w.attribute("accept-wrapped-types", o.Wrapped)
	w.attribute("setup", o.Setup.String())
	w.attribute("path", o.Path)
	if o.CEMA {
		w.str("a=msrp-cema\r\n")
	}
	if o.MaxSize > 0 {
		w.str("a=max-size:")
		w.uint(uint64(o.MaxSize))
		w.str("\r\n")
	}
	if o.Direction != "" {
		w.str("a=", o.Direction, "\r\n")
	}
}

// refuse writes the m= value of an offer with port 0.
func refuse(w *writer, media string) {
	f := strings.Fields(media)
	if len(f) < 3 {
		return
	}
	w.str("m=", f[0], " 0")
	for _, x := range f[2:] {
		w.str(" ", x)
	}
	w.str("\r\n")
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// A writer appends within the capacity of b; once something does not fit it is full.
type writer struct {
	b    []byte
	full bool
}

func (w *writer) str(parts ...string) {
	for _, s := range parts {
		if w.full = w.full || len(s) > cap(w.b)-len(w.b); !w.full {
			w.b = append(w.b, s...)
		}
	}
}

func (w *writer) uint(v uint64) { w.str(strconv.FormatUint(v, 10)) }

func (w *writer) attribute(name, value string) {
	if value != "" {
		w.str("a=", name, ":", value, "\r\n")
	}
}

func (w *writer) done(dst []byte) ([]byte, error) {
	if w.full {
		return dst, ErrNoRoom
	}
	return w.b, nil
}
