package agent

import (
	"bufio"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"imsagent/agent/internal/bufpool"
)

// vocabulary is every command of the transcripts, each once, in order.
func vocabulary(t testing.TB) (all []string) {
	t.Helper()
	files, _ := filepath.Glob("testdata/*.txt")
	for _, name := range files {
		all = append(all, commands(t, name)...)
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) < 50 || len(all) > 1<<12 {
		t.Fatalf("%d commands in the transcripts", len(all))
	}
	return all
}

// commands are those of one transcript, without the configuration.
func commands(t testing.TB, name string) (all []string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if c, ok := strings.CutPrefix(s.Text(), "$ "); ok && !strings.HasPrefix(c, "config") {
			all = append(all, c)
		}
	}
	return all
}

// Words of FuzzCore that are no command: octets that nobody chose arrive somewhere.
const (
	rawDatagram = 1<<12 + iota // at the SIP socket
	rawSIP                     // on the connection of the P-CSCF, where there is one
	rawMSRP                    // on the MSRP connection of now
	rawHost                    // from host 0
)

// FuzzCore plays commands of the transcripts in any order, and raw octets between them:
// hosts, the network, the peer, the flash, the modem and time do what they like. Whatever
// they do, Step returns, the deadlines end, and in the end every buffer is back.
func FuzzCore(f *testing.F) {
	lines := vocabulary(f)
	files, _ := filepath.Glob("testdata/*.txt")
	for _, name := range files {
		var in []byte
		for _, c := range commands(f, name) {
			i, _ := slices.BinarySearch(lines, c)
			in = append(in, byte(i>>8), byte(i), 0)
		}
		f.Add(in)
	}
	f.Add([]byte("\x10\x00\x0bOPTIONS x\r\n\x10\x01\x04\r\n\r\n\x10\x02\x05MSRP \x10\x03\x03\x94\x00\x07"))
	f.Fuzz(func(t *testing.T, in []byte) {
		w := newWorld(t)
		w.loose = true
		w.readers = bufpool.New(96, largeBuffers) // and what no connection is there for is lost
		w.start()
		for n := 0; n < 48 && len(in) >= 3; n++ {
			word, octets := int(in[0])<<8|int(in[1]), in[3:min(3+int(in[2]), len(in))]
			in = in[3+len(octets):]
			if word >= rawDatagram && word <= rawHost {
				w.octets(word, octets)
			} else {
				w.command(words(lines[word%len(lines)]))
			}
			w.out = w.out[:0]
		}
		w.over()
		w.checkLeaks()
		w.checkQuiet()
	})
}

// checkQuiet expects that nothing is waited for any more, and that no octet that came is
// still held.
func (w *world) checkQuiet() {
	w.t.Helper()
	for i, p := range w.core.pending {
		if p.use != pendFree {
			w.t.Errorf("pending %d of use %d was never answered", i, p.use)
		}
	}
	for i := range w.core.conns {
		if w.core.conns[i].flow != 0 {
			w.t.Errorf("MSRP connection %d is still there", i)
		}
	}
	if w.readers.Free() != w.readers.Total() || w.readers.FreeLarge() != largeBuffers {
		w.t.Errorf("%d buffers of readers leaked", w.readers.Total()-w.readers.Free())
	}
}

// over takes away whatever may rightly hold a buffer: what hosts and peers have begun, and
// what the outbox would try again.
func (w *world) over() {
	w.flashCommand("ready")
	for _, host := range []string{"0", "1"} {
		w.host([]string{host, "gone"})
	}
	w.step(Event{Kind: EvStop})
	for _, id := range slices.Sorted(maps.Keys(w.flows)) {
		door := DoorMSRP
		if w.flows[id] == pcscf {
			door = DoorSIP
		}
		delete(w.flows, id)
		w.step(Event{Kind: EvClosed, Door: door, Flow: id, Fault: FaultEOF})
	}
}

// octets delivers what nobody chose.
func (w *world) octets(word int, octets []byte) {
	if len(octets) == 0 {
		return
	}
	switch word {
	case rawDatagram:
		w.step(Event{Kind: EvDatagram, Door: DoorSIP, Flow: udpFlow, Addr: pcscf, Buf: w.buf(octets)})
	case rawSIP:
		w.receiveSIP(string(octets))
	case rawMSRP:
		w.receiveMSRP(string(octets))
	case rawHost:
		w.step(Event{Kind: EvData, Door: DoorHost, Flow: hostFlow, Buf: w.buf(octets)})
	}
}
