package msrp

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// A duel is a session and a peer that obeys no order. What it must never do is checked with
// every event and every octet that it writes.
type duel struct {
	t      *testing.T
	s      Session
	r, own Reader // of what the peer writes, and of what the session writes
	now    time.Time
	at     int64           // where the octets of the chunk that it writes belong
	tids   []string        // of its SENDs that no response has come for
	serial int             // of the peer's transactions
	tag    uint32          // of its last message
	live   map[uint32]bool // its messages: true until sent or failed
	told   map[uint32]bool // sent, of those that may fail afterwards
	got    map[int]string  // Message-IDs of the peer's messages, by slot
	begun  string          // end-line of a chunk of the peer that is not at its end
	broken bool
	stop   bool // the connection is over
}

// octetAt is what stands at an offset of every message in either direction: the octets of a
// chunk say where they belong.
func octetAt(off int64) byte { return "0123456789abcdefghijklmnopqrstuvwxyz\r\n-$#+"[off*5%42] }

func octetsAt(off, n int64) (b []byte) {
	for i := range n {
		b = append(b, octetAt(off+i))
	}
	return b
}

// FuzzSessionEvents: the owner queues, writes, accepts and aborts, the peer sends chunks of any
// range, responses, reports and halves of them, and time passes, all in any order. Invariants:
// what the session writes is MSRP, and the octets of the message where it says; pieces lie
// within the limit and hold what the peer sent there; a message is settled once; nothing
// follows the end; time ends everything.
func FuzzSessionEvents(f *testing.F) {
	f.Add([]byte("\x00\x10\x01\x00\x03\x00\x04\x08\x02\x00\x06\x00\x08\x40"), uint8(1))
	f.Add([]byte("\x04\x01\x04\x03\x04\x09\x08\x3c\x04\x19\x02\x00\x06\x00\x06\x01\x02\x00"), uint8(0))
	f.Add([]byte("\x02\x00\x03\x00\x00\xff\x01\x00\x01\x01\x03\x00\x05\x00\x03\x01\x07\x00\x08\x1e"), uint8(1))
	f.Add([]byte("\x09\x00\x08\x10\x09\x01\x08\x3c\x0a\x00\x0a\x01\x0a\x02\x0a\x03\x0a\x04\x0a\x05"), uint8(0))
	f.Add(bytes.Repeat([]byte("\x00\x20\x01\x00\x04\x08\x04\x0c"), 40), uint8(6))
	f.Fuzz(func(t *testing.T, in []byte, form uint8) {
		d := &duel{t: t, now: epoch, live: map[uint32]bool{}, told: map[uint32]bool{}, got: map[int]string{}}
		cfg := edgeConfig()
		cfg.Active, cfg.Greet, cfg.MaxSize, cfg.Chunk = form&1 > 0, form&4 > 0, 4096, 100
		if form&2 > 0 {
			cfg.Chunk = 1 << 16 // chunks that stay open
		}
		if err := d.s.Init(d.now, cfg); err != nil {
			t.Fatal(err)
		}
		for n := 0; n < 200 && len(in) >= 2; n++ {
			d.turn(in[0]%11, int(in[1]))
			in = in[2:]
			d.events()
		}
		d.finish()
	})
}

// turn is one thing that somebody does.
func (d *duel) turn(what byte, arg int) {
	switch what {
	case 0:
		d.queue(arg)
	case 1:
		d.chunk(1 + arg)
	case 2:
		d.pending(256 + arg*16)
	case 3:
		d.answer(arg)
	case 4:
		d.send(arg)
	case 5:
		d.tell(fmt.Sprintf("REPORT\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: our%d\r\nByte-Range: %d-*/*\r\nStatus: 000 %d x\r\n", edgeConfig().Local,
			edgeConfig().Remote, arg%8, arg%3, [...]int{200, 413, 400, 99}[arg/8%4]), "", "$")
	case 6:
		code := [...]uint16{200, 413, 480}[arg/Slots%3]
		if d.s.Accept(d.now, arg%Slots, code); code != 200 {
			delete(d.got, arg%Slots) // it may be refused before it is complete
		}
	case 7:
		d.s.Abort(uint32(arg % 8))
	case 8:
		d.now = d.now.Add(time.Duration(arg) * time.Second)
		d.s.Expire(d.now)
	case 9:
		d.half(arg)
	case 10:
		d.tell("SEND\r\nTo-Path: msrp://alice.example.com:7394/guess"+fmt.Sprint(arg)+";tcp\r\nFrom-Path: "+edgeConfig().Remote+"\r\nMessage-ID: x\r\n", "x", "$")
	}
}

