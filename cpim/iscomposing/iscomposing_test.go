package iscomposing

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"imsagent/cpim/xmlscan"
)

func TestVectorsIsComposing(t *testing.T) {
	want := oracle(t, "iscomposing/xml-oracle.tsv")
	for _, v := range vectors(t, "iscomposing", "iscomposing/") {
		t.Run(v.path, func(t *testing.T) {
			var s, again Status
			err := Parse(v.b, &s)
			if err2 := Parse(v.b, &again); err2 != err || err == nil && again != s {
				t.Fatalf("a second run gives %v after %v", err2, err)
			}
			switch {
			case v.verdict == "accept" && err != nil:
				t.Fatal(err)
			case v.verdict == "reject" && err == nil:
				t.Fatalf("accepted: %+v", s)
			case err != nil || want[v.path] == nil || want[v.path]["state"] == "-":
				return
			}
			if active := want[v.path]["state"] == "active"; s.Active != active {
				t.Errorf("active %v, the oracle has %q", s.Active, want[v.path]["state"])
			}
			if n, err := strconv.Atoi(want[v.path]["refresh"]); err == nil && n > 0 && s.Refresh != min(time.Duration(n)*time.Second, MaxRefresh) {
				t.Errorf("refresh %v, the oracle has %d s", s.Refresh, n)
			}
		})
	}
}

func document(children string) []byte {
	return []byte(`<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">` + children + `</isComposing>`)
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		children string
		active   bool
		refresh  time.Duration
		typ      string
		err      error
	}{
		{"<state>active</state><contenttype> text/plain </contenttype><refresh>90</refresh>", true, 90 * time.Second, "text/plain", nil},
		{"<state>act<!-- -->ive</state>", true, 0, "", nil},
		{"<state>ACTIVE</state>", false, 0, "", nil},
		{"<state>active</state><refresh>9223372037</refresh>", true, MaxRefresh, "", nil},
		{"<state>active</state><refresh>99999999999999999999999999</refresh>", true, MaxRefresh, "", nil},
		{"<state>active</state><refresh>0</refresh>", true, 0, "", nil},
		{"<state>active</state><refresh>-5</refresh>", true, 0, "", nil},
		{"<state>active</state><refresh>1e3</refresh>", true, 0, "", nil},
		{"<state>active</state><contenttype>" + strings.Repeat("x", MaxContentType+1) + "</contenttype>", true, 0, "", nil},
		{"<state>active</state><x:state xmlns:x='urn:x'>idle</x:state>", true, 0, "", nil},
		{"<state>" + strings.Repeat(" ", 200) + "active</state>", false, 0, "", nil},
		{"", false, 0, "", ErrNoState},
		{"<state>idle</state><state>active</state>", false, 0, "", ErrNoState},
	} {
		var s Status
		err := Parse(document(c.children), &s)
		if err != c.err || err == nil && (s.Active != c.active || s.Refresh != c.refresh || string(s.ContentType()) != c.typ) {
			t.Errorf("%.80s: %+v, %v", c.children, s, err)
		}
	}
}

// TestAppend: the expected octets follow the example of RFC 3994 §5.
func TestAppend(t *testing.T) {
	const active = `<?xml version="1.0" encoding="UTF-8"?>
<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">
  <state>active</state>
  <contenttype>text/plain</contenttype>
  <refresh>90</refresh>
</isComposing>
`
	const idle = `<?xml version="1.0" encoding="UTF-8"?>
<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">
  <state>idle</state>
</isComposing>
`
	if got, err := Append(make([]byte, 0, len(active)), true, 90*time.Second, "text/plain"); err != nil || string(got) != active {
		t.Errorf("%v, got\n%s", err, got)
	}
	if got, err := Append(make([]byte, 0, len(idle)), false, 0, ""); err != nil || string(got) != idle {
		t.Errorf("%v, got\n%s", err, got)
	}
	for room := range len(active) {
		if got, err := Append(make([]byte, 0, room), true, 90*time.Second, "text/plain"); err != ErrNoRoom || len(got) != 0 {
			t.Fatalf("with %d octets: %q, %v", room, got, err)
		}
	}
}

