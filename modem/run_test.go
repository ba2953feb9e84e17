package modem

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"imsagent/modem/modemtest"
)

const trace = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"

// TestMain fails if goroutines outlive the tests.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			os.Exit(code)
		}
		time.Sleep(20 * time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	fmt.Fprintf(os.Stderr, "%d goroutines before, %d after\n%s\n", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
	os.Exit(1)
}

// A bench is a Run with its events, beside a simulated modem.
type bench struct {
	*modemtest.Modem
	modem  *Modem
	t      *testing.T
	events chan Event
	cancel context.CancelFunc
	ended  chan error
}

// quick makes seconds of waiting into tenths.
var quick = Config{Protocol: "at", Answer: 150 * time.Millisecond, Poll: 400 * time.Millisecond, BackOff: 50 * time.Millisecond}

// begin starts a simulated modem and a Run of it.
func begin(t *testing.T, o modemtest.Options, cfg Config) *bench {
	t.Helper()
	t.Parallel() // nearly all of it is waiting
	m, err := modemtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Device = m.Addr()
	b := attach(t, cfg)
	b.Modem = m
	t.Cleanup(func() {
		b.stop()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// attach starts a Run.
func attach(t *testing.T, cfg Config) *bench {
	ctx, cancel := context.WithCancel(t.Context())
	b := &bench{t: t, events: make(chan Event, 4096), cancel: cancel, ended: make(chan error, 1)}
	b.modem = New(cfg)
	go func() { b.ended <- b.modem.Run(ctx, func(e Event) { b.events <- e }) }()
	return b
}

// stop ends the Run and expects it to end at once.
func (b *bench) stop() {
	b.t.Helper()
	b.cancel()
	select {
	case err, ok := <-b.ended:
		if ok && !errors.Is(err, context.Canceled) {
			b.t.Errorf("Run: %v", err)
		}
		close(b.ended)
	case <-time.After(patience):
		b.t.Fatal("Run does not end")
	}
}

// patience is the longest wait for one thing, also on a loaded or emulated machine.
const patience = 60 * time.Second

// await passes over events until one of a kind whose PANI or text holds part.
func (b *bench) await(kind EventKind, part string) Event {
	b.t.Helper()
	var seen []string
	for end := time.After(patience); ; {
		select {
		case e := <-b.events:
			if e.Kind == kind && (kind == Access && e.PANI == part || kind != Access && strings.Contains(e.Text, part)) {
				return e
			}
			seen = append(seen, fmt.Sprintf("%v %q %q", e.Kind, e.PANI, e.Text))
		case <-end:
			b.t.Fatalf("no event %v %q; seen:\n%s", kind, part, strings.Join(seen, "\n"))
		}
	}
}

// never fails if an event of the kind comes within d.
func (b *bench) never(kind EventKind, d time.Duration) {
	b.t.Helper()
	for end := time.After(d); ; {
		select {
		case e := <-b.events:
			if e.Kind == kind {
				b.t.Errorf("event %v %q %q", e.Kind, e.PANI, e.Text)
			}
		case <-end:
			return
		}
	}
}

func TestRunReference(t *testing.T) {
	b := begin(t, modemtest.Options{}, Config{Protocol: "at", Baud: 115200})
	b.await(Card, "SIM ready")
	b.await(Back, "ready: Quectel EC25")
	b.await(Access, trace)
	if modemtest.DefaultCell != trace {
		t.Errorf("default cell %s", modemtest.DefaultCell)
	}
}

func TestRunProfiles(t *testing.T) {
	want := map[string]string{"generic": strings.Replace(trace, "-FDD", "", 1), "phonesim": strings.Replace(trace, "-FDD", "", 1)}
	for _, p := range modemtest.Profiles() {
		t.Run(p, func(t *testing.T) {
			b := begin(t, modemtest.Options{Profile: p}, quick)
			if w, ok := want[p]; ok {
				b.await(Access, w) // no command tells the duplex mode
				return
			}
			b.await(Access, trace)
		})
	}
}

func TestRunCellAndCoverage(t *testing.T) {
	b := begin(t, modemtest.Options{}, Config{Protocol: "at"}) // the times of a product: lines come unasked
	b.await(Access, trace)
	begun := time.Now()
	check(t, b.Cell("31041000010000001"))
	b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000001")
	check(t, b.Cell("3GPP-E-UTRAN-TDD;utran-cell-id-3gpp=4600072086C4E907"))
	b.await(Access, "3GPP-E-UTRAN-TDD;utran-cell-id-3gpp=4600072086C4E907")
	check(t, b.Cell("3GPP-GERAN;cgi-3gpp=40443D55E6BD6"))
	b.await(Access, "3GPP-GERAN;cgi-3gpp=40443D55E6BD6")
	b.Coverage(false)
	b.await(Access, "")
	b.Coverage(true)
	b.await(Access, "3GPP-GERAN;cgi-3gpp=40443D55E6BD6")
	b.SIM(false)
	b.await(Card, "SIM missing")
	b.await(Access, "")
	b.SIM(true)
	b.await(Access, "3GPP-GERAN;cgi-3gpp=40443D55E6BD6")
	if d := time.Since(begun); d > 6*time.Second {
		t.Errorf("took %v: the changes were not told, but found by a poll", d)
	}
}

// Every cell of the examples, through the lines of a modem and back.
func TestVectorsPANIThroughModem(t *testing.T) {
	dir := os.Getenv("IMSAGENT_VECTORS")
	if dir == "" {
		dir = filepath.Join("testdata", "vectors")
	}
	table, err := os.ReadFile(filepath.Join(dir, "modem", "pani_examples.txt"))
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" {
		t.Skip(err)
	}
	check(t, err)
	cfg := quick
	cfg.Poll = 60 * time.Millisecond
	b := begin(t, modemtest.Options{Profile: "quectel-rg801h"}, cfg)
	b.await(Access, trace)
	last := trace
	for _, row := range strings.Split(string(table), "\n") {
		value, rest, _ := strings.Cut(row, "\t")
		access, digits, _ := strings.Cut(value, "=")
		if strings.Count(rest, "\t") != 4 || strings.HasPrefix(value, "3GPP-E-UTRAN;") || strings.HasPrefix(value, "3GPP-NR;") {
			continue // no cell, or one whose duplex mode this modem would tell
		}
		t.Run(value, func(t *testing.T) {
			b.t = t
			check(t, b.Cell(value))
			if want := access + "=" + strings.ToUpper(digits); want != last {
				b.await(Access, want)
				last = want
			}
		})
		b.t = t
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRunShortSilence(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.await(Access, trace)
	b.Silent(900 * time.Millisecond)
	e := b.await(Status, "no answer to AT+")
	if !errors.Is(e.Err, ErrSilent) {
		t.Errorf("cause %v", e.Err)
	}
	check(t, b.Cell("31041000010000002")) // its line is lost with the silence
	b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000002")
}

func TestRunLongSilence(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.await(Access, trace)
	b.Silent(4 * time.Second)
	b.await(Status, "modem does not answer")
	if e := b.await(Gone, ""); !errors.Is(e.Err, ErrSilent) {
		t.Errorf("cause %v", e.Err)
	}
	b.await(Access, "")
	b.await(Back, "EC25")
	b.await(Access, trace)
}

func TestRunVanish(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.await(Access, trace)
	for range 2 {
		b.Vanish(700 * time.Millisecond)
		var op *OpError
		if e := b.await(Gone, ""); !errors.As(e.Err, &op) || op.Path != b.Addr() {
			t.Errorf("cause %v", e.Err)
		}
		b.await(Access, "")
		b.never(Gone, 400*time.Millisecond) // once is enough, however often it is tried
		b.await(Back, "EC25")
		b.await(Access, trace)
	}
}

func TestRunDeviceComesLater(t *testing.T) {
	t.Parallel()
	cfg := quick
	cfg.Device = filepath.Join(t.TempDir(), "tty")
	b := attach(t, cfg)
	if e := b.await(Gone, cfg.Device); !errors.Is(e.Err, syscall.ENOENT) {
		t.Errorf("cause %v", e.Err)
	}
	b.await(Access, "")
	m, err := modemtest.Start(modemtest.Options{Link: cfg.Device})
	check(t, err)
	defer m.Close()
	b.await(Back, "EC25")
	b.await(Access, trace)
	b.stop()
}

func TestRunGarbage(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.await(Access, trace)
	all := make([]byte, 2048)
	for i := range all {
		all[i] = byte(i)
	}
	for _, raw := range []string{"\r\nOK\r\nERROR\r\n", string(all), "\r\n+CEREG: ,,,,\r\n+CEREG: 99,\"\r\n", "+COPS: 0,0,\"A,B \\\"C\\\"\",7\r\n", "+CSI"} {
		b.Send(raw)
	}
	b.Send("\r\n")
	check(t, b.Cell("31041000010000003"))
	b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000003")
}

func TestRunEndlessLine(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.await(Access, trace)
	for range 300 {
		b.Send(strings.Repeat("A", 1024))
	}
	if e := b.await(Status, "line dropped"); e.Err == nil {
		t.Error("no cause")
	}
	b.Send("\r\n")
	check(t, b.Cell("31041000010000004"))
	b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000004")
}

// Octets without end must not keep a missing answer from being noticed.
func TestRunNoiseInSilence(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.await(Access, trace)
	b.Silent(900 * time.Millisecond)
	check(t, b.Cell("31041000010000005"))
	end := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-end:
				return
			case <-time.After(5 * time.Millisecond):
				b.Send("noise")
			}
		}
	}()
	b.await(Status, "no answer")
	close(end)
	<-done
	b.Send("\r\n")
	b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000005")
}

func TestRunRestart(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.await(Access, trace)
	b.Restart()
	b.await(Status, "modem restarted")
	b.await(Access, "")
	b.await(Access, trace)
}

func TestRunPINOnce(t *testing.T) {
	cfg := quick
	cfg.PIN = "1234"
	b := begin(t, modemtest.Options{PIN: "1234"}, cfg)
	b.await(Status, "PIN accepted")
	b.await(Access, trace)
	b.Vanish(300 * time.Millisecond)
	b.await(Card, "SIM asks for its PIN")
	b.await(Back, "EC25")
	time.Sleep(time.Second)
	n := 0
	for _, c := range b.Commands() {
		if strings.HasPrefix(c, "AT+CPIN=") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the PIN was entered %d times", n)
	}
}

func TestRunWrongPIN(t *testing.T) {
	cfg := quick
	cfg.PIN = "9999"
	b := begin(t, modemtest.Options{PIN: "1234"}, cfg)
	b.await(Status, "PIN refused")
	b.await(Access, "")
	b.never(Access, time.Second)
	n := 0
	for _, c := range b.Commands() {
		if strings.HasPrefix(c, "AT+CPIN=") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the PIN was entered %d times", n)
	}
}

func TestRunProtocols(t *testing.T) {
	if err := New(Config{Protocol: "mbim"}).Run(t.Context(), nil); err != ErrProtocol {
		t.Errorf("mbim: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := New(Config{Protocol: "none"}).Run(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("none: %v", err)
	}
}
