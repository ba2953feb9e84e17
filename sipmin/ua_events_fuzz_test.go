package sipmin

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// inputs are the inputs of a transcript: "> verb args" with the peer's lines below it.
func inputs(t testing.TB, path string) (all []string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "> "):
			all = append(all, line[2:])
		case strings.HasPrefix(line, "+") && len(all) > 0:
			all[len(all)-1] += "\n" + strings.TrimPrefix(strings.TrimPrefix(line, "+"), " ")
		}
	}
	return all
}

// FuzzUAEvents plays the inputs of all transcripts in any order: the peer's requests and
// responses in any state of our transactions and dialogs, the owner's wishes at the wrong
// time, connections that end, a wire and a memory that are full, and time. Invariants: a call
// that is over is not heard of again and refuses every wish; a request is answered once; time
// ends everything, and then no call, transaction or buffer is held.
func FuzzUAEvents(f *testing.F) {
	paths, _ := filepath.Glob("testdata/ua/*.txt")
	var words []string
	for _, path := range paths {
		words = append(words, inputs(f, path)...)
	}
	slices.Sort(words)
	if words = slices.Compact(words); len(words) < 50 || len(words) > 1<<16 {
		f.Fatalf("%d inputs in the transcripts", len(words))
	}
	for _, path := range paths {
		var in []byte
		for _, word := range inputs(f, path) {
			i, _ := slices.BinarySearch(words, word)
			in = append(in, byte(i>>8), byte(i))
		}
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		s := newScript(t)
		s.over = map[Call]bool{}
		for n := 0; n < 64 && len(in) >= 2; n++ {
			word := words[(int(in[0])<<8|int(in[1]))%len(words)]
			in = in[2:]
			s.anyInput(strings.Split(word, "\n"))
		}
		if s.ua != nil {
			s.endAll()
		}
	})
}

// anyInput does what a transcript may do only at the right time.
func (s *script) anyInput(lines []string) {
	w := strings.Fields(lines[0])
	if w[0] == "config" && s.ua != nil {
		return
	}
	if w[0] == "response" && s.sent[w[1]] == "" {
		s.sent[w[1]] = strings.Join([]string{"INVITE x", "v: SIP/2.0/TCP h;branch=z9hG4bKnone", "f: <sip:a@b>;tag=1", "t: <sip:c@d>", "i: none", "CSeq: 1 " + w[1]}, "\r\n")
	}
	s.out.Reset()
	s.act(w, lines[1:])
	s.events()
	for c := range s.over {
		if s.ua.Bye(s.now, c, "") == nil || s.ua.Cancel(s.now, c, "") == nil || s.ua.Reject(s.now, c, 486) == nil || s.ua.Progress(s.now, c, 180) == nil {
			s.t.Fatalf("call %x is over and takes a wish", c)
		}
	}
}

// endAll hangs up and lets time pass until nothing is due.
func (s *script) endAll() {
	s.blocked, s.mem.free = false, 100
	for range 2 { // a BYE that had no room before has it now
		for i := range s.ua.calls {
			if c := &s.ua.calls[i]; c.state != callFree {
				_ = s.ua.Bye(s.now, c.name(), "")
				s.events()
			}
		}
		s.run(30 * time.Minute)
	}
	if at := s.ua.Deadline(); !at.IsZero() {
		s.t.Errorf("something is due at %v, in %v", at, at.Sub(s.now))
	}
	if left := s.left(); left != "end     calls 0, transactions 0, buffers 0\n" {
		s.t.Errorf("%s%s", left, s.ua.Describe(nil, s.now))
	}
}
