package agent

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"imsagent/cpim"
	"imsagent/modem"
)

var update = flag.Bool("update", false, "rewrite the transcripts with what happened: read the difference before committing it")

// TestTranscripts plays every file of testdata/*.txt. A line "$ command" is what happens to
// the agent; the indented lines below are all that it did about it, in order. The commands
// are the methods of world below.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t)
			got := w.play(string(b))
			if *update {
				if err := os.WriteFile(f, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != string(b) {
				t.Errorf("%s differs from what happened:\n%s", f, difference(string(b), got))
			}
			w.checkLeaks()
		})
	}
}

// difference shows the first line that differs, with what stands around it.
func difference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := 0; i < len(a) || i < len(b); i++ {
		x, y := "", ""
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, x, strings.Join(b[i:min(i+6, len(b))], "\n     "))
		}
	}
	return ""
}

// play runs a transcript and returns it with what happened.
func (w *world) play(script string) string {
	var got strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(script, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "  "):
			continue // what was seen when it was recorded
		case strings.HasPrefix(line, "$ "):
			got.WriteString(line + "\n")
			w.out = w.out[:0]
			w.line = line
			w.command(words(line[2:]))
			if testing.Verbose() {
				w.t.Logf("%s\n  %s", line, strings.Join(w.out, "\n  "))
			}
			for _, o := range w.out {
				got.WriteString("  " + o + "\n")
			}
		default:
			got.WriteString(line + "\n")
		}
	}
	return got.String()
}

// words splits a command; "quoted words" are one.
func words(line string) (list []string) {
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] == '"' {
			end := strings.IndexByte(line[1:], '"') + 1
			list, line = append(list, line[1:end]), line[end+1:]
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		list, line = append(list, word), rest
	}
	return list
}

// command carries out one line.
func (w *world) command(a []string) {
	if a[0] == "config" {
		w.config(a[1:])
		return
	}
	w.start()
	switch a[0] {
	case "wait":
		d, err := time.ParseDuration(a[1])
		if err != nil {
			w.t.Fatal(err)
		}
		w.wait(d)
	case "host":
		w.host(a[1:])
	case "sip":
		w.sip(a[1:])
	case "msrp":
		w.msrp(a[1:])
	case "clock": // the time of day is set: by a duration, or to a time
		w.setClock(a[1])
		w.step(Event{})
	case "jump": // the device slept: no timer in between
		w.jump(a[1])
	case "modem":
		w.modem(a[1], strings.Join(a[2:], " "))
	case "dial":
		w.dialCommand(a[1])
	case "flash":
		w.flashCommand(a[1])
	case "restart": // killed, and started again; power: the device was without power
		w.restart(len(a) > 1 && a[1] == "power", a[min(len(a), 2):])
	case "end": // what the transcript leaves open
		w.end()
	case "stop":
		w.step(Event{Kind: EvStop})
		w.say("stopped %v", w.core.Stopped())
	default:
		w.t.Fatalf("unknown command %v", a)
	}
}

// jump lets time pass at once, as when the device has slept.
func (w *world) jump(by string) {
	d, err := time.ParseDuration(by)
	if err != nil {
		w.t.Fatal(err)
	}
	w.now, w.wall = w.now.Add(d), w.wall.Add(d)
	w.step(Event{})
	w.wait(0)
}

// setClock sets the time of day.
func (w *world) setClock(to string) {
	if d, err := time.ParseDuration(to); err == nil {
		w.wall = w.wall.Add(d)
		return
	}
	at, err := time.Parse(time.RFC3339, to)
	if err != nil {
		w.t.Fatal(err)
	}
	w.wall = at
}

// modem is what the modem says: gone, back or the access network of now.
func (w *world) modem(word, text string) {
	ev := modem.Event{Kind: modem.Access, PANI: word}
	switch word {
	case "gone":
		ev = modem.Event{Kind: modem.Gone, Text: text}
	case "back":
		ev = modem.Event{Kind: modem.Back, Text: text}
	case "coverage": // lost
		ev.PANI = ""
	case "card": // who the card says that we are: a list, and the home domain
		list := strings.Fields(text)
		ev = modem.Event{Kind: modem.Identified, Identity: &modem.Identity{IMPU: list[1:], Domain: list[0]}}
	case "ims": // the modem's own IMS client
		states := map[string]modem.ClientState{"off": modem.ClientOff, "on": modem.ClientOn, "registered": modem.ClientRegistered}
		ev = modem.Event{Kind: modem.OwnIMS, IMS: modem.Client{State: states[text]}, Text: "own IMS client " + text}
	}
	w.step(Event{Kind: EvModem, Modem: ev})
}

func (w *world) config(a []string) {
	for _, kv := range a {
		k, v, _ := strings.Cut(kv, "=")
		switch k {
		case "accept":
			w.cfg.Chat.Accept = v
		case "impu":
			w.cfg.IMS.IMPU, w.cfg.IMS.Domain = v, v
		case "own_ims":
			w.cfg.Modem.OwnIMS = v
		case "mode":
			w.cfg.IMS.Mode = v
		case "access_network":
			w.cfg.Modem.AccessNetwork = v
		case "protocol":
			w.cfg.Modem.Protocol = v
		case "pcscf":
			w.cfg.IMS.PCSCF = nil
			if e, ok := ParseEndpoint(v); ok {
				w.cfg.IMS.PCSCF = []Endpoint{e}
			}
		case "idle":
			w.cfg.Chat.Idle, _ = time.ParseDuration(v)
		case "expires":
			w.cfg.Chat.Expires, _ = time.ParseDuration(v)
		case "sessions":
			w.cfg.Memory.Sessions, _ = strconv.Atoi(v)
		case "ring_timeout":
			w.cfg.Chat.RingTimeout, _ = time.ParseDuration(v)
		case "setup":
			w.cfg.MSRP.Setup = v
		case "transport":
			w.cfg.IMS.Transport = v
		case "max_size":
			w.cfg.MSRP.MaxSize, _ = strconv.ParseInt(v, 10, 64)
		case "max_messages":
			w.cfg.Spool.MaxMessages, _ = strconv.Atoi(v)
		case "cpim_pani":
			w.cfg.Chat.CPIMPANI = v
			w.cfg.Chat.Namespaces = append(w.cfg.Chat.Namespaces, cpim.Namespace{Prefix: v, URI: "mailto:RCSFeatures@test.com"})
		default:
			w.t.Fatalf("unknown configuration %q", k)
		}
	}
}
