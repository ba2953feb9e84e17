package qmi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var now0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A rig is a session and a modem that answers by a table. Its clock stands still but for wait.
type rig struct {
	t       *testing.T
	s       *Session
	now     time.Time
	answers map[string]string // TLVs by "service message"; success where there is none; "-" for silence
	asked   []string
	notes   []string
	given   map[uint8]uint8 // client ids by service
	next    uint8
}

// lte is the recorded cell: 999/40, area 0099, cell 001C201, channel 43390.
func lte(t testing.TB) map[string]string {
	cells := find(t, "modem/qmi_generated.hex", "test_generated_nas_get_cell_location_info_2.response")
	return map[string]string{
		"2 21": success + "01 0700 5175656374656c", "2 22": success + "01 0400 45433235",
		"b 2f": success + card, "3 24": success + "01 0600 01 01 01 02 01 08" + "12 0500 e703 2800 00",
		"3 43": hexOf(cells[13:]), "3 31": success + "01 0600 01 08 9600 7ea9",
	}
}

func newRig(t *testing.T, cfg Config, answers map[string]string) *rig {
	r := &rig{t: t, s: NewSession(cfg), now: now0, answers: answers, given: map[uint8]uint8{}, next: 4}
	r.s.Start(r.now)
	return r
}

// run lets session and modem talk until both are quiet.
func (r *rig) run() *rig {
	r.t.Helper()
	for range 200 {
		out := r.s.Output(r.now, make([]byte, 0, 1024))
		if len(out) == 0 {
			r.drain()
			return r
		}
		r.reply(out)
		r.drain()
	}
	r.t.Fatalf("the session does not come to rest; last %q", r.asked[len(r.asked)-10:])
	return r
}

// reply answers one request as a modem would, without our own code.
func (r *rig) reply(q []byte) {
	r.t.Helper()
	service, tid, body := q[4], q[7:9], q[9:]
	if service == 0 {
		tid, body = q[7:8], q[8:]
	}
	name := fmt.Sprintf("%x %x", service, int(body[0])|int(body[1])<<8)
	r.asked = append(r.asked, name)
	tlvs, ok := r.answers[name]
	if !ok {
		tlvs = success
	}
	if tlvs == "-" {
		return
	}
	switch {
	case name == "0 22" && !ok:
		r.next++
		r.given[body[7]] = r.next
		tlvs = success + fmt.Sprintf("01 0200 %02x %02x", body[7], r.next)
	case name == "0 23" && !ok:
		if r.given[body[7]] != body[8] {
			r.t.Errorf("client id %d of service %x released, given %d", body[8], body[7], r.given[body[7]])
		}
		delete(r.given, body[7])
	case service != 0 && r.given[service] != q[5]:
		tlvs = "02 0400 0100 0700" // not a client id
	}
	r.say(service, q[5], 2, tid, body[:2], tlvs)
}

// say sends a frame of the modem; kind is 2 for a response and 4 for an indication.
func (r *rig) say(service, client, kind byte, tid, message []byte, tlvs string) {
	r.t.Helper()
	if service == 0 {
		kind /= 2
	}
	v := unhex(r.t, tlvs)
	b := append([]byte{1, 0, 0, 0x80, service, client, kind}, tid...)
	b = append(b, message...)
	b = append(b, byte(len(v)), byte(len(v)>>8))
	b = append(b, v...)
	b[1], b[2] = byte(len(b)-1), byte((len(b)-1)>>8)
	r.s.Step(r.now, b, one(r.t, b))
}

