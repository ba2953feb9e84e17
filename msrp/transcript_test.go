package msrp

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the outputs of the transcripts; read the diff")

// TestTranscripts replays testdata/session/*.txt. A line "> verb args" is input, with the
// indented lines below it as its text; "  us|" is what the session writes, "  ev|" what it
// says. Our random identifiers are written {1}, {2} … in the order in which they appear.
//
//	open active|passive [max=N] [chunk=N] [greet]
//	recv                     the text comes from the peer; a line "\" joins without CRLF
//	queue TAG ID TYPE TEXT [success] [partial] [no] [overtake]
//	accept SLOT CODE, abort TAG, wait DURATION
//	chunk [N]                write up to N chunks; the other verbs write none
func TestTranscripts(t *testing.T) {
	paths, _ := filepath.Glob("testdata/session/*.txt")
	if len(paths) == 0 {
		t.Fatal("no transcripts")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			p := &player{t: t, now: epoch, bodies: map[uint32]string{}}
			got := p.replay(string(b))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got != string(b) {
				t.Errorf("got\n%s\nwant\n%s", got, b)
			}
		})
	}
}

type player struct {
	t      *testing.T
	s      Session
	r      Reader
	now    time.Time
	bodies map[uint32]string
	names  []string // random identifiers, {1} first
	out    strings.Builder
}

func (p *player) replay(script string) string {
	lines := strings.Split(strings.TrimSuffix(script, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if strings.HasPrefix(line, "  us|") || strings.HasPrefix(line, "  ev|") {
			continue // an old output
		}
		p.out.WriteString(line + "\n")
		if !strings.HasPrefix(line, "> ") {
			continue
		}
		var text []string
		for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "    ") {
			i++
			p.out.WriteString(lines[i] + "\n")
			text = append(text, lines[i][4:])
		}
		p.verb(strings.Fields(line[2:]), text)
	}
	return p.out.String()
}

func (p *player) verb(f []string, text []string) {
	chunks := 0
	switch f[0] {
	case "open":
		p.open(f[1:])
	case "recv":
		p.recv(text)
	case "queue":
		p.queue(f[1:])
	case "accept":
		p.s.Accept(p.now, p.number(f[1]), uint16(p.number(f[2])))
	case "abort":
		p.s.Abort(uint32(p.number(f[1])))
	case "chunk":
		if chunks = 1; len(f) > 1 {
			chunks = p.number(f[1])
		}
	case "wait":
		p.wait(f[1])
	default:
		p.t.Fatalf("unknown verb %q", f[0])
	}
	p.drain()
	p.pending()
	for range chunks {
		p.chunk()
	}
}

func (p *player) number(s string) int {
	v, err := strconv.Atoi(s)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

func (p *player) open(args []string) {
	cfg := edgeConfig()
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "active":
			cfg.Active = true
		case "greet":
			cfg.Greet = true
		case "max":
			cfg.MaxSize = int64(p.number(value))
		case "chunk":
			cfg.Chunk = p.number(value)
		}
	}
	if err := p.s.Init(p.now, cfg); err != nil {
		p.t.Fatal(err)
	}
}

var named = regexp.MustCompile(`\{(\d+)\}`)

func (p *player) recv(text []string) {
	wire := strings.ReplaceAll(strings.Join(text, "\r\n")+"\r\n", "\\\r\n", "")
	wire = named.ReplaceAllStringFunc(wire, func(s string) string { return p.names[p.number(s[1:len(s)-1])-1] })
	wire = strings.NewReplacer("To-Path: us", "To-Path: "+edgeConfig().Local, "From-Path: peer", "From-Path: "+edgeConfig().Remote).Replace(wire)
	for b := []byte(wire); ; {
		n, it, err := p.r.Next(b)
		if b = b[n:]; err != nil {
			fmt.Fprintf(&p.out, "  ev| close: %v\n", err)
			return
		}
		switch it.Kind {
		case ItemNone:
			return
		case ItemHead:
			p.s.Head(p.now, it.Buf, it.Head)
		case ItemBody:
			p.s.Body(p.now, it.Data)
		case ItemEnd:
			p.s.End(p.now, it.Flag)
		}
		p.drain()
	}
}

