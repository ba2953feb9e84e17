package sipmin

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	txnKinds    = [...]string{txnInviteClient: "INVITE client", txnClient: "client", txnInviteServer: "INVITE server", txnServer: "server"}
	txnStates   = [...]string{sCalling: "Calling", sTrying: "Trying", sProceeding: "Proceeding", sCompleted: "Completed", sConfirmed: "Confirmed", sAccepted: "Accepted", sTerminated: "Terminated"}
	txnEvents   = [...]string{"1xx", "2xx", "300-699", "request", "ACK", "resend", "timeout", "done", "transport-err"}
	txnActNames = [...]string{" send", " pass", " ACK", " report-timeout", " report-failure"}
)

func txnActions(do txnAction) (s string) {
	for i, name := range txnActNames {
		if do&(1<<i) != 0 {
			s += name
		}
	}
	return s
}

// TestTxnEdgesGolden prints the tables as a reader checks them against RFC
// 3261 Figures 5 to 8 and RFC 6026 §8.4 and §8.5.
func TestTxnEdgesGolden(t *testing.T) {
	var sb strings.Builder
	for k := txnInviteClient; k < numKinds; k++ {
		fmt.Fprintf(&sb, "# %s, from %s\n", txnKinds[k], txnStates[k.first()])
		for s := sCalling; s < numTxnStates; s++ {
			for e := txnEvent(0); e < numTxnEvents; e++ {
				if txnEdges[k][s][e].to != 0 {
					to, do := k.step(s, e)
					fmt.Fprintf(&sb, "%-11s %-13s -> %s%s\n", txnStates[s], txnEvents[e], txnStates[to], txnActions(do))
				}
			}
		}
	}
	goldenUA(t, "testdata/txn/edges.golden", sb.String())
}

// TestTxnEveryStateEnds: from every state that a machine can reach there is a
// way to Terminated, and a final response cannot be passed twice.
func TestTxnEveryStateEnds(t *testing.T) {
	for k := txnInviteClient; k < numKinds; k++ {
		reached := map[txnState]bool{k.first(): true}
		for range numTxnStates {
			for s := range reached {
				for e := txnEvent(0); e < numTxnEvents; e++ {
					to, _ := k.step(s, e)
					reached[to] = true
				}
			}
		}
		for s := range reached {
			if s != sTerminated && !ends(k, s, int(numTxnStates)) {
				t.Errorf("%s: no way out of %s", txnKinds[k], txnStates[s])
			}
		}
		if _, do := k.step(sCompleted, eFailure); do&aPass != 0 {
			t.Errorf("%s: a failure is passed up again in Completed", txnKinds[k])
		}
	}
}

func ends(k txnKind, s txnState, depth int) bool {
	if s == sTerminated {
		return true
	}
	if depth == 0 {
		return false
	}
	for e := txnEvent(0); e < numTxnEvents; e++ {
		if to, _ := k.step(s, e); to != s && ends(k, to, depth-1) {
			return true
		}
	}
	return false
}

// TestTxnTranscripts replays testdata/txn/*.txt: "> start KIND udp|tcp
// internet|cellular", "> run DURATION", or "> " and an event.
func TestTxnTranscripts(t *testing.T) {
	paths, _ := filepath.Glob("testdata/txn/*.txt")
	if len(paths) == 0 {
		t.Fatal("no transcripts")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			goldenUA(t, path, replayTxn(t, string(b)))
		})
	}
}

func replayTxn(t *testing.T, script string) string {
	var sb strings.Builder
	var c txnClock
	base := Internet()
	start := time.Unix(0, 0)
	now := start
	did := func(from txnState, do txnAction) {
		fmt.Fprintf(&sb, "%-7v%s", now.Sub(start), txnActions(do))
		if c.state != from {
			fmt.Fprintf(&sb, " -> %s", txnStates[c.state])
		}
		sb.WriteString("\n")
	}
	for line := range strings.Lines(script) {
		if !strings.HasPrefix(line, "> ") && !strings.HasPrefix(line, "#") {
			continue
		}
		sb.WriteString(line)
		if line[0] == '#' {
			continue
		}
		w := strings.Fields(line[2:])
		switch w[0] {
		case "start":
			if len(w) > 3 && w[3] == "cellular" {
				base = Cellular()
			}
			for k, name := range txnKinds {
				if name == strings.ReplaceAll(w[1], "-", " ") {
					c.begin(now, txnKind(k), w[2] == "tcp", &base)
				}
			}
		case "run":
			d, err := time.ParseDuration(w[1])
			if err != nil {
				t.Fatal(err)
			}
			for end := now.Add(d); ; {
				next := c.deadline()
				if next.IsZero() || next.After(end) {
					now = end
					break
				}
				now = next
				e, fired := c.expire(now)
				if !fired {
					t.Fatal("a deadline without an event")
				}
				from := c.state
				did(from, c.step(now, e, &base))
			}
		default:
			for e, name := range txnEvents {
				if name == w[0] {
					from := c.state
					did(from, c.step(now, txnEvent(e), &base))
				}
			}
		}
	}
	return sb.String()
}
