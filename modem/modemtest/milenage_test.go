package modemtest

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vector reads a file of the vectors; what is missing from a folder of the environment is skipped.
func vector(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("IMSAGENT_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "testdata", "vectors")
	}
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A set is one set of test values by name.
type set map[string]string

// pairs reads lines of the form "key = value".
func pairs(text string) set {
	s := set{}
	for _, l := range strings.Split(text, "\n") {
		if k, v, ok := strings.Cut(l, "="); ok {
			s[strings.TrimSpace(k)] = strings.TrimSpace(v)
		}
	}
	return s
}

// get returns the octets of the first of names that the set has.
func (s set) get(t *testing.T, names ...string) []byte {
	t.Helper()
	for _, n := range names {
		if v, ok := s[n]; ok {
			b, err := hex.DecodeString(v)
			if err != nil {
				t.Fatalf("%s: %v", n, err)
			}
			return b
		}
	}
	return nil
}

// checkSet expects every value that the set has.
func checkSet(t *testing.T, s set) {
	t.Helper()
	k, opc := [16]byte(s.get(t, "K")), [16]byte(s.get(t, "OPc"))
	if op := s.get(t, "OP"); op != nil && opcOf(k, [16]byte(op)) != opc {
		t.Errorf("OPc %x", opcOf(k, [16]byte(op)))
	}
	rand, sqn, amf := s.get(t, "RAND"), s.get(t, "SQN"), s.get(t, "AMF")
	m := newMilenage(k, opc)
	macA, _ := m.f1(rand, sqn, amf)
	res, ck, ik, ak := m.f2345(rand)
	akStar := m.f5star(rand)
	sub := Subscriber{K: k, OPc: opc}
	var number uint64
	for _, c := range sqn {
		number = number<<8 | uint64(c)
	}
	autn := sub.Challenge([16]byte(rand), number, [2]byte(amf))
	sub.SQN = number
	auts := sub.auts(m, rand)
	_, spec := m.f1(rand, sqn, amf)
	for _, v := range []struct {
		got   []byte
		names []string
	}{{macA[:], []string{"MAC-A", "f1_MAC-A"}}, {res[:], []string{"RES", "f2_RES"}}, {ck[:], []string{"CK", "f3_CK"}},
		{ik[:], []string{"IK", "f4_IK"}}, {ak[:], []string{"AK", "f5_AK"}}, {akStar[:], []string{"AK*", "f5*_AK*"}},
		{spec[:], []string{"MAC-S", "f1*_MAC-S"}}, {autn[:], []string{"AUTN"}}, {auts, []string{"AUTS"}}} {
		if want := s.get(t, v.names...); want != nil && !bytes.Equal(v.got, want) {
			t.Errorf("%s %x, want %x", v.names[0], v.got, want)
		}
	}
	checkCard(t, s, sub, number)
}

// checkCard expects what the card says to the set's challenge: fresh, repeated, and with one bit
// of the MAC turned.
func checkCard(t *testing.T, s set, sub Subscriber, number uint64) {
	t.Helper()
	c := sub
	c.SQN = number - 1
	rand, autn := s.get(t, "RAND"), s.get(t, "AUTN")
	ok, sw := c.Authenticate(rand, autn)
	if want := s.get(t, "RESP_OK"); sw != 0x9000 || ok[0] != 0xDB || want != nil && !bytes.Equal(ok, want) || c.SQN != number {
		t.Errorf("fresh: %x %04x, sequence number %x", ok, sw, c.SQN)
	}
	sync, sw := c.Authenticate(rand, autn)
	if want := s.get(t, "RESP_SYNC"); sw != 0x9000 || sync[0] != 0xDC || want != nil && !bytes.Equal(sync, want) || c.SQN != number {
		t.Errorf("repeated: %x %04x", sync, sw)
	}
	if n, ok := c.Resync([16]byte(rand), sync[2:]); !ok || n != number {
		t.Errorf("AUTS says %x, %v", n, ok)
	}
	autn[15] ^= 1
	if out, sw := c.Authenticate(rand, autn); out != nil || sw != 0x9862 {
		t.Errorf("wrong MAC: %x %04x", out, sw)
	}
}

func TestVectorsMilenage(t *testing.T) {
	sets := 0
	for _, part := range strings.Split(vector(t, "modem/aka_milenage.txt"), "\n[")[1:] {
		name, body, _ := strings.Cut(part, "]")
		sets++
		t.Run(name, func(t *testing.T) { checkSet(t, pairs(body)) })
	}
	if sets != 9 {
		t.Errorf("%d sets", sets)
	}
}

func TestVectorsAKA(t *testing.T) {
	for _, row := range strings.Split(vector(t, "aka/index.tsv"), "\n") {
		name := strings.Split(row, "\t")[0]
		switch {
		case strings.HasPrefix(name, "aka/milenage/"), strings.HasPrefix(name, "aka/autn-auts/"):
			t.Run(name, func(t *testing.T) { checkSet(t, pairs(vector(t, name))) })
		case strings.HasPrefix(name, "aka/resync/"):
			t.Run(name, func(t *testing.T) {
				s := pairs(vector(t, name))
				sub := Subscriber{K: [16]byte(s.get(t, "K")), OPc: [16]byte(s.get(t, "OPc"))}
				n, ok := sub.Resync([16]byte(s.get(t, "RAND")), s.get(t, "AUTS"))
				if want := s["result"] != "mac-failure"; ok != want {
					t.Errorf("%x, %v, want %v", n, ok, want)
				}
			})
		}
	}
}

// A sequence number too far ahead is refused like an old one.
func TestSequenceNumberRange(t *testing.T) {
	sub := DefaultSubscriber
	rand := [16]byte{1}
	for _, c := range []struct {
		sqn  uint64
		kind byte
	}{{sub.SQN + 1, 0xDB}, {sub.SQN, 0xDC}, {sub.SQN + 33, 0xDB}, {sub.SQN + 33 + sqnRange + 1, 0xDC}, {sub.SQN + 34, 0xDB}} {
		autn := sub.Challenge(rand, c.sqn, [2]byte{0x80, 0})
		if out, sw := sub.Authenticate(rand[:], autn[:]); sw != 0x9000 || out[0] != c.kind {
			t.Errorf("%x: %x %04x", c.sqn, out, sw)
		}
	}
}
