package msrp

import (
	"net/netip"
	"testing"
)

func TestEqualURI(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{tracePeer, "msrp://[2001:0:0:1::2]:16000/558f02b9d0;tcp", true},
		{traceOurs, "msrp://[2001:0000:0000:0001:4C16:9C0F:4986:9E6D]:8880/FmnP;tcp", true},
		{traceOurs, "msrp://[2001::1:4c16:9c0f:4986:9e6d]:8880/fmnp;tcp", false},  // session-id with case
		{traceOurs, "msrp://[2001::1:4c16:9c0f:4986:9e6d]:8881/FmnP;tcp", false},  // port
		{traceOurs, "msrps://[2001::1:4c16:9c0f:4986:9e6d]:8880/FmnP;tcp", false}, // scheme
		{traceOurs, "MSRP://[2001::1:4c16:9c0f:4986:9e6d]:8880/FmnP;TCP;x=y", true},
		{traceOurs, "msrp://u:p@[2001::1:4c16:9c0f:4986:9e6d]:8880/FmnP;tcp", true},
		{traceOurs, "msrp://2001::1:4c16:9c0f:4986:9e6d:8880/FmnP;tcp", true}, // no brackets, as seen
		{"msrp://Host.example:1/a;tcp", "msrp://hOST.e%78ample:1/a;tcp", true},
		{"msrp://host.example:1/a;tcp", "msrp://host.example/a;tcp", false},
		{"msrp://host.example:1/a;tcp", "msrp://host.example:1;tcp", false},
		{"msrp://host.example:1/a;tcp", "msrp://host.example:1/a;ws", false},
		{"msrp://192.0.2.1:1/a;tcp", "msrp://192.0.2.1:01/a;tcp", true},
		{"msrp://192.0.2.1:1/a;tcp", "msrp://192.0.2.2:1/a;tcp", false},
	}
	for _, tt := range tests {
		if got := EqualURI([]byte(tt.a), []byte(tt.b)); got != tt.want {
			t.Errorf("EqualURI(%s, %s) = %v", tt.a, tt.b, got)
		}
	}
}

func TestParseURIRefuses(t *testing.T) {
	for _, s := range []string{
		"", "msrp", "msrp://", "msrp:example.com:1/a;tcp", "http://a:1/x;tcp", "msrp://a:1/x", "msrp://a:1/x;", "msrp://a:1/;tcp",
		"msrp://:1/x;tcp", "msrp://a:/x;tcp", "msrp://a:65536/x;tcp", "msrp://a:4294967297/x;tcp", "msrp://a:-1/x;tcp",
		"msrp://[::1/x;tcp", "msrp://[host]:1/x;tcp", "msrp://[::1]x:1/x;tcp", "msrp://a:1/x y;tcp", "msrp://a:1/\x00;tcp", "msrp://a:1/x;t-p",
	} {
		if u, err := ParseURI([]byte(s)); err != ErrURI {
			t.Errorf("ParseURI(%q) = %+v, %v", s, u, err)
		}
	}
}

func TestAppendURI(t *testing.T) {
	got, err := AppendURI(make([]byte, 0, len(traceOurs)), false, "2001::1:4c16:9c0f:4986:9e6d", 8880, "FmnP")
	if err != nil || string(got) != traceOurs {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := AppendURI(make([]byte, 0, len(traceOurs)-1), false, "2001::1:4c16:9c0f:4986:9e6d", 8880, "FmnP"); err != ErrNoRoom {
		t.Errorf("%v in too little room", err)
	}
}

// FuzzAddr holds our address parser against the library's.
func FuzzAddr(f *testing.F) {
	for _, s := range []string{"::", "::1", "1::", "2001:0:0:1::2", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "192.0.2.1", "01.2.3.4", "1::2::3", ":1", "1:", "12345::", "1:2:3:4:5:6:1.2.3.4", "::1.2.3"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := parseAddr(b)
		want, err := netip.ParseAddr(string(b))
		if err == nil && want.Zone() != "" {
			return // zones mean nothing between hosts
		}
		if ok != (err == nil) || ok && got != want {
			t.Fatalf("parseAddr(%q) = %v, %v; netip says %v, %v", b, got, ok, want, err)
		}
	})
}
