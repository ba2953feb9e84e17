package agent_test

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"imsagent/agent"
	"imsagent/agent/spool"
)

// filled is a state directory with messages of both directions that are not settled, and
// their texts by message_id.
func filled(t *testing.T) (cfg agent.Config, texts map[string]string) {
	t.Helper()
	n := network(t, netip.AddrPortFrom(loopback, 0))
	cfg = doorConfig(t, n.Addr())
	d := startDaemon(t, cfg)
	a := d.connect("message", "message_status")
	texts = make(map[string]string)
	for i := range 3 {
		text := fmt.Sprintf("echo %d of the door", i)
		id := a.send(doorPeer, text)
		a.reaches(id, "delivered")
		texts[id], texts[a.shown(text)] = text, text
	}
	n.Close()
	for i := range 3 {
		text := fmt.Sprintf("queued %d of the door", i)
		texts[a.send(fmt.Sprintf("+1555000000%d", i), text)] = text
	}
	d.halt()
	return cfg, texts
}

// listed are the texts by message_id that the agent has.
func (a *app) listed() map[string]string {
	a.t.Helper()
	got := make(map[string]string)
	list, _ := a.call("messages", nil)["messages"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		id, _ := m["message_id"].(string)
		body, _ := m["body"].([]byte)
		got[id] = string(body)
	}
	return got
}

// copyOf is cfg with a copy of its state directory.
func copyOf(t *testing.T, cfg agent.Config) agent.Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.CopyFS(dir, os.DirFS(cfg.State)); err != nil {
		t.Fatal(err)
	}
	cfg.State = dir
	return cfg
}

// segment is the one segment of a small spool.
func segment(t *testing.T, cfg agent.Config) (path string, octets []byte) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(cfg.State, "*.log"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no segment in %s: %v", cfg.State, err)
	}
	path = found[0]
	if octets, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return path, octets
}

// used is how many octets of a segment hold records: the rest is zeros.
func used(octets []byte) int {
	n := len(octets)
	for n > 0 && octets[n-1] == 0 {
		n--
	}
	return n
}

// TestSpoolDoor: whatever happened to the file, the agent says so and has all other messages,
// with their texts and their ids, and no id is used again.
func TestSpoolDoor(t *testing.T) {
	noLeftovers(t)
	cfg, texts := filled(t)
	_, whole := segment(t, cfg)
	end := used(whole)
	type damage struct {
		name string
		edit func(b []byte) []byte
		lost int  // messages that may be missing
		said bool // the log must say that something was set aside
	}
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[at] ^= 0x10; return b }
	}
	damages := []damage{
		{"nothing", func(b []byte) []byte { return b }, 0, false},
		{"torn tail", func(b []byte) []byte { return append(b[:end-7:end-7], make([]byte, len(b)-end+7)...) }, 1, true},
		{"cut file", func(b []byte) []byte { return b[:end-7] }, 1, true},
		{"garbage behind the end", func(b []byte) []byte { copy(b[end:], strings.Repeat("garbage", 50)); return b }, 0, true},
		{"more file", func(b []byte) []byte { return append(b, strings.Repeat("more", 5000)...) }, 0, false},
		{"one header copy", func(b []byte) []byte { clear(b[:48]); return b }, 0, false},
		{"both header copies", func(b []byte) []byte { clear(b[:96]); return b }, 0, false},
		{"zeros in the middle", func(b []byte) []byte { clear(b[end/2 : end/2+40]); return b }, 2, true},
	}
	for i := range 24 {
		at := 96 + i*(end-96)/24
		damages = append(damages, damage{fmt.Sprintf("bit at %d", at), flip(at), 1, true})
	}
	for _, dmg := range damages {
		t.Run(dmg.name, func(t *testing.T) {
			cfg := copyOf(t, cfg)
			path, b := segment(t, cfg)
			if err := os.WriteFile(path, dmg.edit(slices.Clone(b)), 0o600); err != nil {
				t.Fatal(err)
			}
			d := startDaemon(t, cfg)
			a := d.connect("message")
			checkSurvivors(t, a, texts, dmg.lost)
			if got := strings.Contains(d.log.String(), "spool record set aside"); dmg.said && !got {
				t.Error("the log does not say that something is damaged")
			}
		})
	}
}

// checkSurvivors expects all messages but lost ones, and an agent that goes on.
func checkSurvivors(t *testing.T, a *app, texts map[string]string, lost int) {
	t.Helper()
	got := a.listed()
	for id, text := range got {
		if texts[id] != text {
			t.Errorf("message %s is %q, was %q", id, text, texts[id])
		}
	}
	if len(got) < len(texts)-lost {
		t.Errorf("%d of %d messages are left, %d may be lost", len(got), len(texts), lost)
	}
	id := a.send(doorPeer, "after the damage")
	if highest := slices.Max(slices.Collect(maps.Keys(texts))); id <= highest {
		t.Errorf("the id %s is not above %s", id, highest)
	}
}

// TestSpoolUnusable: a spool that is newer, locked, or nothing that can be read ends Run with
// ErrSpool and the reason, and no file of it is changed.
func TestSpoolUnusable(t *testing.T) {
	noLeftovers(t)
	cfg, _ := filled(t)
	for _, v := range []struct {
		name string
		want error
		edit func(b []byte) []byte
	}{
		{"newer", spool.ErrNewer, func(b []byte) []byte { b[8], b[48+8] = 2, 2; return b }},
		{"garbage", spool.ErrDamaged, func(b []byte) []byte { return []byte(strings.Repeat("garbage ", len(b)/8)) }},
		{"headers and identity lost", spool.ErrDamaged, func(b []byte) []byte { clear(b[:96]); return b }},
	} {
		t.Run(v.name, func(t *testing.T) {
			cfg := copyOf(t, cfg)
			path, b := segment(t, cfg)
			b = v.edit(b)
			if v.want == spool.ErrDamaged {
				if err := os.Remove(filepath.Join(cfg.State, "identity")); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := tryDaemon(t, cfg)
			if !errors.Is(err, agent.ErrSpool) || !errors.Is(err, v.want) {
				t.Fatalf("Run returned %v, want %v", err, v.want)
			}
			if _, after := segment(t, cfg); string(after) != string(b) {
				t.Error("the segment was changed")
			}
			if _, err := os.Stat(cfg.Host.Socket); err == nil {
				t.Error("the host socket was opened")
			}
		})
	}
	t.Run("locked", func(t *testing.T) {
		startDaemon(t, cfg)
		second := cfg
		second.Host.Socket += "2"
		if _, err := tryDaemon(t, second); !errors.Is(err, agent.ErrSpool) || !errors.Is(err, spool.ErrLocked) {
			t.Errorf("a second agent on the same spool: %v", err)
		}
		if _, err := tryDaemon(t, cfg); !errors.Is(err, agent.ErrRunning) {
			t.Errorf("a second agent on the same socket: %v", err)
		}
	})
}
