package agent

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	simPacket = flag.Int("packet", 0, "disturb only this packet of a scene …")
	simFated  = flag.Int("fate", 0, "… in this way")
)

// A simScene is a short chat between two whole agents, as the transcripts of the same names
// have it with a played peer. Each line of its script is a time, a machine, and what happens:
//
//	text [OCTETS]     a text; more than 32 KiB go by append
//	life SECONDS      a text that expires
//	cancel            withdraws the last text
//	composing on|off
//	open | close      of a session, by the host
//	host gone|back
//	crash             and comes back 20 s later
//	accept            this call and those to come
//	reject            this call
//	sleep SECONDS
type simScene struct {
	name   string
	script string
	change func(*Config)
	// mayEnd are the ends besides the undisturbed one that the policy knows, by text; "*" is
	// any text.
	mayEnd map[string]string
}

var simScenes = []simScene{
	{name: "text_both_ways", script: `
		1s A text
		3s B text
		3s A text
		10s B text`},
	{name: "burst", script: `
		1s A text
		1s A text 2000
		1s A text
		1s A text`},
	{name: "large_out", script: `
		1s A text 20000
		2s A text`},
	{name: "large_append", script: `
		1s A text 40000
		5s B text 9000`},
	{name: "typing", script: `
		1s A text
		4s B composing on
		9s B text
		10s A composing on
		12s A composing off`},
	{name: "cancel", mayEnd: map[string]string{"A000001": "cancelled displayed"}, script: `
		1s A text
		2s A text
		2s A cancel`},
	{name: "expired", mayEnd: map[string]string{"A000000": "failed:expired displayed"}, script: `
		1s B sleep 200
		2s A life 60
		3s A text`},
	{name: "host_sessions", script: `
		1s A open
		4s B text
		8s A close
		20s A text
		25s A close`},
	{name: "idle", script: `
		1s A text
		60s B text
		120s A text`},
	{name: "glare", script: `
		1s A text
		1s B text
		2s A text
		2s B text`},
	{name: "host_gone", script: `
		1s B host gone
		2s A text
		5s A host gone
		20s A host back
		30s B host back
		31s A text`},
	{name: "crash", mayEnd: map[string]string{"*": "delivered"}, script: `
		1s A text
		1s A text
		1300ms B crash
		40s A text
		41s A crash`},
	{name: "restart_queued", mayEnd: map[string]string{"*": "delivered"}, script: `
		1s A text
		1200ms A crash
		2s B text`},
	{name: "ring", change: func(c *Config) { c.Chat.Accept = "open" }, script: `
		1s A text
		5s B accept
		6s A text
		50s B text
		55s A accept`},
	{name: "ring_refused", change: func(c *Config) { c.Chat.Accept = "open" }, script: `
		1s A text
		5s B reject
		8s B accept`},
}

// simFates are tried with each packet of a scene.
var simFates = []simFate{fateLost, fateTwice, fateLate, fateVeryLate}

// TestScenesDisturbed plays each scene once for each of its packets and each fate: that
// datagram is lost, doubled or delayed; at that write to a stream the stream breaks before it
// has arrived, behind it, or stands still; that connection is refused or comes late. All texts
// are shown once and in the same order, and end as in the undisturbed scene, or as the policy
// says. go test ./agent -run 'ScenesDisturbed/NAME/TRANSPORT' -packet N -fate F -v -simtrace
// repeats one.
func TestScenesDisturbed(t *testing.T) {
	for _, sc := range simScenes {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(sc.name+"/"+transport, func(t *testing.T) {
				calm := sc.run(t, transport, 0, fateNone)
				t.Logf("%d packets: %s", calm.packets, calm.outcome())
				for n := 1; n <= calm.packets && !t.Failed(); n++ {
					for k, fate := range simFates {
						// each fate of each packet in a soak; else one by turns, and over UDP the loss
						turn := (n+k)%len(simFates) == 0 || fate == fateLost && transport == "udp"
						if *simSoak == 0 && *simPacket == 0 && !turn {
							continue
						}
						if *simPacket == 0 || *simPacket == n && *simFated == int(fate) {
							sc.compare(t, transport, calm, n, fate)
						}
					}
				}
			})
		}
	}
}

