package qmi

import (
	"slices"
	"testing"
	"time"
)

// FuzzSession gives octets to a session in the middle of its requests, cut anywhere, with time
// between. Whatever they are: what the session asks are frames, few at a time, time does not
// make it spin, and started anew with a sane modem it is ready.
func FuzzSession(f *testing.F) {
	for _, b := range fixtures(f) {
		if len(b) < 4096 {
			f.Add(b, uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, step uint8) {
		r := newRig(t, Config{PIN: "1234"}, lte(t))
		var a Assembler
		for n := 0; n < 40 && len(raw) > 0; n++ {
			part := raw[:min(len(raw), 1+int(step)*4)]
			raw = raw[len(part):]
			out := r.s.Output(r.now, make([]byte, 0, 1024))
			feed(r.s, r.now, &a, part)
			if len(out) > 0 {
				one(t, out)
				r.answer(out)
			}
			r.pass(time.Duration(step) * time.Second / 16)
		}
		a.Reset()
		clear(r.given)
		r.notes = nil
		r.s.Start(r.now)
		for range 20 {
			for range 100 {
				out := r.s.Output(r.now, make([]byte, 0, 1024))
				if len(out) == 0 {
					break
				}
				one(t, out)
				r.answer(out)
			}
			r.pass(20 * time.Second)
		}
		if !slices.Contains(r.notes, "ready Quectel EC25") {
			t.Errorf("never ready: %q", r.notes)
		}
	})
}

// answer is reply, by a modem that nobody has told of client ids before.
func (r *rig) answer(q []byte) {
	if service := q[4]; service != 0 && r.given[service] != q[5] {
		r.given[service] = q[5]
	}
	if q[4] == 0 && q[8] == 0x23 { // a release: of whatever it likes
		r.say(0, 0, 2, q[7:8], q[8:10], success)
		return
	}
	r.reply(q)
	r.drain()
}

// pass lets time pass; what falls due is bounded.
func (r *rig) pass(d time.Duration) {
	end := r.now.Add(d)
	for n := 0; ; n++ {
		at := r.s.Deadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if n > 1000 {
			r.t.Fatalf("deadlines never end: %v", at)
		}
		if at.After(r.now) {
			r.now = at
		}
		r.s.Expire(r.now)
		r.drain()
		if at := r.s.Deadline(); !at.IsZero() && !at.After(r.now) {
			r.now = r.now.Add(time.Millisecond)
		}
	}
	r.now = end
}
