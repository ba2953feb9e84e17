package sdp

import (
	"net/netip"
	"strings"
	"testing"
)

// described makes a description of what the plans look at.
func described(t *testing.T, conn, paths string, extra ...string) *Description {
	t.Helper()
	host, port, _ := strings.Cut(conn, " ")
	text := "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=message " + port +
		" TCP/MSRP *\r\na=accept-types:*\r\na=path:" + paths + "\r\n"
	for _, a := range extra {
		text += "a=" + a + "\r\n"
	}
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return d
}

const (
	ownPath   = "msrp://192.0.2.2:2855/abc;tcp"
	relayPath = "msrp://192.0.2.7:9000/r;tcp msrp://192.0.2.2:2855/abc;tcp"
	tokenPath = "msrp://no-such-host.invalid:2855/abc;tcp"
	own       = "192.0.2.2 2855"
	box       = "198.51.100.9 50000"
)

// TestPlanOfferer walks through RFC 6135 §4.2 and RFC 6714 §4.2.
func TestPlanOfferer(t *testing.T) {
	tests := []struct {
		name       string
		setup      Setup
		cema       bool
		conn, path string
		attrs      string
		want       Plan // Setup and CEMA only with NewOffer
		dial       string
	}{
		{"passive answer", SetupActive, true, own, ownPath, "setup:passive msrp-cema", Plan{Active: true}, "192.0.2.2:2855"},
		{"actpass, passive answer", SetupActPass, true, own, ownPath, "setup:passive msrp-cema", Plan{Active: true}, "192.0.2.2:2855"},
		{"actpass, active answer", SetupActPass, true, own, ownPath, "setup:active msrp-cema", Plan{}, ""},
		{"no setup in the answer", SetupActPass, true, own, ownPath, "msrp-cema", Plan{Active: true}, "192.0.2.2:2855"},
		{"holdconn is no setup", SetupActPass, true, own, ownPath, "setup:holdconn msrp-cema", Plan{Active: true}, "192.0.2.2:2855"},
		{"both active", SetupActive, true, own, ownPath, "setup:active msrp-cema", Plan{NewOffer: true, Setup: SetupActPass, CEMA: true}, ""},
		{"middlebox with cema", SetupActive, true, box, ownPath, "setup:passive msrp-cema", Plan{Active: true}, "198.51.100.9:50000"},
		{"token in the path", SetupActive, true, box, tokenPath, "setup:passive msrp-cema", Plan{Active: true}, "198.51.100.9:50000"},
		{"no cema, box, active: to c/m", SetupActive, true, box, ownPath, "setup:passive", Plan{Active: true}, "198.51.100.9:50000"},
		{"no cema, box, passive", SetupActPass, true, box, ownPath, "setup:active", Plan{NewOffer: true, Setup: SetupActPass}, ""},
		{"no cema, box, relay", SetupActPass, true, box, relayPath, "setup:passive", Plan{NewOffer: true, Setup: SetupActPass}, ""},
		{"no cema, relay, no box", SetupActPass, true, "192.0.2.7 9000", relayPath, "setup:passive", Plan{Active: true}, "192.0.2.7:9000"},
		{"cema, relay, no box", SetupActPass, true, own, relayPath, "setup:passive msrp-cema", Plan{Active: true}, "192.0.2.7:9000"},
		{"without cema by path", SetupActPass, false, box, ownPath, "setup:passive", Plan{Active: true}, "192.0.2.2:2855"},
		{"media refused", SetupActPass, true, "192.0.2.2 0", ownPath, "setup:passive", Plan{Refuse: 488}, ""},
	}
	for _, tt := range tests {
		answer := described(t, tt.conn, tt.path, strings.Fields(tt.attrs)...)
		got := PlanOfferer(&Offer{Setup: tt.setup, CEMA: tt.cema}, answer)
		if !got.NewOffer {
			got.Setup, got.CEMA = 0, false
		}
		dial := ""
		if got.Dial.IsValid() {
			dial = got.Dial.String()
		}
		got.Dial, got.RemotePath = netip.AddrPort{}, ""
		if got != tt.want || dial != tt.dial {
			t.Errorf("%s: %+v to %q, want %+v to %q", tt.name, got, dial, tt.want, tt.dial)
		}
	}
}

// TestPlanAnswerer walks through RFC 6135 §4.2 and RFC 6714 §4.3.
func TestPlanAnswerer(t *testing.T) {
	tests := []struct {
		name, conn, path, attrs string
		want                    Plan
		dial                    string
	}{
		{"active offer", own, ownPath, "setup:active msrp-cema", Plan{Setup: SetupPassive, CEMA: true}, ""},
		{"actpass offer", own, ownPath, "setup:actpass msrp-cema", Plan{Active: true, Setup: SetupActive, CEMA: true}, "192.0.2.2:2855"},
		{"actpass offer through a box", box, ownPath, "setup:actpass msrp-cema", Plan{Active: true, Setup: SetupActive, CEMA: true}, "198.51.100.9:50000"},
		{"passive offer", own, ownPath, "setup:passive msrp-cema", Plan{Active: true, Setup: SetupActive, CEMA: true}, "192.0.2.2:2855"},
		{"RFC 4975 offer", own, ownPath, "", Plan{Setup: SetupPassive, CEMA: true}, ""},
		{"no cema through a box", box, ownPath, "setup:actpass", Plan{Refuse: 488}, ""},
		{"active relay", "192.0.2.7 9000", relayPath, "setup:active msrp-cema", Plan{Setup: SetupPassive}, ""},
		{"actpass relay", "192.0.2.7 9000", relayPath, "setup:actpass msrp-cema", Plan{Active: true, Setup: SetupActive, CEMA: true}, "192.0.2.7:9000"},
		{"port 0", "192.0.2.2 0", ownPath, "setup:actpass", Plan{Refuse: 488}, ""},
	}
	for _, tt := range tests {
		got := PlanAnswerer(described(t, tt.conn, tt.path, strings.Fields(tt.attrs)...))
		dial := ""
		if got.Dial.IsValid() {
			dial = got.Dial.String()
		}
		got.Dial, got.RemotePath = netip.AddrPort{}, ""
		if got != tt.want || dial != tt.dial {
			t.Errorf("%s: %+v to %q, want %+v to %q", tt.name, got, dial, tt.want, tt.dial)
		}
	}
}

func TestAllowedDial(t *testing.T) {
	const ours = "10.20.0.5"
	for remote, want := range map[string]bool{
		"10.20.0.6": true, "192.168.1.1": true, "2001:db8::1": true, "fd00::1": true, "203.0.113.4": true,
		ours: false, "::ffff:10.20.0.5": false, "127.0.0.1": false, "::1": false, "0.0.0.0": false, "::": false,
		"0.1.2.3": false, "169.254.0.1": false, "fe80::1": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false,
	} {
		if got := AllowedDial(netip.MustParseAddr(ours), netip.MustParseAddr(remote)); got != want {
			t.Errorf("AllowedDial(%s) = %v", remote, got)
		}
	}
	if lo := netip.MustParseAddr("::1"); !AllowedDial(lo, lo) || AllowedDial(lo, netip.Addr{}) {
		t.Error("on loopback, loopback is allowed, and nothing is not")
	}
}