func (d *duel) queue(arg int) {
	o := Outgoing{Tag: d.tag + 1, MessageID: fmt.Appendf(nil, "our%d", (d.tag+1)%8), ContentType: "text/plain", Size: int64(1 + arg*3),
		Success: arg&1 > 0, Overtake: arg&2 > 0, Failure: []Report{ReportYes, ReportPartial, ReportNo}[arg/4%3]}
	if d.s.Queue(d.now, &o) == nil {
		d.tag++
		d.live[d.tag] = true
	}
}

// chunk writes the next chunk in a buffer of some size.
func (d *duel) chunk(n int) {
	tag, off, most, ok := d.s.Want()
	if !ok {
		return
	}
	out, err := d.s.AppendChunk(d.now, make([]byte, 0, 200+n*8), tag, off, octetsAt(off, int64(min(n, most))))
	if err != nil && err != ErrNoRoom || !d.live[tag] {
		d.t.Fatalf("chunk of %d at %d: %v", tag, off, err)
	}
	d.wrote(out)
}

func (d *duel) pending(room int) (more bool) {
	out, more := d.s.AppendPending(d.now, make([]byte, 0, room))
	d.wrote(out)
	return more
}

// wrote reads what the session has written.
func (d *duel) wrote(b []byte) {
	for {
		n, it, err := d.own.Next(b)
		if b = b[n:]; err != nil {
			d.t.Fatal(err)
		}
		switch it.Kind {
		case ItemNone:
			return
		case ItemHead:
			if it.Head.Fault != 0 {
				d.t.Fatalf("a head with fault %v", it.Head.Fault)
			}
			if d.at = it.Head.Start - 1; it.Head.Method == MSend {
				d.tids = append(d.tids, string(it.Head.TID.In(it.Buf)))
			}
		case ItemBody:
			if d.at >= 0 && !bytes.Equal(it.Data, octetsAt(d.at, int64(len(it.Data)))) {
				d.t.Fatalf("%q at %d of a message", it.Data, d.at)
			}
			d.at += int64(len(it.Data))
		}
	}
}

// answer is a response to one of its SENDs, or to none.
func (d *duel) answer(arg int) {
	if d.begun != "" {
		return
	}
	tid := "nobodys"
	if i := arg / 8; i < len(d.tids) {
		tid = d.tids[i]
	}
	code := [...]string{"200", "200", "400", "408", "413", "415", "481", "506"}[arg%8]
	d.receive("MSRP " + tid + " " + code + "\r\nTo-Path: " + edgeConfig().Local + "\r\nFrom-Path: " + edgeConfig().Remote + "\r\n-------" + tid + "$\r\n")
}

// send is a chunk of one of four messages of the peer: any place, any total, any flag.
func (d *duel) send(arg int) {
	at, total := [...]int64{0, 50, 100, 4090}[arg/4%4], [...]string{"100", "*", "150", "5000"}[arg/16%4]
	d.tell(d.sendHead(arg%4, at, total, ""), string(octetsAt(at, 50)), [...]string{"$", "+", "#"}[arg/64%3])
}

func (d *duel) sendHead(id int, at int64, total, more string) string {
	return fmt.Sprintf("SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: peer%d\r\nByte-Range: %d-*/%s\r\n%sContent-Type: text/plain\r\n",
		edgeConfig().Local, edgeConfig().Remote, id, at+1, total, more)
}

