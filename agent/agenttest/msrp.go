package agenttest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// maxFrame is the largest MSRP request that is read, in octets: every chunk of
// a UE is much smaller.
const maxFrame = 1 << 20

// frame is one MSRP request or response.
type frame struct {
	id      string // transaction id
	what    string // "SEND", "REPORT", "200 OK", "200" …: the start line after the id
	fields  []field
	hasBody bool // an empty line stood before the end-line
	body    []byte
	flag    byte // '$', '+' or '#'
	raw     []byte
}

// get returns the value of the first header field of that name.
func (f *frame) get(name string) string {
	for _, h := range f.fields {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// has reports whether a header field is there.
func (f *frame) has(name string) bool {
	for _, h := range f.fields {
		if strings.EqualFold(h.name, name) {
			return true
		}
	}
	return false
}

// code returns the three digits of a response, "" for a request.
func (f *frame) code() string {
	code, _, _ := strings.Cut(f.what, " ")
	if len(code) == 3 && code[0] >= '0' && code[0] <= '9' {
		return code
	}
	return ""
}

// readFrame reads one request or response.
func readFrame(r *bufio.Reader) (*frame, error) {
	f := &frame{}
	line, err := f.line(r)
	if err != nil {
		return nil, err
	}
	word := strings.SplitN(string(line), " ", 3)
	if len(word) != 3 || word[0] != "MSRP" || word[1] == "" {
		return nil, fmt.Errorf("not an MSRP start line: %q", line)
	}
	f.id, f.what = word[1], word[2]
	for {
		if line, err = f.line(r); err != nil {
			return nil, err
		}
		if f.endLine(line) {
			return f, nil
		}
		if len(line) == 0 {
			return f, f.readBody(r)
		}
		name, value, ok := strings.Cut(string(line), ": ")
		if !ok {
			return nil, fmt.Errorf("not an MSRP header field: %q", line)
		}
		f.fields = append(f.fields, field{name, value})
	}
}

// line reads one line and returns it without its CRLF.
func (f *frame) line(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadBytes('\n')
	f.raw = append(f.raw, line...)
	switch {
	case err != nil:
		return nil, err
	case len(f.raw) > maxFrame:
		return nil, errors.New("an MSRP request without end")
	case !bytes.HasSuffix(line, []byte("\r\n")):
		return nil, fmt.Errorf("an MSRP line ends without CR: %q", line)
	}
	return line[:len(line)-2], nil
}

// endLine recognises the end-line and keeps its flag.
func (f *frame) endLine(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("-------"+f.id))
	if !ok || len(rest) != 1 || !strings.ContainsRune("$+#", rune(rest[0])) {
		return false
	}
	f.flag = rest[0]
	return true
}

// readBody reads up to the end-line; the CRLF before it is not of the body.
func (f *frame) readBody(r *bufio.Reader) error {
	f.hasBody = true
	start := len(f.raw)
	for {
		begin := len(f.raw)
		line, err := r.ReadBytes('\n')
		f.raw = append(f.raw, line...)
		if err != nil {
			return err
		}
		if len(f.raw) > maxFrame {
			return errors.New("an MSRP request without end")
		}
		atStart := begin == start || bytes.HasSuffix(f.raw[:begin], []byte("\r\n"))
		if atStart && bytes.HasSuffix(line, []byte("\r\n")) && f.endLine(line[:len(line)-2]) {
			f.body = bytes.TrimSuffix(f.raw[start:begin], []byte("\r\n"))
			return nil
		}
	}
}

// session is one MSRP session of the remote UE.
type session struct {
	n        *Network
	own      string // our path, as it stands in our SDP
	peer     string // the UE's path, as it stands in its SDP
	arrived  chan *stream
	stream   *stream
	overheld []*frame // read, but not what was waited for then
}

// stream is one MSRP connection with its reader.
type stream struct {
	conn   net.Conn
	mu     sync.Mutex
	frames chan *frame
	err    error // why frames was closed
}

// newSession makes the session known under the session-id of its own path.
func (n *Network) newSession(own, peer string) *session {
	s := &session{n: n, own: own, peer: peer, arrived: make(chan *stream, 1)}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sessions[sessionID(own)] = s
	return s
}

// sessionID is the part of an MSRP URI that names the session.
func sessionID(uri string) string {
	uri, _, _ = strings.Cut(uri, ";")
	return uri[strings.LastIndexByte(uri, '/')+1:]
}

// readMSRP gives a connection that was accepted to the session that its first
// request names.
func (n *Network) readMSRP(c net.Conn) {
	r := bufio.NewReader(c)
	first, err := readFrame(r)
	if err != nil {
		n.logf("MSRP connection from %v: %v", c.RemoteAddr(), err)
		return
	}
	n.mu.Lock()
	s := n.sessions[sessionID(first.get("To-Path"))]
	n.mu.Unlock()
	if s == nil {
		// RFC 4975 §7.3: "If the session is not found, the receiver MUST respond with 481".
		fmt.Fprintf(c, "MSRP %s 481\r\nTo-Path: %s\r\nFrom-Path: %s\r\n-------%s$\r\n",
			first.id, first.get("From-Path"), first.get("To-Path"), first.id)
		n.logf("MSRP connection from %v: no session %q", c.RemoteAddr(), first.get("To-Path"))
		return
	}
	st := &stream{conn: c, frames: make(chan *frame, 64)}
	st.frames <- first
	select {
	case s.arrived <- st:
		st.read(n, r)
	default:
		n.logf("MSRP connection from %v: the session has one", c.RemoteAddr())
	}
}

// read fills frames until the connection ends.
func (st *stream) read(n *Network, r *bufio.Reader) {
	defer close(st.frames)
	for {
		f, err := readFrame(r)
		if err != nil {
			st.err = err
			return
		}
		select {
		case st.frames <- f:
		case <-n.closed:
			st.err = net.ErrClosed
			return
		}
	}
}

// dial connects to the UE's MSRP port.
func (s *session) dial(addr string) error {
	c, err := s.n.dial(addr)
	if err != nil {
		return err
	}
	if !s.n.keep(c) {
		return net.ErrClosed
	}
	s.stream = &stream{conn: c, frames: make(chan *frame, 64)}
	s.n.spawn(func() {
		defer s.n.drop(c)
		s.stream.read(s.n, bufio.NewReader(c))
	})
	return nil
}

// dial opens a connection from our own address: the UE takes nothing from others.
func (n *Network) dial(addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: n.patience(), LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(n.Addr().Addr(), 0))}
	return d.Dial("tcp", addr)
}

