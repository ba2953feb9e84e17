package sipmin

import (
	"encoding/binary"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var updateUA = flag.Bool("update-ua", false, "rewrite testdata/ua and testdata/txn")

// TestUATranscripts replays testdata/ua/*.txt. A line "> verb args" is what the
// owner does or the peer sends; "+" lines below it belong to the peer's
// message; all other lines are what the UA did, each with its time. The peer's
// messages are written here from literals. Under -update-ua the outputs are
// rewritten: read the diff before committing it.
func TestUATranscripts(t *testing.T) {
	paths, _ := filepath.Glob("testdata/ua/*.txt")
	if len(paths) == 0 {
		t.Fatal("no transcripts")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			goldenUA(t, path, newScript(t).replay(string(b)))
		})
	}
}

// goldenUA compares got with a file, or writes the file under -update-ua.
func goldenUA(t *testing.T, path, got string) {
	t.Helper()
	if *updateUA {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

// countedMemory lends at most free buffers, and sees that all come back.
type countedMemory struct{ free, out int }

func (m *countedMemory) Get(size int) []byte {
	if m.free == 0 {
		return nil
	}
	m.free--
	m.out++
	return make([]byte, max(size, 2048))
}

func (m *countedMemory) Release([]byte) { m.free++; m.out-- }

// counter is entropy that counts: every tag and branch of a transcript is
// known, and each is another.
func counter() func([]byte) {
	n := uint64(0)
	return func(b []byte) {
		n++
		var w [8]byte
		binary.LittleEndian.PutUint64(w[:], n)
		for i := range b {
			b[i] = w[i%8]
		}
	}
}

// script is one transcript's UA, its wire and its peer.
type script struct {
	t       *testing.T
	cfg     Config
	mem     countedMemory
	ua      *UA
	out     strings.Builder
	start   time.Time
	now     time.Time
	full    bool
	blocked bool
	sent    map[string]string // the last message of ours, by CSeq method
	call    Call
	txn     Txn
	from    string // of the peer's requests
	to      string
	callID  string
	over    map[Call]bool // FuzzUAEvents: calls that were released
}

func newScript(t *testing.T) *script {
	s := &script{t: t, start: time.Unix(1000, 0), now: time.Unix(1000, 0), sent: map[string]string{}}
	s.mem.free = 100
	s.from, s.to, s.callID = "<sip:bob@example.net>;tag=bt", "<sip:alice@example.net>", "peer-call"
	s.cfg = Config{
		Timers: Internet(), Local: netip.MustParseAddrPort("[2001:db8::2]:5060"),
		Proxy: netip.MustParseAddrPort("[2001:db8::1]:5060"), ProxyURI: "<sip:[2001:db8::1]:5060;lr>",
		Identity: "sip:alice@example.net", ContactUser: "alice", Compact: true, Transport: TCP,
		Allow: "INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,PRACK,MESSAGE", Accept: "application/sdp,multipart/mixed", Supported: "timer",
		Calls: 4, Transactions: 8, Entropy: counter(), Wire: s, Memory: &s.mem,
	}
	return s
}

// Send is the wire.
func (s *script) Send(to Target, b []byte) bool {
	if s.blocked {
		s.log("-> no room for " + strings.SplitN(string(b), " ", 3)[0])
		return false
	}
	m := string(b)
	s.note(m)
	s.log("-> " + targetText(to) + " " + s.brief(m))
	return true
}

func targetText(to Target) string {
	s := strings.ToLower(to.Transport.String())
	if to.Flow != 0 {
		s += "#" + strconv.Itoa(int(to.Flow))
	}
	if to.Addr != netip.MustParseAddrPort("[2001:db8::1]:5060") {
		s += " " + to.Addr.String()
	}
	return s
}

func (s *script) log(line string) {
	fmt.Fprintf(&s.out, "%-7v %s\n", s.now.Sub(s.start), line)
}

// note keeps what the peer needs to answer.
func (s *script) note(m string) {
	method := strings.Fields(field(m, "CSeq"))[1]
	if !strings.HasPrefix(m, "SIP/2.0 ") {
		s.sent[method] = m
		if method == "INVITE" && !strings.Contains(field(m, "t"), ";tag=") {
			s.from, s.to, s.callID = field(m, "t"), field(m, "f"), field(m, "i")
		}
		return
	}
	if to := field(m, "t"); method == "INVITE" && strings.Contains(to, ";tag=") {
		s.to = to
	}
}

// shown are the headers that a transcript tells of.
var shown = []string{"CSeq", "Route", "RAck", "Require", "RSeq", "x", "Min-SE", "Retry-After", "Unsupported", "Reason", "P-Access-Network-Info"}

// brief is a message in one line, or whole.
func (s *script) brief(m string) string {
	if s.full {
		return "\n        | " + strings.ReplaceAll(strings.TrimSuffix(m, "\r\n"), "\r\n", "\n        | ")
	}
	line := strings.TrimSuffix(strings.SplitN(m, "\r\n", 2)[0], " SIP/2.0")
	for _, name := range shown {
		if v := field(m, name); v != "" {
			if name != "CSeq" {
				v = name + "=" + strings.ReplaceAll(v, "<sip:[2001:db8::1]:5060;lr>", "P")
			}
			line += " | " + v
		}
	}
	if _, body, _ := strings.Cut(m, "\r\n\r\n"); body != "" {
		line += " | body " + strconv.Quote(body)
	}
	return line
}

// field returns a header of a message of ours, by the name it is written with.
func field(m, name string) string {
	for _, line := range strings.Split(m, "\r\n")[1:] {
		if n, v, ok := strings.Cut(line, ": "); ok && strings.EqualFold(n, name) {
			return v
		}
	}
	return ""
}

func (s *script) replay(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if !strings.HasPrefix(line, "> ") {
			if strings.HasPrefix(line, "#") || line == "" {
				s.out.WriteString(line + "\n")
			}
			continue // an old output, or a comment
		}
		s.out.WriteString(line + "\n")
		var more []string
		for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "+") {
			i++
			s.out.WriteString(lines[i] + "\n")
			more = append(more, strings.TrimPrefix(strings.TrimPrefix(lines[i], "+"), " "))
		}
		s.act(strings.Fields(line[2:]), more)
		s.events()
	}
	s.out.WriteString(s.left())
	return s.out.String()
}

