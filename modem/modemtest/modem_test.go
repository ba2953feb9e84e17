package modemtest

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A tty is the other end of the modem, with nothing of package modem in between.
type tty struct {
	t *testing.T
	f interface {
		Read([]byte) (int, error)
		Write([]byte) (int, error)
		SetReadDeadline(time.Time) error
	}
}

// start starts a modem that the test closes, and opens it.
func start(t *testing.T, o Options) (*Modem, tty) {
	t.Helper()
	m, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, open(t, m.Addr())
}

func open(t *testing.T, path string) tty {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return tty{t, f}
}

// hear expects exactly these octets next.
func (y tty) hear(want string) {
	y.t.Helper()
	got := make([]byte, 0, len(want))
	y.f.SetReadDeadline(time.Now().Add(2 * time.Second))
	for len(got) < len(want) {
		n, err := y.f.Read(got[len(got):cap(got)])
		if got = got[:len(got)+n]; err != nil {
			y.t.Fatalf("heard %q, want %q: %v", got, want, err)
		}
	}
	if string(got) != want {
		y.t.Fatalf("heard %q, want %q", got, want)
	}
}

func (y tty) ask(command, want string) {
	y.t.Helper()
	if _, err := y.f.Write([]byte(command + "\r")); err != nil {
		y.t.Fatal(err)
	}
	y.hear(want)
}

// quiet expects nothing for a moment.
func (y tty) quiet() {
	y.t.Helper()
	var b [64]byte
	y.f.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, _ := y.f.Read(b[:]); n > 0 {
		y.t.Fatalf("heard %q, want nothing", b[:n])
	}
}

func TestModemConversation(t *testing.T) {
	m, y := start(t, Options{PIN: "4321"})
	y.ask("AT", "AT\r\r\nOK\r\n")
	y.ask("ATE0", "ATE0\r\r\nOK\r\n")
	y.ask("AT+CPIN?", "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n")
	y.ask(`AT+CPIN="0000"`, "\r\nERROR\r\n")
	y.ask("AT+CMEE=1", "\r\nOK\r\n")
	y.ask(`AT+CPIN="0000"`, "\r\n+CME ERROR: 16\r\n")
	y.ask(`AT+CPINR="SIM PIN"`, "\r\n+CPINR: SIM PIN,1,3\r\n\r\nOK\r\n")
	y.ask("AT+CEREG=2", "\r\nOK\r\n")
	y.ask("AT+CEREG?", "\r\n+CEREG: 2,0\r\n\r\nOK\r\n")
	y.ask(`AT+CPIN="4321"`, "\r\nOK\r\n\r\n+CEREG: 1,\"0001\",\"0000000\",7\r\n")
	y.ask("AT+CEREG?", "\r\n+CEREG: 2,1,\"0001\",\"0000000\",7\r\n\r\nOK\r\n")
	y.ask("AT+COPS=3,2;+COPS?", "\r\n+COPS: 0,2,\"310410\",7\r\n\r\nOK\r\n")
	y.ask("AT+C5GREG?", "\r\n+CME ERROR: 100\r\n")
	y.ask("hello", "") // no command line: no answer
	if err := m.Cell("3GPP-E-UTRAN-TDD;utran-cell-id-3gpp=4600072086c4e907"); err != nil {
		t.Fatal(err)
	}
	y.hear("\r\n+CEREG: 1,\"7208\",\"6C4E907\",7\r\n")
	m.Coverage(false)
	y.hear("\r\n+CEREG: 2\r\n")
	y.ask("AT+COPS?", "\r\n+COPS: 0\r\n\r\nOK\r\n")
	y.ask(`AT+QENG="servingcell"`, "\r\n+QENG: \"servingcell\",\"SEARCH\"\r\n\r\nOK\r\n")
	m.SIM(false)
	y.hear("\r\n+CPIN: NOT READY\r\n\r\n+CEREG: 0\r\n")
	y.ask("AT+CPIN?", "\r\n+CME ERROR: 10\r\n")
	if c := m.Commands(); c[0] != "AT" || c[len(c)-1] != "AT+CPIN?" {
		t.Errorf("commands %q", c)
	}
}

func TestModemWrongPINs(t *testing.T) {
	_, y := start(t, Options{PIN: "4321"})
	y.ask("ATE0", "ATE0\r\r\nOK\r\n")
	for range 3 {
		y.ask(`AT+CPIN="1111"`, "\r\nERROR\r\n")
	}
	y.ask("AT+CPIN?", "\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n")
}

func TestModemSilentAndVanish(t *testing.T) {
	m, y := start(t, Options{})
	m.Silent(300 * time.Millisecond)
	y.ask("AT", "")
	y.quiet()
	time.Sleep(250 * time.Millisecond)
	y.ask("AT", "AT\r\r\nOK\r\n")
	target, _ := os.Readlink(m.Addr())
	m.Vanish(100 * time.Millisecond)
	if _, err := os.Lstat(m.Addr()); err == nil {
		t.Error("the link is still there")
	}
	var b [8]byte
	if n, err := y.f.Read(b[:]); err == nil {
		t.Errorf("the old pty still says %q", b[:n])
	}
	for range 100 {
		if _, err := os.Stat(m.Addr()); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	again := open(t, m.Addr())
	again.hear("\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\n+QIND: SMS DONE\r\n\r\n+QIND: PB DONE\r\n")
	again.ask("AT", "AT\r\r\nOK\r\n")
	t.Logf("was %s", target)
}

func TestModemUnixSocket(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "sock"), "@modemtest-" + strings.ReplaceAll(t.TempDir(), "/", "-")} {
		m, err := Start(Options{Unix: path})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // one connection after the other
			c, err := net.Dial("unix", m.Addr())
			if err != nil {
				t.Fatal(err)
			}
			tty{t, c}.ask("AT", "AT\r\r\nOK\r\n")
			c.Close()
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"profile":     {Profile: "no such"},
		"cell":        {Cell: "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=310410"},
		"access":      {Cell: "IEEE-802.11;i-wlan-node-id=283b82a9d534"},
		"NR":          {Cell: "3GPP-NR-TDD;utran-cell-id-3gpp=4600046550B170C23000"},
		"no identity": {Cell: "3GPP-E-UTRAN-FDD;x"},
		"a file":      {Link: file},
		"no folder":   {Link: "/nonexistent/tty"},
	} {
		if m, err := Start(o); err == nil {
			m.Close()
			t.Errorf("%s: started", name)
		}
	}
	if b, _ := os.ReadFile(file); string(b) != "x" {
		t.Error("the file was touched")
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	m, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.Vanish(time.Hour)
	m.Close()
	m.Vanish(time.Millisecond) // after the end: nothing
	m.Send("x")
	if _, err := os.Stat(filepath.Dir(m.Addr())); err == nil {
		t.Error("the directory is still there")
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
