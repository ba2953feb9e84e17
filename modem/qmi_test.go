package modem

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"imsagent/modem/modemtest"
)

// socket returns the name of an abstract socket of this test alone.
func socket(t *testing.T) string {
	return fmt.Sprintf("@imsagent-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
}

var quickQMI = Config{Protocol: "qmi", Answer: 150 * time.Millisecond, Poll: 400 * time.Millisecond, BackOff: 50 * time.Millisecond}

// beginQMI starts a simulated modem and a Run of it, through a proxy's socket or as a device.
func beginQMI(t *testing.T, o modemtest.Options, cfg Config, proxied bool) *bench {
	t.Helper()
	t.Parallel()
	o.Protocol = "qmi"
	if proxied {
		o.Unix = socket(t)
	}
	m, err := modemtest.Start(o)
	check(t, err)
	if cfg.Device = m.Addr(); proxied {
		cfg.Device = "proxy" + o.Unix + ":/dev/cdc-wdm0"
	}
	b := attach(t, cfg)
	b.Modem = m
	t.Cleanup(func() {
		b.stop()
		if n := m.Clients(); n != 0 {
			t.Errorf("%d client ids are not given back", n)
		}
		check(t, m.Close())
	})
	return b
}

// bothQMI runs a test through a proxy and on a device.
func bothQMI(t *testing.T, o modemtest.Options, cfg Config, f func(t *testing.T, b *bench)) {
	for _, c := range []struct {
		name    string
		proxied bool
	}{{"proxy", true}, {"device", false}} {
		t.Run(c.name, func(t *testing.T) { f(t, beginQMI(t, o, cfg, c.proxied)) })
	}
}

func TestRunQMIReference(t *testing.T) {
	bothQMI(t, modemtest.Options{}, Config{Protocol: "qmi"}, func(t *testing.T, b *bench) {
		b.await(Card, "SIM ready")
		b.await(Back, "ready: Quectel EC25")
		b.await(Access, trace)
	})
}

func TestRunQMICellAndCoverage(t *testing.T) {
	bothQMI(t, modemtest.Options{Profile: "quectel-rg801h"}, Config{Protocol: "qmi"}, func(t *testing.T, b *bench) {
		b.await(Access, trace)
		begun := time.Now()
		for _, cell := range []string{"3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000001", "3GPP-E-UTRAN-TDD;utran-cell-id-3gpp=4600072086C4E907",
			"3GPP-NR-TDD;utran-cell-id-3gpp=4600046550B170C23000", "3GPP-NR-FDD;utran-cell-id-3gpp=00101003132000134001",
			"3GPP-UTRAN-FDD;utran-cell-id-3gpp=4044584E51920459", "3GPP-GERAN;cgi-3gpp=40586110011003"} {
			check(t, b.Cell(cell))
			b.await(Access, cell)
		}
		b.Coverage(false)
		b.await(Access, "")
		b.Coverage(true)
		b.await(Access, "3GPP-GERAN;cgi-3gpp=40586110011003")
		b.SIM(false)
		b.await(Card, "SIM missing")
		b.SIM(true)
		b.await(Access, "3GPP-GERAN;cgi-3gpp=40586110011003")
		if d := time.Since(begun); d > 8*time.Second {
			t.Errorf("took %v: the changes were not told, but found by a poll", d)
		}
	})
}

// A modem that has restarted says so by a sync indication: everything is asked anew.
func TestRunQMIRestart(t *testing.T) {
	bothQMI(t, modemtest.Options{}, quickQMI, func(t *testing.T, b *bench) {
		b.await(Access, trace)
		b.Restart()
		b.await(Status, "modem restarted")
		b.await(Access, "")
		b.await(Access, trace)
	})
}

func TestRunQMIVanishAndSilence(t *testing.T) {
	bothQMI(t, modemtest.Options{}, quickQMI, func(t *testing.T, b *bench) {
		b.await(Access, trace)
		b.Vanish(500 * time.Millisecond)
		var op *OpError
		if e := b.await(Gone, ""); !errors.As(e.Err, &op) || !strings.HasSuffix(op.Path, b.Addr()) && !strings.Contains(op.Path, b.Addr()) {
			t.Errorf("cause %v", e.Err)
		}
		b.await(Access, "")
		b.await(Back, "EC25")
		b.await(Access, trace)
		b.Silent(4 * time.Second)
		b.await(Status, "modem does not answer")
		if e := b.await(Gone, ""); !errors.Is(e.Err, ErrSilent) {
			t.Errorf("cause %v", e.Err)
		}
		b.await(Back, "EC25")
		b.await(Access, trace)
	})
}

// Octets that are no frames are counted, and the next answers count again.
func TestRunQMIGarbage(t *testing.T) {
	bothQMI(t, modemtest.Options{}, quickQMI, func(t *testing.T, b *bench) {
		b.await(Access, trace)
		b.Send("\x01\xff\xff\x80")
		b.await(Status, "frame dropped")
		b.Send(strings.Repeat("garbage", 3000))
		check(t, b.Cell("31041000010000003"))
		b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000003")
	})
}

func TestRunQMIPIN(t *testing.T) {
	cfg := quickQMI
	cfg.PIN = "1234"
	bothQMI(t, modemtest.Options{PIN: "1234"}, cfg, func(t *testing.T, b *bench) {
		b.await(Status, "PIN accepted")
		b.await(Access, trace)
	})
}

func TestRunQMIWithoutDevice(t *testing.T) {
	t.Parallel()
	for device, want := range map[string]error{"proxy@imsagent-nobody:/dev/cdc-wdm0": syscall.ECONNREFUSED, "/nonexistent": syscall.ENOENT} {
		cfg := quickQMI
		cfg.Device = device
		b := attach(t, cfg)
		if e := b.await(Gone, device); !errors.Is(e.Err, want) {
			t.Errorf("%s: %v", device, e.Err)
		}
		b.await(Access, "")
		b.stop()
	}
}