func (p *player) queue(f []string) {
	o := Outgoing{Tag: uint32(p.number(f[0])), MessageID: []byte(f[1]), ContentType: f[2]}
	body := f[3]
	if n, unit, ok := strings.Cut(body, "*"); ok { // 5000*x
		body = strings.Repeat(unit, p.number(n))
	}
	for _, flag := range f[4:] {
		switch flag {
		case "success":
			o.Success = true
		case "partial":
			o.Failure = ReportPartial
		case "no":
			o.Failure = ReportNo
		case "overtake":
			o.Overtake = true
		}
	}
	o.Size = int64(len(body))
	p.bodies[o.Tag] = body
	if err := p.s.Queue(p.now, &o); err != nil {
		fmt.Fprintf(&p.out, "  ev| %v\n", err)
	}
}

func (p *player) wait(d string) {
	wait, err := time.ParseDuration(d)
	if err != nil {
		p.t.Fatal(err)
	}
	end := p.now.Add(wait)
	for at := p.s.Deadline(); !at.IsZero() && !at.After(end); at = p.s.Deadline() {
		p.now = at
		fmt.Fprintf(&p.out, "  ev| at %v\n", at.Sub(epoch))
		p.s.Expire(at)
		p.drain()
	}
	p.now = end
}

var kinds = [...]string{"", "open", "piece", "message", "aborted", "sent", "failed", "report", "broken"}

func (p *player) drain() {
	for {
		e, ok := p.s.Next()
		if !ok {
			return
		}
		fmt.Fprintf(&p.out, "  ev| %s", kinds[e.Kind])
		switch e.Kind {
		case EvPiece:
			fmt.Fprintf(&p.out, " slot %d at %d of %d %q", e.Slot, e.Off, e.Size, e.Data)
		case EvMessage:
			fmt.Fprintf(&p.out, " slot %d id %s type %s size %d", e.Slot, e.MessageID, e.ContentType, e.Size)
		case EvAborted:
			fmt.Fprintf(&p.out, " slot %d id %s code %d", e.Slot, e.MessageID, e.Code)
		case EvSent:
			fmt.Fprintf(&p.out, " tag %d", e.Tag)
		case EvFailed:
			fmt.Fprintf(&p.out, " tag %d code %d", e.Tag, e.Code)
		case EvReport:
			fmt.Fprintf(&p.out, " tag %d code %d octets %d from %d", e.Tag, e.Code, e.Size, e.Off)
		case EvBroken:
			fmt.Fprintf(&p.out, " code %d", e.Code)
		}
		if e.Local {
			p.out.WriteString(" local")
		}
		p.out.WriteString("\n")
	}
}

func (p *player) pending() {
	for more := true; more; {
		var b []byte
		b, more = p.s.AppendPending(p.now, make([]byte, 0, 4096))
		p.wire(b)
	}
}

func (p *player) chunk() {
	tag, off, n, ok := p.s.Want()
	if !ok {
		return
	}
	b, err := p.s.AppendChunk(p.now, make([]byte, 0, 4096), tag, off, []byte(p.bodies[tag][off:off+int64(n)]))
	if err != nil {
		p.t.Fatal(err)
	}
	p.wire(b)
	p.drain()
}

var (
	random = regexp.MustCompile(`\b[a-z2-7]{16}\b`)
	long   = regexp.MustCompile(`([a-z])([a-z]*)`)
)

// wire prints what was written: random identifiers by name, the paths as "us" and "peer",
// long runs of one letter by their length.
func (p *player) wire(b []byte) {
	if len(b) == 0 {
		return
	}
	text := strings.NewReplacer(edgeConfig().Local, "us", edgeConfig().Remote, "peer").Replace(string(b))
	for _, id := range random.FindAllString(text, -1) {
		if strings.Count(id, id[:1]) < 16 && p.place(id) == 0 {
			p.names = append(p.names, id)
		}
	}
	for i, id := range p.names {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("{%d}", i+1))
	}
	text = long.ReplaceAllStringFunc(text, func(run string) string {
		if len(run) > 40 && strings.Count(run, run[:1]) == len(run) {
			return fmt.Sprintf("[%d*%s]", len(run), run[:1])
		}
		return run
	})
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		p.out.WriteString("  us| " + line + "\n")
	}
}

func (p *player) place(id string) int {
	for i, name := range p.names {
		if name == id {
			return i + 1
		}
	}
	return 0
}