func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, v := range vectors(t, "iscomposing", "iscomposing/") {
		var s Status
		if a := testing.AllocsPerRun(20, func() { Parse(v.b, &s) }); a != 0 {
			t.Errorf("%s: %v allocations", v.path, a)
		}
	}
	buf := make([]byte, 0, 512)
	if a := testing.AllocsPerRun(20, func() { Append(buf, true, time.Minute, "text/plain") }); a != 0 {
		t.Errorf("Append: %v allocations", a)
	}
}

// A run is a transcript: what happened at which second, and what came of it.
type run struct {
	now time.Time
	log strings.Builder
}

var epoch = time.Unix(1000, 0)

func (r *run) note(format string, args ...any) {
	fmt.Fprintf(&r.log, "%v "+format+"\n", append([]any{r.now.Sub(epoch)}, args...)...)
}

var actions = [...]string{"-", "active", "idle"}

// until lets time pass up to second at, expiring what is due.
func (r *run) until(s *Sender, at time.Duration) {
	for d := s.Deadline(); !d.IsZero() && !d.After(epoch.Add(at)); d = s.Deadline() {
		r.now = d
		r.note("expired: %s", actions[s.Expire(r.now)])
	}
	r.now = epoch.Add(at)
}

func TestSender(t *testing.T) {
	const sec = time.Second
	for _, c := range []struct {
		name string
		play func(r *run, s *Sender)
		want string
	}{
		{"typed, then sent", func(r *run, s *Sender) {
			r.note("typing: %s", actions[s.Composing(r.now)])
			r.until(s, 5*sec)
			r.note("typing: %s", actions[s.Composing(r.now)])
			s.Sent()
			r.until(s, time.Hour)
		}, "0s typing: active\n5s typing: -\n"},
		{"typed, then nothing", func(r *run, s *Sender) {
			r.note("typing: %s", actions[s.Composing(r.now)])
			r.until(s, time.Hour)
		}, "0s typing: active\n15s expired: idle\n"},
		{"typed on and on", func(r *run, s *Sender) {
			for at := time.Duration(0); at <= 130*sec; at += 10 * sec {
				r.until(s, at)
				if a := s.Composing(r.now); a != None {
					r.note("typing: %s", actions[a])
				}
			}
			r.until(s, time.Hour)
		}, "0s typing: active\n1m0s expired: active\n2m0s expired: active\n2m25s expired: idle\n"},
		{"stopped and began again", func(r *run, s *Sender) {
			r.note("typing: %s", actions[s.Composing(r.now)])
			r.until(s, 3*sec)
			r.note("stopped: %s", actions[s.Stopped()])
			r.note("stopped: %s", actions[s.Stopped()])
			r.until(s, 20*sec)
			r.note("typing: %s", actions[s.Composing(r.now)])
		}, "0s typing: active\n3s stopped: idle\n3s stopped: -\n20s typing: active\n"},
		{"refused", func(r *run, s *Sender) {
			r.note("typing: %s", actions[s.Composing(r.now)])
			s.Refused()
			r.until(s, 70*sec)
			r.note("typing: %s", actions[s.Composing(r.now)])
			s.Reset()
			r.note("typing: %s", actions[s.Composing(r.now)])
		}, "0s typing: active\n1m10s typing: -\n1m10s typing: active\n"},
		{"slept for hours", func(r *run, s *Sender) {
			r.note("typing: %s", actions[s.Composing(r.now)])
			r.now = epoch.Add(5 * time.Hour)
			r.note("expired: %s", actions[s.Expire(r.now)])
			r.note("expired: %s", actions[s.Expire(r.now)])
		}, "0s typing: active\n5h0m0s expired: idle\n5h0m0s expired: -\n"},
		{"not yet due", func(r *run, s *Sender) {
			s.Composing(r.now)
			r.note("expired: %s", actions[s.Expire(r.now.Add(14*sec))])
		}, "0s expired: -\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &run{now: epoch}
			c.play(r, new(Sender))
			if got := r.log.String(); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestSenderSettings(t *testing.T) {
	s := Sender{Refresh: 30 * time.Second, Idle: 90 * time.Second}
	if s.RefreshTime() != MinSendRefresh {
		t.Errorf("refresh %v", s.RefreshTime())
	}
	s.Composing(epoch)
	if got := s.Deadline().Sub(epoch); got != MinSendRefresh || !s.Active() {
		t.Errorf("deadline after %v", got)
	}
	s.Refresh = 5 * time.Minute
	if s.Expire(epoch.Add(MinSendRefresh)) != SendActive || s.Deadline().Sub(epoch) != 90*time.Second {
		t.Errorf("deadline %v", s.Deadline().Sub(epoch))
	}
}

func TestReceiver(t *testing.T) {
	var r Receiver
	active := func(refresh time.Duration) *Status { return &Status{Active: true, Refresh: refresh} }
	steps := []struct {
		name    string
		changed bool
		want    time.Duration // until idle, from the epoch; -1: idle
		step    func() bool
	}{
		{"idle when idle", false, -1, func() bool { return r.Status(epoch, &Status{}) }},
		{"active of the trace", true, 30 * time.Second, func() bool { return r.Status(epoch, active(30*time.Second)) }},
		{"active again", false, 50 * time.Second, func() bool { return r.Status(epoch.Add(20*time.Second), active(30*time.Second)) }},
		{"too early", false, 50 * time.Second, func() bool { return r.Expire(epoch.Add(49 * time.Second)) }},
		{"refresh time-out", true, -1, func() bool { return r.Expire(epoch.Add(50 * time.Second)) }},
		{"time-out again", false, -1, func() bool { return r.Expire(epoch.Add(51 * time.Second)) }},
		{"no refresh: 120 s", true, 120 * time.Second, func() bool { return r.Status(epoch, active(0)) }},
		{"idle", true, -1, func() bool { return r.Status(epoch, &Status{Refresh: time.Minute}) }},
		{"huge refresh", true, MaxRefresh, func() bool { return r.Status(epoch, active(1<<62)) }},
		{"content", true, -1, func() bool { return r.Content() }},
		{"content again", false, -1, func() bool { return r.Content() }},
	}
	for _, s := range steps {
		if changed := s.step(); changed != s.changed {
			t.Errorf("%s: changed %v", s.name, changed)
		}
		until := time.Duration(-1)
		if r.Active() {
			until = r.Until().Sub(epoch)
		}
		if until != s.want || !r.Deadline().Equal(r.Until()) {
			t.Errorf("%s: until %v, want %v", s.name, until, s.want)
		}
	}
}

// FuzzParse: a refresh is never out of range, and what was read can be written.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f, "iscomposing", "iscomposing/") {
		if len(v.b) <= xmlscan.MaxDocument {
			f.Add(v.b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s, again Status
		if Parse(b, &s) != nil {
			return
		}
		if s.Refresh < 0 || s.Refresh > MaxRefresh {
			t.Fatalf("refresh %v", s.Refresh)
		}
		out, err := Append(make([]byte, 0, 1024), s.Active, s.Refresh, string(s.ContentType()))
		if err != nil {
			t.Fatal(err)
		}
		if err = Parse(out, &again); err != nil || again.Active != s.Active || again.Refresh != s.Refresh {
			t.Fatalf("%v, wrote\n%s", err, out)
		}
	})
}

func TestErrorsNameTheirClause(t *testing.T) {
	for e := ErrRoot; e <= ErrNoRoom; e++ {
		if e.Error() == "iscomposing: " || e.Clause() == "" {
			t.Errorf("error %d: %q, %q", e, e.Error(), e.Clause())
		}
	}
	if Error(200).Error() == "" || Error(200).Clause() != "" {
		t.Error("an unknown error has a clause")
	}
}

func BenchmarkParse(b *testing.B) {
	doc := fixture(b, "iscomposing/seed/active.xml")
	var s Status
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Parse(doc, &s); err != nil {
			b.Fatal(err)
		}
	}
}