// patience is the longest wait for one step.
func (n *Network) patience() time.Duration {
	if n.cfg.Timeout < 0 {
		return 365 * 24 * time.Hour
	}
	return n.cfg.Timeout
}

// connected waits until the UE has connected.
func (s *session) connected() error {
	timer := time.NewTimer(s.n.patience())
	defer timer.Stop()
	select {
	case s.stream = <-s.arrived:
		return nil
	case <-timer.C:
		return errors.New("the UE did not connect to our MSRP port")
	case <-s.n.closed:
		return net.ErrClosed
	}
}

// write sends one request or response.
func (s *session) write(b []byte) error {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	_, err := s.stream.conn.Write(b)
	return err
}

// next returns the first request or response that wanted accepts; what it does
// not accept is kept for later. Empty SENDs are answered here unless wanted.
func (s *session) next(what string, wanted func(*frame) bool) (*frame, error) {
	for i, f := range s.overheld {
		if wanted(f) {
			s.overheld = append(s.overheld[:i:i], s.overheld[i+1:]...)
			return f, nil
		}
	}
	timer := time.NewTimer(s.n.patience())
	defer timer.Stop()
	for {
		select {
		case f, ok := <-s.stream.frames:
			switch {
			case !ok:
				return nil, fmt.Errorf("waiting for %s: the connection ended: %w", what, s.stream.err)
			case wanted(f):
				return f, nil
			case f.what == "SEND" && !f.hasBody:
				if err := s.write(s.answer(f, "200 OK")); err != nil {
					return nil, err
				}
			case f.what == "REPORT":
				s.n.logf("left aside a REPORT for %s", f.get("Message-ID"))
			default:
				s.overheld = append(s.overheld, f)
			}
		case <-timer.C:
			return nil, fmt.Errorf("%s did not come%s", what, s.instead())
		case <-s.n.closed:
			return nil, net.ErrClosed
		}
	}
}

// instead names what came in place of what was waited for.
func (s *session) instead() string {
	var names []string
	for _, f := range s.overheld {
		names = append(names, f.what+" "+f.id)
	}
	if len(names) == 0 {
		return ""
	}
	return "; instead: " + strings.Join(names, ", ")
}

// answer is a plain response to f: our own URI, the sender's as it wrote it.
func (s *session) answer(f *frame, status string) []byte {
	return fmt.Appendf(nil, "MSRP %s %s\r\nTo-Path: %s\r\nFrom-Path: %s\r\n-------%s$\r\n",
		f.id, status, f.get("From-Path"), s.own, f.id)
}

// parseFrame reads one request or response that is whole in b.
func parseFrame(b []byte) (*frame, error) { return readFrame(bufio.NewReader(bytes.NewReader(b))) }
