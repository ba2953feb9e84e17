package msrp

import "strconv"

// A Send is the head of a SEND request (§7.1.1). Without ContentType there is no body and
// no Byte-Range.
type Send struct {
	TID         string // transaction id; must not occur in the body
	ToPath      string // space separated, as the peer's a=path
	FromPath    string // our URI as in our SDP
	MessageID   string
	Success     bool
	Failure     Report
	Start       int64 // Byte-Range, from 1
	End         int64 // or Star
	Total       int64 // or Star
	ContentType string
}

var reportText = [...]string{ReportYes: "yes", ReportPartial: "partial", ReportNo: "no"}

// AppendSend appends the head of a SEND in the order of fields that phones use, up to and
// with the blank line before the body; the body and [AppendEndLine] follow. Both report
// fields are always written: "All chunks of the same message MUST use the same
// Failure-Report and Success-Report values" (§7.1.1). The only error is [ErrNoRoom].
func AppendSend(dst []byte, h *Send) ([]byte, error) {
	w := writer{b: dst}
	begin(&w, h.TID, "SEND", h.ToPath, h.FromPath, h.MessageID)
	w.asks(h.Success, h.Failure)
	if h.ContentType != "" {
		w.byteRange(h.Start, h.End, h.Total)
		w.contentType(h.ContentType)
	}
	return w.done(dst)
}

// AppendEndLine ends a request. body says that octets of a body stand before it: "If a body
// is present, the end-line MUST be preceded by a CRLF that is not part of the body." (§7.1)
func AppendEndLine(dst []byte, tid string, body bool, flag Flag) ([]byte, error) {
	w := writer{b: dst}
	if body {
		w.str("\r\n")
	}
	finish(&w, tid, flag)
	return w.done(dst)
}

// AppendResponse appends a response (§7.2): toPath is the leftmost From-Path URI of the
// SEND, fromPath our own URI exactly as in our SDP.
func AppendResponse(dst []byte, tid, toPath, fromPath []byte, code uint16) ([]byte, error) {
	w := writer{b: dst}
	respond(&w, tid, toPath, fromPath, code)
	return w.done(dst)
}

// AppendRefusal answers the request h, whose Spans refer to buf, for which there is no
// session (481), or one that another connection holds (506). It says under the URI that
// was asked for that this is so. It appends nothing for what must not or cannot be
// answered: a response, a REPORT, Failure-Report: no, no From-Path.
func AppendRefusal(dst, buf []byte, h *Head, code uint16) ([]byte, error) {
	if !answerable(h) || h.Failure == ReportNo {
		return dst, nil
	}
	to := h.FromPath.In(buf)
	if h.Method == MSend {
		to, _ = NextURI(to) // "copying the first (leftmost) URI" (§7.2)
	}
	from, _ := NextURI(h.ToPath.In(buf))
	return AppendResponse(dst, h.TID.In(buf), to, from, code)
}

// answerable reports whether h may be answered at all: "MSRP nodes MUST NOT send MSRP
// responses to REPORT requests." (§7.1.2)
func answerable(h *Head) bool {
	return h.Method != MNone && h.Method != MReport && h.FromPath.Len > 0
}

// codeText is the comment that goes with a status code of §10.
func codeText(code uint16) string {
	switch code {
	case 200:
		return "OK"
	case 400:
		return "Bad Request"
	case 403:
		return "Forbidden"
	case 408:
		return "Request Timeout"
	case 413:
		return "Stop Sending Message"
	case 415:
		return "Unsupported Media Type"
	case 480: // none of §10: what is refused only for now, unlike 413
		return "Temporarily Unavailable"
	case 481:
		return "Session Does Not Exist"
	case 501:
		return "Not Implemented"
	case 506:
		return "Session Already In Use"
	}
	return ""
}

// A writer appends within the capacity of b. Once something does not fit it is full for
// good, so that one check at the end is enough.
type writer struct {
	b    []byte
	full bool
}

func (w *writer) str(parts ...string) {
	for _, p := range parts {
		put(w, p)
	}
}

func put[T string | []byte](w *writer, p T) {
	if w.full = w.full || len(p) > cap(w.b)-len(w.b); !w.full {
		w.b = append(w.b, p...)
	}
}

func (w *writer) int(v int64) {
	var digits [20]byte
	put(w, strconv.AppendInt(digits[:0], v, 10))
}

func (w *writer) code(v uint16) {
	v %= 1000
	put(w, []byte{byte('0' + v/100), byte('0' + v/10%10), byte('0' + v%10)})
}

func (w *writer) star(v int64) {
	if v == Star {
		w.str("*")
		return
	}
	w.int(v)
}

func (w *writer) byteRange(start, end, total int64) {
	w.str("Byte-Range: ")
	w.int(start)
	w.str("-")
	w.star(end)
	w.str("/")
	w.star(total)
	w.str("\r\n")
}

// done returns what was written, or dst untouched.
func (w *writer) done(dst []byte) ([]byte, error) {
	if w.full {
		return dst, ErrNoRoom
	}
	return w.b, nil
}

// begin writes a request up to its Message-ID.
func begin[T, P, I string | []byte](w *writer, tid T, method string, to P, from string, id I) {
	w.str("MSRP ")
	put(w, tid)
	w.str(" ", method, "\r\nTo-Path: ")
	put(w, to)
	w.str("\r\nFrom-Path: ", from, "\r\nMessage-ID: ")
	put(w, id)
	w.str("\r\n")
}

// asks writes the report fields of a SEND.
func (w *writer) asks(success bool, failure Report) {
	answer := "no"
	if success {
		answer = "yes"
	}
	w.str("Success-Report: ", answer, "\r\nFailure-Report: ", reportText[failure], "\r\n")
}

// contentType writes the field and the blank line: "The Content-Type header field MUST be
// the last field in the message header section." (§7.1)
func (w *writer) contentType(t string) { w.str("Content-Type: ", t, "\r\n\r\n") }

// status writes "Status: 000 code comment".
func (w *writer) status(code uint16) {
	w.str("Status: 000 ")
	w.code(code)
	w.comment(code)
	w.str("\r\n")
}

func (w *writer) comment(code uint16) {
	if text := codeText(code); text != "" {
		w.str(" ", text)
	}
}

// finish writes the end-line.
func finish[T string | []byte](w *writer, tid T, flag Flag) {
	w.str(dashes)
	put(w, tid)
	put(w, []byte{byte(flag), '\r', '\n'})
}

// respond writes a whole response.
func respond[T string | []byte](w *writer, tid, to []byte, from T, code uint16) {
	w.str("MSRP ")
	put(w, tid)
	w.str(" ")
	w.code(code)
	w.comment(code)
	w.str("\r\nTo-Path: ")
	put(w, to)
	w.str("\r\nFrom-Path: ")
	put(w, from)
	w.str("\r\n")
	finish(w, tid, FlagLast)
}
