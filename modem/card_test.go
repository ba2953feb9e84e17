package modem

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"imsagent/modem/modemtest"
	"imsagent/modem/uicc"
)

// identified waits for the identity.
func (b *bench) identified() *Identity { b.t.Helper(); return b.await(Identified, "").Identity }

// derived is what follows from the IMSI of the simulated card alone.
var derived = Identity{IMSI: "310410123456789", IMPI: "310410123456789@ims.mnc410.mcc310.3gppnetwork.org",
	IMPU: []string{"sip:310410123456789@ims.mnc410.mcc310.3gppnetwork.org"}, Domain: "ims.mnc410.mcc310.3gppnetwork.org", IMEI: "359225050039973"}

// onISIM is what its ISIM says.
func onISIM(imei string) Identity {
	id := derived
	id.IMPU, id.ISIM, id.IMEI = []string{"sip:310410123456789@sharetechnote.com", "tel:+13104105678"}, true, imei
	return id
}

func expectIdentity(t *testing.T, got *Identity, want Identity) {
	t.Helper()
	g, w := *got, want
	if g.IMPU, w.IMPU = nil, nil; !slices.Equal(got.IMPU, want.IMPU) || g.IMSI != w.IMSI || g.IMPI != w.IMPI || g.Domain != w.Domain || g.IMEI != w.IMEI || g.ISIM != w.ISIM {
		t.Errorf("identity %+v\nwant     %+v", *got, want)
	}
}

// TestIdentityOverAT: by logical channels, by +CSIM, or derived where the modem lets nobody at the card.
func TestIdentityOverAT(t *testing.T) {
	noISIM := derived
	noAccess := derived
	noAccess.IMEI = "356936001568844"
	strange := onISIM("") // what it says as IMEI is none
	for _, c := range []struct {
		name string
		o    modemtest.Options
		want Identity
	}{
		{"logical channel", modemtest.Options{}, onISIM("359225050039973")},
		{"whole AID", modemtest.Options{Profile: "quectel-rg801h"}, onISIM("867223020000014")},
		{"CSIM", modemtest.Options{Profile: "simcom-sim7600"}, onISIM("354237065082224")},
		{"no way to the card", modemtest.Options{Profile: "generic"}, noAccess},
		{"no ISIM", modemtest.Options{NoISIM: true}, noISIM},
		{"phonesim", modemtest.Options{Profile: "phonesim"}, strange},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := begin(t, c.o, quick)
			expectIdentity(t, b.identified(), c.want)
			if n := b.Channels(); n != 0 {
				t.Errorf("%d channels are still open", n)
			}
		})
	}
}

// authenticate asks for AKA and waits for the answer.
func (b *bench) authenticate(token uint32, rand, autn []byte) Event {
	b.t.Helper()
	if err := b.modem.Ask(Request{Kind: Authenticate, Token: token, RAND: [16]byte(rand), AUTN: [16]byte(autn)}); err != nil {
		b.t.Fatal(err)
	}
	ev := b.await(Authenticated, "")
	if ev.Token != token {
		b.t.Errorf("token %d, want %d", ev.Token, token)
	}
	return ev
}

// A testSet is one set of Milenage values.
type testSet map[string]string

func (s testSet) get(t *testing.T, names ...string) []byte {
	t.Helper()
	for _, n := range names {
		if v, ok := s[n]; ok {
			b, err := hex.DecodeString(v)
			check(t, err)
			return b
		}
	}
	t.Fatalf("set without %v: %v", names, s)
	return nil
}

