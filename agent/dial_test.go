package agent

import (
	"fmt"
	"strings"
	"testing"
)

// TestDialsOnlyWhereItMay: RFC 4975 §14.5. The peer's description names where to connect;
// the agent goes there once, unless it is itself, this machine, this link or nobody.
func TestDialsOnlyWhereItMay(t *testing.T) {
	for addr, allowed := range map[string]bool{
		"2001:db8::7": true, "fd00::7": true, "10.1.2.3": true, "203.0.113.9": true,
		"2001::1:4c16:9c0f:4986:9e6d": false, "2001:0:0:1:4C16:9C0F:4986:9E6D": false, // our own
		"::1": false, "127.0.0.1": false, "127.1.2.3": false, "::ffff:127.0.0.1": false,
		"::": false, "0.0.0.0": false, "0.1.2.3": false, "255.255.255.255": false,
		"fe80::1": false, "169.254.1.1": false, "ff02::1": false, "ff0e::1": false, "224.0.0.1": false,
	} {
		host, kind := addr, "IP4"
		if strings.Contains(addr, ":") {
			host, kind = "["+addr+"]", "IP6"
		}
		line, path := fmt.Sprintf(`"line=c=IN %s %s"`, kind, addr), "line=a=path:msrp://"+host+":16000/558f02b9d0;tcp"
		for how, describe := range map[string]string{
			"by the c= line": line,
			"by the path":    line + " " + path + " without=msrp-cema",
		} {
			if allowed && how == "by the path" {
				continue // the peer of the world has another
			}
			t.Run(addr+" "+how, func(t *testing.T) {
				w := newWorld(t)
				w.command(words("sip INVITE sip:+14448880000@sharetechnote.com;user=phone line=a=setup:passive " + describe))
				w.command(words("sip ACK"))
				w.wait(0)
				w.checkDials(t, allowed)
			})
			t.Run(addr+" "+how+", in an answer", func(t *testing.T) {
				w := newWorld(t)
				w.command(words("host 0 connect"))
				w.command(words("host 0 send +14448880000 Hello"))
				w.out = w.out[:0]
				w.command(words("sip 200 OK sdp=answer " + describe))
				w.checkDials(t, allowed)
			})
		}
	}
}

// checkDials expects one MSRP connection, or none.
func (w *world) checkDials(t *testing.T, allowed bool) {
	t.Helper()
	dials := 0
	for _, o := range w.out {
		if strings.HasPrefix(o, "dial msrp") {
			dials++
		}
	}
	if allowed && dials != 1 || !allowed && dials != 0 {
		t.Errorf("%d dials: %q", dials, w.out)
	}
	for _, o := range w.out {
		if !allowed && strings.Contains(o, "SIP/2.0 200 OK (1 INVITE)") {
			t.Errorf("answered %q", o)
		}
	}
	w.ended = true // what was dialled is joining
	w.checkLeaks()
}
