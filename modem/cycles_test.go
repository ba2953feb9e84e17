//go:build linux

package modem

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"imsagent/modem/modemtest"
)

// descriptors returns how many files this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	check(t, err)
	return len(names) - 1 // its own
}

// settled waits until no more is open or running than before.
func settled(t *testing.T, what string, before int, count func() int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); count() > before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d %s before, %d after", before, what, count())
		}
	}
}

// abreast is how many modems go through their cycles at once: each mostly waits.
const abreast = 20

// A thousand times a modem goes away in one of the ways that modems have, and comes back: after
// each it is told to be there, in the end nothing is left of any.
func TestRunThousandCycles(t *testing.T) {
	rounds := 1000 / abreast
	if testing.Short() {
		rounds = 5
	}
	warm, err := modemtest.Start(modemtest.Options{}) // the runtime's poller has descriptors too
	check(t, err)
	check(t, warm.Close())
	for _, protocol := range []string{"at", "qmi"} {
		t.Run(protocol, func(t *testing.T) {
			files, routines := descriptors(t), runtime.NumGoroutine()
			var all []*bench
			for range abreast {
				m, err := modemtest.Start(modemtest.Options{Protocol: protocol})
				check(t, err)
				b := attach(t, Config{Protocol: protocol, Device: m.Addr(), Answer: 10 * time.Second, Poll: time.Minute, BackOff: time.Hour})
				b.Modem = m
				all = append(all, b)
			}
			for _, b := range all {
				b.await(Back, "EC25")
				b.await(Access, trace)
			}
			running := descriptors(t)
			for i := range rounds {
				for k, b := range all {
					b.leave(i + k)
				}
				for k, b := range all {
					b.comeBack(i + k)
				}
			}
			settled(t, "descriptors", running, func() int { return descriptors(t) })
			for _, b := range all {
				b.stop()
				if n := b.Clients(); n != 0 {
					t.Errorf("%d client ids are not given back", n)
				}
				check(t, b.Close())
			}
			settled(t, "descriptors", files, func() int { return descriptors(t) })
			settled(t, "goroutines", routines, runtime.NumGoroutine)
		})
	}
}

// leave takes the modem away. It comes back by itself.
func (b *bench) leave(i int) {
	switch i % 5 {
	case 0: // unplugged and plugged at once
		b.Vanish(0)
	case 1: // unplugged for a while
		b.Vanish(5 * time.Millisecond)
	case 2: // amid an answer
		b.Send("\r\n+CEREG: 1,\"00")
		b.Vanish(time.Millisecond)
	case 3: // amid the first questions
		b.Vanish(0)
		b.await(Gone, "")
		b.Vanish(time.Millisecond)
	case 4: // a reset by software: the device stays
		b.Restart()
	}
}

// comeBack waits for it. The back-off is an hour: that the device is there again is seen.
func (b *bench) comeBack(i int) {
	b.t.Helper()
	if i%5 == 4 {
		b.await(Status, "modem restarted")
	} else {
		b.await(Back, "EC25")
	}
	b.await(Access, trace)
}

// A port that comes back under another name is found by what it is, at once. The tree is as
// sysfs has it; the nodes are links to ptys.
func TestRunComesBackUnderAnotherName(t *testing.T) {
	t.Parallel()
	f := newFakeTree(t)
	start := func(name string) *modemtest.Modem {
		f.plug("tty", name, "1-1.2", "02", "0125", "")
		check(t, os.Remove(filepath.Join(f.dev, name)))
		m, err := modemtest.Start(modemtest.Options{Link: filepath.Join(f.dev, name)})
		check(t, err)
		return m
	}
	m := start("ttyUSB2")
	b := attach(t, Config{Protocol: "at", Device: "usb:2c7c:0125:02", BackOff: time.Hour, tree: f.tree})
	b.await(Status, "modem is at "+filepath.Join(f.dev, "ttyUSB2"))
	b.await(Access, trace)
	f.write(filepath.Join(f.dev, "ttyUSB2"), "") // for unplug to remove
	f.unplug("1-1.2")
	check(t, m.Close())
	b.await(Gone, "")
	m = start("ttyUSB5")
	begun := time.Now()
	b.await(Status, "modem is at "+filepath.Join(f.dev, "ttyUSB5"))
	b.await(Back, "EC25")
	b.await(Access, trace)
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("seen after %v", d)
	}
	b.stop()
	check(t, m.Close())
}