// milenageSets returns all complete sets of the vectors.
func milenageSets(t *testing.T) map[string]testSet {
	t.Helper()
	dir := os.Getenv("IMSAGENT_VECTORS")
	if dir == "" {
		dir = filepath.Join("testdata", "vectors")
	}
	sets := map[string]testSet{}
	parse := func(name, text string) {
		for _, l := range strings.Split(text, "\n") {
			if l = strings.TrimSpace(l); strings.HasPrefix(l, "[") {
				name = strings.Trim(l, "[]")
			} else if k, v, ok := strings.Cut(l, "="); ok && !strings.HasPrefix(l, "#") {
				if sets[name] == nil {
					sets[name] = testSet{}
				}
				sets[name][strings.TrimSpace(k)] = strings.TrimSpace(v)
			}
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "modem", "aka_milenage.txt")); err == nil {
		parse("", string(b))
	}
	files, _ := filepath.Glob(filepath.Join(dir, "aka", "milenage", "*.kv"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		check(t, err)
		parse(filepath.Base(f), string(b))
	}
	for name, s := range sets {
		if s["K"] == "" || s["RAND"] == "" || s["SQN"] == "" {
			delete(sets, name)
		}
	}
	if len(sets) == 0 && os.Getenv("IMSAGENT_VECTORS") != "" {
		t.Skip("no sets there")
	}
	if len(sets) < 9 && os.Getenv("IMSAGENT_VECTORS") == "" {
		t.Fatalf("%d sets", len(sets))
	}
	return sets
}

// expectAKA gives one set's challenge to the card: fresh, repeated, and with one bit of the MAC
// turned.
func expectAKA(t *testing.T, b *bench, s testSet) {
	t.Helper()
	var sqn uint64
	for _, c := range s.get(t, "SQN") {
		sqn = sqn<<8 | uint64(c)
	}
	b.t = t
	b.Subscriber(modemtest.Subscriber{K: [16]byte(s.get(t, "K")), OPc: [16]byte(s.get(t, "OPc")), SQN: sqn - 1})
	rand, autn := s.get(t, "RAND"), s.get(t, "AUTN")
	if ev := b.authenticate(1, rand, autn); ev.Err != nil || ev.AKA.Resync {
		t.Errorf("fresh: %v %+v", ev.Err, ev.AKA)
	} else if res, ck, ik := s.get(t, "RES", "f2_RES"), s.get(t, "CK", "f3_CK"), s.get(t, "IK", "f4_IK"); !bytes.Equal(ev.AKA.RES(), res) ||
		!bytes.Equal(ev.AKA.CK[:], ck) || !bytes.Equal(ev.AKA.IK[:], ik) {
		t.Errorf("RES %x CK %x IK %x", ev.AKA.RES(), ev.AKA.CK, ev.AKA.IK)
	}
	if ev := b.authenticate(2, rand, autn); ev.Err != nil || !ev.AKA.Resync {
		t.Errorf("repeated: %v %+v", ev.Err, ev.AKA)
	} else if auts := s["AUTS"]; auts != "" && hex.EncodeToString(ev.AKA.AUTS[:]) != auts {
		t.Errorf("AUTS %x, want %s", ev.AKA.AUTS, auts)
	}
	wrong := bytes.Clone(autn)
	wrong[15] ^= 1
	if ev := b.authenticate(3, rand, wrong); !errors.Is(ev.Err, uicc.ErrMAC) || ev.AKA != nil {
		t.Errorf("wrong MAC: %v %+v", ev.Err, ev.AKA)
	}
}

func TestVectorsAKAOverAT(t *testing.T) {
	sets := milenageSets(t)
	for _, c := range []struct {
		name string
		o    modemtest.Options
	}{{"ISIM by +CGLA", modemtest.Options{}}, {"ISIM by +CSIM", modemtest.Options{Profile: "simcom-sim7600"}},
		{"USIM by +CGLA", modemtest.Options{NoISIM: true, Profile: "quectel-rg801h"}}, {"without status word", modemtest.Options{Profile: "phonesim"}}} {
		t.Run(c.name, func(t *testing.T) {
			b := begin(t, c.o, quick)
			b.identified()
			for name, s := range sets {
				t.Run(name, func(t *testing.T) { expectAKA(t, b, s) })
			}
			b.t = t
			if n := b.Channels(); n != 0 {
				t.Errorf("%d channels are still open", n)
			}
		})
	}
}

// TestAKAWithoutCard: what cannot be asked is answered at once, and nothing waits for ever.
func TestAKAWithoutCard(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.identified()
	b.SIM(false)
	b.await(Refreshed, "SIM")
	if ev := b.authenticate(7, make([]byte, 16), make([]byte, 16)); !errors.Is(ev.Err, ErrNoCard) {
		t.Errorf("no card: %v", ev.Err)
	}
	b.SIM(true)
	b.identified()
	b.Vanish(0)
	b.await(Gone, "")
	if err := b.modem.Ask(Request{Kind: Authenticate}); !errors.Is(err, ErrAbsent) {
		t.Errorf("no device: %v", err)
	}
	b.identified()
}

// TestAKAWhileSilent: an answer that does not come is an error, not a hang; and it keeps no
// later one from coming.
func TestAKAWhileSilent(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.identified()
	b.Silent(30 * quick.Answer)
	check(t, b.modem.Ask(Request{Kind: Authenticate, Token: 9}))
	if ev := b.await(Authenticated, ""); ev.Err == nil || ev.Token != 9 {
		t.Errorf("%v, token %d", ev.Err, ev.Token)
	}
	b.identified()
}

func TestAskTooMuch(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.identified()
	b.Silent(20 * quick.Answer)
	var err error
	n := 0
	for ; n < 100 && err == nil; n++ {
		err = b.modem.Ask(Request{Kind: Authenticate, Token: uint32(n)})
	}
	if !errors.Is(err, ErrBusy) || n > maxRequests+3 {
		t.Errorf("%d requests taken, then %v", n-1, err)
	}
	for i := range n - 1 {
		if ev := b.await(Authenticated, ""); ev.Token != uint32(i) {
			t.Errorf("answer to %d, want %d", ev.Token, i)
		}
	}
}

func TestIdentityOverQMI(t *testing.T) {
	for _, c := range []struct {
		name string
		o    modemtest.Options
		want Identity
	}{
		{"ISIM", modemtest.Options{}, onISIM("359225050039973")},
		{"another session type", modemtest.Options{Profile: "quectel-rg801h"}, onISIM("359225050039973")},
		{"no ISIM", modemtest.Options{NoISIM: true}, derived},
	} {
		t.Run(c.name, func(t *testing.T) {
			expectIdentity(t, beginQMI(t, c.o, quickQMI, true).identified(), c.want)
		})
	}
}

func TestVectorsAKAOverQMI(t *testing.T) {
	sets := milenageSets(t)
	for _, c := range []struct {
		name    string
		proxied bool
		o       modemtest.Options
	}{{"ISIM by UIM Authenticate", true, modemtest.Options{}}, {"ISIM of another session type", false, modemtest.Options{Profile: "quectel-rg801h"}},
		{"USIM", false, modemtest.Options{NoISIM: true}}, {"ISIM by Send APDU", true, modemtest.Options{Profile: "simcom-sim7600"}}} {
		t.Run(c.name, func(t *testing.T) {
			b := beginQMI(t, c.o, quickQMI, c.proxied)
			b.identified()
			for name, s := range sets {
				t.Run(name, func(t *testing.T) { expectAKA(t, b, s) })
			}
			b.t = t
			if n := b.Channels(); n != 0 {
				t.Errorf("%d channels are still open", n)
			}
		})
	}
}