// half begins a chunk, or ends the one that was begun.
func (d *duel) half(arg int) {
	if d.begun != "" {
		end := d.begun
		d.begun = ""
		d.receive(end)
		return
	}
	d.serial++
	head := fmt.Sprintf("MSRP half%d %s\r\n", d.serial, d.sendHead(arg%4, 0, "60", "Success-Report: yes\r\n"))
	d.begun = string(octetsAt(20, 40)) + fmt.Sprintf("\r\n-------half%d$\r\n", d.serial)
	d.receive(head + string(octetsAt(0, 20)))
}

// tell is one request of the peer. One that is not at its end swallows it: it is left out.
func (d *duel) tell(head, body, flag string) {
	if d.begun != "" {
		return
	}
	d.serial++
	if body != "" {
		head += "\r\n" + body + "\r\n"
	}
	d.receive(fmt.Sprintf("MSRP peer%d %s-------peer%d%s\r\n", d.serial, head, d.serial, flag))
}

func (d *duel) receive(text string) {
	for b := []byte(text); !d.stop; {
		n, it, err := d.r.Next(b)
		if b = b[n:]; err != nil {
			d.stop = true
			return
		}
		switch it.Kind {
		case ItemNone:
			return
		case ItemHead:
			d.s.Head(d.now, it.Buf, it.Head)
		case ItemBody:
			d.s.Body(d.now, it.Data)
		case ItemEnd:
			d.s.End(d.now, it.Flag)
		}
		d.events()
	}
}

// events checks what the session says.
func (d *duel) events() {
	for {
		e, ok := d.s.Next()
		if !ok {
			return
		}
		if d.broken || e.Slot < 0 || e.Slot >= Slots {
			d.t.Fatalf("%+v; broken %v", e, d.broken)
		}
		switch e.Kind {
		case EvPiece:
			if e.Off < 0 || e.Off+int64(len(e.Data)) > 4096 || !bytes.Equal(e.Data, octetsAt(e.Off, int64(len(e.Data)))) {
				d.t.Fatalf("piece at %d: %q", e.Off, e.Data)
			}
			if id := d.got[e.Slot]; id != "" && id != string(e.MessageID) {
				d.t.Fatalf("slot %d is of %s and of %s", e.Slot, id, e.MessageID)
			}
			d.got[e.Slot] = string(e.MessageID)
		case EvMessage:
			if e.Size < 0 || e.Size > 4096 {
				d.t.Fatalf("a message of %d octets", e.Size)
			}
			delete(d.got, e.Slot)
		case EvAborted:
			delete(d.got, e.Slot)
		case EvSent, EvFailed:
			d.settled(&e)
		case EvBroken:
			d.broken = true
		}
	}
}

// settled: each message is sent or fails, once; what was not confirmed by the peer may still
// fail after it was sent.
func (d *duel) settled(e *Event) {
	if !d.live[e.Tag] && !(e.Kind == EvFailed && d.told[e.Tag]) {
		d.t.Fatalf("message %d is settled again: %+v", e.Tag, *e)
	}
	d.told[e.Tag] = e.Kind == EvSent
	d.live[e.Tag] = false
}

// finish lets the owner take everything and the peer be silent until nothing is due.
func (d *duel) finish() {
	for range 4 * (Slots + MaxFlight) {
		for i := range Slots {
			d.s.Accept(d.now, i, 200)
		}
		for range MaxQueue * 20 { // a full flight waits for answers, which time gives
			if _, _, _, ok := d.s.Want(); !ok {
				break
			}
			d.chunk(100)
		}
		for d.pending(4096) {
		}
		d.events()
		at := d.s.Deadline()
		if at.IsZero() {
			break
		}
		if at.After(d.now) {
			d.now = at
		}
		d.s.Expire(d.now)
		d.events()
	}
	if at := d.s.Deadline(); !at.IsZero() && !d.broken {
		d.t.Fatalf("something is due at %v in the end, %v", at, d.now)
	}
	if !d.broken && d.begun == "" && d.s.up && !d.s.Idle() {
		d.t.Fatalf("the session is never idle: %d answers, %d reports, greeting %d, current %d, open %v, %d in flight", d.s.answers.n, d.s.reports.n, d.s.greet, d.s.cur.kind, d.s.open.on, d.s.InFlight())
	}
}