// left says what is still held at the end.
func (s *script) left() string {
	calls := 0
	for i := range s.ua.calls {
		if s.ua.calls[i].state != callFree {
			calls++
		}
	}
	return fmt.Sprintf("end     calls %d, transactions %d, buffers %d\n", calls, s.liveTxns(), s.mem.out)
}

func (s *script) liveTxns() (n int) {
	for i := range s.ua.txns {
		if s.ua.txns[i].live() {
			n++
		}
	}
	return n
}

func (s *script) events() {
	for s.ua != nil {
		e, ok := s.ua.Next()
		if !ok {
			return
		}
		s.log("** " + s.event(&e))
		s.checkOver(&e)
	}
}

// checkOver notes the release of a call, and that it is not heard of afterwards.
func (s *script) checkOver(e *Event) {
	if s.over == nil || e.Call == 0 {
		return
	}
	if s.over[e.Call] {
		s.t.Fatalf("%s of a call that is over\n%s", kinds[e.Kind], s.out.String())
	}
	if e.Kind == EvRejected || e.Kind == EvCancelled || e.Kind == EvEnded {
		s.over[e.Call] = true
	}
}

var kinds = [...]string{"none", "provisional", "accepted", "rejected", "incoming", "confirmed", "cancelled", "offer",
	"reinvite-done", "ended", "request", "response"}

func (s *script) event(e *Event) string {
	line := kinds[e.Kind]
	if e.Status != 0 {
		line += " " + strconv.Itoa(int(e.Status))
	}
	if e.Reason != 0 {
		line += " by " + e.Reason.String()
	}
	if e.Cause != 0 {
		line += " cause " + strconv.Itoa(int(e.Cause))
	}
	if e.RetryAfter != 0 {
		line += " retry after " + e.RetryAfter.String()
	}
	if e.Tag != 0 {
		line += " tag " + strconv.Itoa(int(e.Tag))
	}
	if len(e.Body()) > 0 {
		line += " body " + strconv.Quote(string(e.Body()))
	}
	if e.Call != 0 && e.Kind == EvIncoming {
		s.call = e.Call
	}
	if e.Txn != 0 {
		s.txn = e.Txn
	}
	return line
}

