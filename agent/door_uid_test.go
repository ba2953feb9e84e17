package agent

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// TestAllowedUIDs: root and the daemon's own user are always allowed, others where allow_uids
// names them or names nobody.
func TestAllowedUIDs(t *testing.T) {
	own := uint32(os.Getuid())
	other := own + 4711
	for _, v := range []struct {
		listed []uint32
		uid    uint32
		want   bool
	}{
		{nil, 0, true}, {nil, own, true}, {nil, other, true},
		{[]uint32{other}, 0, true}, {[]uint32{other}, own, true}, {[]uint32{other}, other, true},
		{[]uint32{other}, other + 1, false}, {[]uint32{other, other + 2}, other + 2, true}, {[]uint32{other}, 1 << 31, false},
	} {
		e := edge{cfg: &Config{Host: HostConfig{AllowUIDs: v.listed}}}
		if got := e.allowed(v.uid); got != v.want {
			t.Errorf("allow_uids = %v: uid %d allowed is %v", v.listed, v.uid, got)
		}
	}
}

// TestPeerUID: the uid of a client is the kernel's word, not the client's.
func TestPeerUID(t *testing.T) {
	l, err := listenHost(filepath.Join(t.TempDir(), "h.sock"), "0660", "")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if uid, err := peerUID(s); err != nil || int(uid) != os.Getuid() {
		t.Errorf("uid %d, %v", uid, err)
	}
	s.Close()
	if _, err := peerUID(s); err == nil {
		t.Error("a connection without a peer has an uid")
	}
}