func (r *rig) drain() {
	for n, ok := r.s.Next(); ok; n, ok = r.s.Next() {
		switch n.Kind {
		case NoteCell:
			r.notes = append(r.notes, fmt.Sprintf("cell %d %s %X %X %d %d", n.Cell.Radio, n.Cell.PLMN.Digits(), n.Cell.Area, n.Cell.ID, n.Cell.EARFCN, n.Cell.Band))
		case NoteReady:
			r.notes = append(r.notes, "ready "+n.Text)
		case NoteSame:
		case NoteSilent:
			r.notes = append(r.notes, "silent")
		case NoteRestarted:
			r.notes = append(r.notes, "restarted")
		case NoteSlow:
			r.notes = append(r.notes, "slow "+n.Text)
		default:
			r.notes = append(r.notes, n.Text)
		}
	}
}

// wait lets time pass in tenths of a second.
func (r *rig) wait(d time.Duration) *rig {
	r.t.Helper()
	for ; d > 0; d -= 100 * time.Millisecond {
		r.now = r.now.Add(100 * time.Millisecond)
		r.s.Expire(r.now)
		r.run()
	}
	return r
}

// said expects the notes so far, and forgets them.
func (r *rig) said(want ...string) {
	r.t.Helper()
	if !slices.Equal(r.notes, want) {
		r.t.Errorf("notes %q, want %q", r.notes, want)
	}
	r.notes = nil
}

const (
	attached = "cell 8 99940 99 1C201 43390 42"
	nowhere  = "cell 0  0 0 0 0"
)

func TestSessionStart(t *testing.T) {
	r := newRig(t, Config{}, lte(t)).run()
	r.said("SIM ready", "ready Quectel EC25", attached)
	want := "0 27,0 22,2 21,2 22,0 22,3 3,0 22,b 2e,b 2f,3 24,3 43,3 4d,3 31"
	if got := strings.Join(r.asked, ","); got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	r.asked = nil
	r.wait(2 * time.Minute).said()
	if got := strings.Join(r.asked, ","); got != "3 24,3 43,3 4d,3 31,3 24,3 43,3 4d,3 31" {
		t.Errorf("in two minutes %s", got)
	}
}

func TestSessionProxyAndRelease(t *testing.T) {
	r := newRig(t, Config{Proxy: "/dev/cdc-wdm0"}, lte(t)).run()
	if r.asked[0] != "0 ff00" {
		t.Errorf("asked %q", r.asked)
	}
	if len(r.given) != 3 {
		t.Errorf("client ids %v", r.given)
	}
	r.s.Close(r.now)
	if r.s.Closed() {
		t.Error("closed at once")
	}
	if r.run(); !r.s.Closed() || len(r.given) != 0 {
		t.Errorf("closed %v, left %v", r.s.Closed(), r.given)
	}
}

// Whenever the session is closed, no client id stays with the modem.
func TestSessionReleasesAtEveryPoint(t *testing.T) {
	for steps := range 14 {
		r := newRig(t, Config{}, lte(t))
		for range steps {
			if out := r.s.Output(r.now, make([]byte, 0, 1024)); len(out) > 0 {
				r.reply(out)
			}
		}
		out := r.s.Output(r.now, make([]byte, 0, 1024)) // and one request whose answer comes late
		r.s.Close(r.now)
		if len(out) > 0 {
			r.reply(out)
		}
		if r.run(); !r.s.Closed() || len(r.given) != 0 {
			t.Errorf("after %d: closed %v, left %v", steps, r.s.Closed(), r.given)
		}
	}
}

func TestSessionIndications(t *testing.T) {
	r := newRig(t, Config{}, lte(t)).run()
	r.notes = nil
	r.wait(time.Second)
	r.say(3, r.given[3], 4, []byte{9, 0}, []byte{0x24, 0}, "01 0500 02 02 02 02 00") // searching
	r.answers["3 24"] = success + "01 0500 02 02 02 02 00"
	r.run().said(nowhere)
	r.wait(time.Second).said()
	r.answers["3 24"] = lte(t)["3 24"]
	r.say(3, Broadcast, 4, []byte{9, 0}, []byte{0x4E, 0}, "14 0300 02 02 00")
	r.wait(time.Second).said(attached)
	before := len(r.asked)
	for range 5000 {
		r.say(3, Broadcast, 4, []byte{9, 0}, []byte{0x4E, 0}, "01 0600 00 00 00 00 00 00")
	}
	r.wait(2 * time.Second).said()
	if n := len(r.asked) - before; n > 16 {
		t.Errorf("a flood of indications made %d requests", n)
	}
}