// run lets time pass.
func (s *script) run(d time.Duration) {
	for end := s.now.Add(d); ; {
		next := s.ua.Deadline()
		if next.IsZero() || next.After(end) {
			s.now = end
			return
		}
		if next.After(s.now) {
			s.now = next
		}
		s.ua.Expire(s.now)
		s.events()
	}
}

// act does one line.
func (s *script) act(w []string, more []string) {
	if s.ua == nil && w[0] != "config" && w[0] != "full" {
		s.open()
	}
	var err error
	switch w[0] {
	case "config":
		s.config(w[1:])
	case "full":
		s.full = w[1] == "on"
	case "describe":
		for line := range strings.Lines(string(s.ua.Describe(nil, s.now))) {
			s.log("   " + strings.TrimSpace(line))
		}
	case "block":
		s.blocked = w[1] == "on"
	case "memory":
		s.mem.free, _ = strconv.Atoi(w[1])
	case "run":
		d, e := time.ParseDuration(w[1])
		err = e
		s.run(d)
	case "response":
		s.response(w[1], w[2], w[3:], more)
	case "request":
		s.request(w[1], w[2:], more)
	case "raw":
		s.receive(w[1:], strings.Join(more, "\r\n")+"\r\n")
	case "failed":
		flow := 0
		if len(w) > 2 {
			flow, _ = strconv.Atoi(w[2])
		}
		s.ua.SendFailed(s.now, Target{Transport: transport(w[1]), Flow: Flow(flow), Addr: s.cfg.Proxy})
	case "closed":
		n, _ := strconv.Atoi(w[1])
		s.ua.Closed(s.now, Flow(n))
	default:
		err = s.own(w)
	}
	if err != nil {
		s.log("!! " + err.Error())
	}
}

// own is what the UA's owner asks for.
func (s *script) own(w []string) (err error) {
	arg := strings.Join(w[1:], " ")
	status, _ := strconv.Atoi(arg)
	switch w[0] {
	case "invite":
		var c Call
		c, err = s.ua.Invite(s.now, &InviteOut{URI: w[1], ContentType: "application/sdp", Body: []byte(strings.Join(w[2:], " "))})
		if err == nil {
			s.call = c
		}
	case "cancel":
		err = s.ua.Cancel(s.now, s.call, arg)
	case "bye":
		err = s.ua.Bye(s.now, s.call, arg)
	case "progress":
		err = s.ua.Progress(s.now, s.call, uint16(status))
	case "answer":
		err = s.ua.Answer(s.now, s.call, &AnswerOut{ContentType: "application/sdp", Body: []byte(arg)})
	case "reject":
		err = s.ua.Reject(s.now, s.call, uint16(status))
	case "reinvite":
		err = s.ua.Reinvite(s.now, s.call, "application/sdp", []byte(arg))
	case "answer-offer":
		err = s.ua.AnswerOffer(s.now, s.call, "application/sdp", []byte(arg))
	case "reject-offer":
		err = s.ua.RejectOffer(s.now, s.call, uint16(status))
	case "message":
		err = s.ua.Request(s.now, &RequestOut{Method: MMessage, URI: w[1], Tag: 7, ContentType: "text/plain", Body: []byte(strings.Join(w[2:], " "))})
	case "respond":
		err = s.ua.Respond(s.now, s.txn, uint16(status), nil, "", nil)
	case "pani":
		s.ua.SetAccessNetwork(arg)
	default:
		s.t.Fatalf("unknown verb %q", w[0])
	}
	return err
}

func transport(s string) Transport {
	if s == "tcp" {
		return TCP
	}
	return UDP
}

func (s *script) config(w []string) {
	for _, kv := range w {
		k, v, _ := strings.Cut(kv, "=")
		n, _ := strconv.Atoi(v)
		switch k {
		case "transport":
			s.cfg.Transport = transport(v)
		case "expires":
			s.cfg.SessionExpires = time.Duration(n) * time.Second
		case "calls":
			s.cfg.Calls = n
		case "limit":
			s.cfg.SizeLimit = n
		default:
			s.t.Fatalf("unknown key %q", k)
		}
	}
}

func (s *script) open() {
	ua, err := New(s.cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.ua = ua
}
