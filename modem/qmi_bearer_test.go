package modem

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"imsagent/modem/modemtest"
)

// wantBearer compares a bearer with what the simulated network gives out.
func wantBearer(t *testing.T, e Event, address string) {
	t.Helper()
	b := e.Bearer
	if b == nil {
		t.Fatal("no bearer")
	}
	if want := []netip.Prefix{netip.MustParsePrefix(address)}; !slices.Equal(b.Addresses, want) {
		t.Errorf("addresses %v, want %v", b.Addresses, want)
	}
	if want := []netip.Addr{netip.MustParseAddr("2001:db8:0:1::1")}; !slices.Equal(b.PCSCF, want) {
		t.Errorf("P-CSCF %v, want %v", b.PCSCF, want)
	}
	if want := []netip.Addr{netip.MustParseAddr("2001:db8:0:53::1")}; !slices.Equal(b.DNS, want) {
		t.Errorf("DNS %v, want %v", b.DNS, want)
	}
	if b.Gateway != netip.MustParseAddr("2001:db8:0:2::ff") || b.MTU != 1428 {
		t.Errorf("gateway %v, MTU %d", b.Gateway, b.MTU)
	}
}

// A bearer of somebody else is read, and followed as it comes and goes.
func TestRunQMIBearer(t *testing.T) {
	bothQMI(t, modemtest.Options{}, Config{Protocol: "qmi"}, func(t *testing.T, b *bench) {
		b.await(BearerDown, "")
		begun := time.Now()
		b.Bearer(true)
		wantBearer(t, b.await(BearerUp, ""), "2001:db8:0:2::1/64")
		b.Bearer(false)
		b.await(BearerDown, "")
		b.Bearer(true)
		wantBearer(t, b.await(BearerUp, ""), "2001:db8:0:2::2/64")
		if d := time.Since(begun); d > 10*time.Second {
			t.Errorf("took %v: the changes were not told, but found by a poll", d)
		}
		if slices.Contains(b.Commands(), "01 0020") {
			t.Error("a call was started that is not our task")
		}
	})
}

// Where it is our task, it is brought up, again if it is lost, and ends with us.
func TestRunQMIBringsBearerUp(t *testing.T) {
	cfg := quickQMI
	cfg.APN = "ims"
	bothQMI(t, modemtest.Options{}, cfg, func(t *testing.T, b *bench) {
		e := b.await(BearerUp, "")
		wantBearer(t, e, "2001:db8:0:2::1/64")
		if e.Bearer.APN != "ims" {
			t.Errorf("APN %q", e.Bearer.APN)
		}
		b.Bearer(false)
		wantBearer(t, b.await(BearerUp, ""), "2001:db8:0:2::2/64")
		b.Vanish(200 * time.Millisecond)
		b.await(Gone, "")
		wantBearer(t, b.await(BearerUp, ""), "2001:db8:0:2::3/64")
	})
}

// A network that has no such APN is told of once.
func TestRunQMIUnknownAPN(t *testing.T) {
	cfg := quickQMI
	cfg.APN, cfg.Poll = "internet", 100*time.Millisecond
	b := beginQMI(t, modemtest.Options{}, cfg, false)
	b.await(Status, "no bearer for APN internet: unknown or missing access point name")
	b.await(BearerDown, "")
	starts := func() int { return strings.Count(strings.Join(b.Commands(), "\n"), "01 0020") }
	for before, end := starts(), time.Now().Add(5*time.Second); starts() < before+4; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is not tried again")
		}
	}
	b.never(Status, 100*time.Millisecond)
}

func TestRunQMITimeAndRefresh(t *testing.T) {
	bothQMI(t, modemtest.Options{}, Config{Protocol: "qmi"}, func(t *testing.T, b *bench) {
		at := time.Date(2031, 8, 7, 13, 5, 9, 0, time.UTC)
		if e := b.await(Clock, ""); e.Time != (Time{at, 7 * time.Hour, time.Hour}) {
			t.Errorf("asked: %+v", e.Time)
		}
		b.Time()
		if e := b.await(Clock, ""); e.Time != (Time{UTC: at, Zone: -time.Hour}) {
			t.Errorf("told: %+v", e.Time)
		}
		b.Refresh()
		b.await(Refreshed, "REFRESH")
		b.await(Identified, "")
	})
}