// The modem restarts: it says so, it revokes a client id, or it does not know ours any more.
func TestSessionRestarts(t *testing.T) {
	for name, f := range map[string]func(r *rig){
		"sync":   func(r *rig) { r.say(0, 0, 4, []byte{0}, []byte{0x27, 0}, "") },
		"revoke": func(r *rig) { r.say(0, 0, 4, []byte{0}, []byte{0x24, 0}, fmt.Sprintf("01 0200 03 %02x", r.given[3])) },
		"unknown": func(r *rig) {
			clear(r.given)
			r.wait(time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Config{}, lte(t)).run()
			r.notes = nil
			f(r)
			r.run().said("restarted", nowhere, "SIM ready", "ready Quectel EC25", attached)
		})
	}
	r := newRig(t, Config{}, lte(t)).run()
	r.notes = nil
	r.say(0, 0, 4, []byte{0}, []byte{0x24, 0}, "01 0200 03 77") // somebody else's
	r.run().said()
}

func TestSessionSilence(t *testing.T) {
	answers := lte(t)
	r := newRig(t, Config{Answer: time.Second}, answers).run()
	r.notes = nil
	answers["3 43"] = "-"
	r.wait(time.Minute + time.Second).said("slow NAS Get Cell Location Info")
	answers["3 43"] = lte(t)["3 43"]
	r.wait(5 * time.Second).said() // half an answer changed nothing
	for _, k := range []string{"3 24", "3 43", "3 4d", "3 31", "b 2f"} {
		answers[k] = "-"
	}
	r.wait(2 * time.Minute)
	if got := strings.Join(r.notes, ","); !strings.HasSuffix(got, "silent") {
		t.Errorf("notes %s", got)
	}
	r.answers, r.notes = lte(t), nil
	r.s.Start(r.now)
	clear(r.given)
	r.run().said("SIM ready", "ready Quectel EC25", attached)
}

func TestSessionPINOnce(t *testing.T) {
	locked := strings.Replace(card, "02 07 0b", "02 02 0b", 1)
	for name, c := range map[string]struct {
		status, verify string
		want           string
		times          int
	}{
		"accepted": {locked, success, "PIN accepted", 1},
		"refused":  {locked, "02 0400 0100 0c00", "PIN refused; it is not tried again", 1},
		"kept":     {strings.Replace(locked, "00 02 03 0a 01", "00 02 01 0a 01", 1), success, "PIN not entered: its last try is kept", 0},
	} {
		t.Run(name, func(t *testing.T) {
			answers := lte(t)
			answers["b 2f"], answers["b 26"] = success+c.status, c.verify
			r := newRig(t, Config{PIN: "1234"}, answers).run()
			r.wait(time.Minute)
			r.s.Start(r.now)
			clear(r.given)
			r.run().wait(time.Minute)
			n := 0
			for _, a := range r.asked {
				if a == "b 26" {
					n++
				}
			}
			if n != c.times || !slices.Contains(r.notes, c.want) {
				t.Errorf("entered %d times; notes %q", n, r.notes)
			}
		})
	}
}

func TestSessionWithoutClients(t *testing.T) {
	answers := lte(t)
	answers["0 22"] = "02 0400 0100 0500"
	r := newRig(t, Config{}, answers).run()
	r.said("the modem gives no client id for NAS", "ready ", "the modem gives no client id for NAS")
	delete(answers, "0 22")
	r.wait(time.Minute).said("SIM ready", attached)
}