// compare plays a scene with one disturbance and looks for what it must not change.
func (sc *simScene) compare(t *testing.T, transport string, calm *sim, n int, fate simFate) {
	s := sc.run(t, transport, n, fate)
	for i, node := range s.nodes {
		for k, m := range node.host.sent {
			was, end := endOf(calm.nodes[i].host.sent[k]), endOf(m)
			or, ok := sc.mayEnd[m.name]
			if !ok {
				or = sc.mayEnd["*"]
			}
			if end != was && !slices.Contains(strings.Fields(or), end) {
				s.fail("%s ends %s, undisturbed %s", m.name, end, was)
			}
		}
		got, want := node.host.shownNames(), calm.nodes[i].host.shownNames()
		for _, m := range node.host.peer().sent { // what may end otherwise need not be shown
			if sc.mayEnd[m.name] != "" {
				got, want = strings.Replace(got, m.name+" ", "", 1), strings.Replace(want, m.name+" ", "", 1)
			}
		}
		if got != want {
			s.fail("%s was shown %q, undisturbed %q", node.name, got, want)
		}
	}
}

// endOf is the state of a text, and why if it has failed.
func endOf(m *simSent) string {
	if m.state == "failed" {
		return m.state + ":" + m.reason
	}
	return m.state
}

// shownNames are the texts that a host was shown, in order.
func (h *simHost) shownNames() (names string) {
	for _, id := range h.order {
		names += h.byID[id].name + " "
	}
	return names
}

// outcome is how each text ended and what was shown.
func (s *sim) outcome() (text string) {
	for _, n := range s.nodes {
		for _, m := range n.host.sent {
			text += m.name + " " + endOf(m) + "; "
		}
		text += n.name + " saw " + n.host.shownNames() + "; "
	}
	return text
}

// run plays a scene to its end and checks what holds for each world.
func (sc *simScene) run(t *testing.T, transport string, nth int, fate simFate) *sim {
	s := &sim{t: t, rng: rand.New(rand.NewPCG(7, 7)), now: bootEpoch.Add(1000 * time.Second), nth: nth, fate: fate}
	s.plan = simPlan{name: fmt.Sprintf("%s -packet %d -fate %d", t.Name(), nth, fate), transport: transport, access: "fixed", buffers: 24,
		maxMessages: 60, faults: nth > 0, change: func(c *Config) {
			c.Chat.Idle, c.Memory.Sessions = 30*time.Second, 2
			if sc.change != nil {
				sc.change(c)
			}
		}}
	s.nodes[0] = s.newNode("A", "+15550000001", "[2001:db9::a]:5060")
	s.nodes[1] = s.newNode("B", "+15550000002", "[2001:db9::b]:5060")
	for _, n := range s.nodes {
		n.host.quick = true
		n.start()
	}
	s.run(5 * time.Second)
	for _, line := range strings.Split(strings.TrimSpace(sc.script), "\n") {
		f := strings.Fields(line)
		at, err := time.ParseDuration(f[0])
		if err != nil {
			t.Fatal(err)
		}
		n := s.nodes[f[1][0]-'A']
		s.after(at, func() { n.perform(f[2:]) })
	}
	s.run(4 * time.Hour)
	s.check()
	return s
}

// perform carries out one line of a scene.
func (n *simNode) perform(f []string) {
	h, number := n.host, 0
	if len(f) > 1 {
		number, _ = strconv.Atoi(f[1])
	}
	n.s.note("%s %v", n.name, f)
	switch f[0] {
	case "text":
		h.writeText(number, 0).patient = true
	case "life":
		h.writeText(0, number).patient = true
	case "cancel":
		h.cancel(h.sent[len(h.sent)-1])
	case "composing":
		h.compose(f[1] == "on")
	case "open":
		h.openChat(0)
	case "close":
		if h.up {
			h.call("close", simParams("session", h.chat), func(string, map[string]any) {})
		}
	case "host":
		if f[1] == "back" {
			h.connect()
		} else if h.up {
			e := h.end
			h.down()
			e.close()
		}
	case "crash":
		n.crash()
		n.s.after(20*time.Second, n.start)
	case "accept", "reject":
		h.answer = f[0]
		h.answerCall()
	case "sleep":
		n.asleep = true
		n.s.after(time.Duration(number)*time.Second, n.wake)
	}
}

// answerCall answers the call that waits as the scene wants it; a refusal is for one call.
func (h *simHost) answerCall() {
	if h.up && h.answer != "" && h.ringing != "" {
		h.call(h.answer, simParams("session", h.ringing), func(string, map[string]any) {})
		h.ringing = ""
		if h.answer == "reject" {
			h.answer = ""
		}
	}
}