func TestSessionAsk(t *testing.T) {
	answers := lte(t)
	answers["b 34"] = success + "10 0200 9000 11 0400 0200 dc00"
	r := newRig(t, Config{}, answers)
	q, _ := AppendAuthenticate(make([]byte, 0, 256), 0, 0, GW, Context3G, make([]byte, 34))
	if err := r.s.Ask(q, time.Second); err != ErrBusy {
		t.Errorf("before the session works: %v", err)
	}
	r.run()
	if err := r.s.Ask(q, time.Second); err != nil {
		t.Fatal(err)
	}
	if err := r.s.Ask(q, time.Second); err != ErrBusy {
		t.Errorf("a second question: %v", err)
	}
	if _, done, _ := r.s.Answer(); done {
		t.Error("answered at once")
	}
	r.run()
	b, done, err := r.s.Answer()
	if !done || err != nil {
		t.Fatal(done, err)
	}
	if a, err := ParseAnswer(b, one(t, b)); err != nil || string(a.Octets.In(b)) != "\xdc\x00" {
		t.Errorf("%+v, %v", a, err)
	}
	answers["b 34"] = "-"
	r.s.Ask(q, time.Second)
	r.run().wait(2 * time.Second)
	if _, done, err := r.s.Answer(); !done || err != ErrNoAnswer {
		t.Errorf("without an answer: %v %v", done, err)
	}
	r.s.Ask(q, time.Second)
	r.say(0, 0, 4, []byte{0}, []byte{0x27, 0}, "")
	if _, done, err := r.s.Answer(); !done || err != ErrBusy {
		t.Errorf("restarted: %v %v", done, err)
	}
}

// The attacks are given to a working session before each of its answers: in the end it knows the
// cell, and nothing else was ever noted.
func TestVectorsAttacksOnSession(t *testing.T) {
	for _, name := range index(t) {
		t.Run(name, func(t *testing.T) {
			raw := load(t, "attacks/qmi/"+name)
			r := newRig(t, Config{}, lte(t)).run()
			var a Assembler
			errors := 0
			for range 20 {
				out := r.s.Output(r.now, make([]byte, 0, 1024))
				errors += feed(r.s, r.now, &a, raw)
				if a.Reset(); len(out) > 0 {
					r.reply(out)
				}
				r.wait(20 * time.Second)
			}
			r.said("SIM ready", "ready Quectel EC25", attached)
			if c, bad := attacks[name]; bad && c.err != nil && c.err != ErrShort && errors != 20 {
				t.Errorf("%d errors counted", errors)
			} else if c.err == nil && r.s.Strays() == 0 && !strings.HasPrefix(name, "flood") {
				t.Error("not counted")
			}
		})
	}
}

// feed gives octets to a session and returns how many frames could not be used.
func feed(s *Session, now time.Time, a *Assembler, raw []byte) (errors int) {
	for {
		var f Frame
		n, frame, err := a.Next(raw, &f)
		if raw = raw[n:]; err != nil {
			errors++
		} else if frame != nil {
			s.Step(now, frame, &f)
		} else if len(raw) == 0 {
			return errors
		}
	}
}

// However a stream is cut, the frames are the same.
func TestAssemblerSplits(t *testing.T) {
	var stream []byte
	for _, r := range records(t, "modem/qmi_generated.hex") {
		stream = append(stream, r.octet...)
	}
	var a Assembler
	collect := func(parts ...[]byte) (out []string) {
		for _, p := range parts {
			for {
				var f Frame
				n, frame, err := a.Next(p, &f)
				if p = p[n:]; err != nil {
					t.Fatal(err)
				}
				if frame == nil && len(p) == 0 {
					break
				}
				out = append(out, hexOf(frame))
			}
		}
		return out
	}
	want := collect(stream)
	for cut := 0; cut < len(stream); cut += 7 {
		if got := collect(stream[:cut], stream[cut:]); !slices.Equal(got, want) {
			t.Fatalf("cut at %d", cut)
		}
	}
}
