package qmi

import (
	"strings"
	"testing"
)

// attacks are what Parse says of the first frame of each file, and what the parser of its message
// says, where that is the point.
var attacks = map[string]struct {
	n     int
	err   error
	parse func(b []byte, f *Frame) error
	want  error
}{
	"dms-imei-binary.bin":       {n: 31, parse: ids},
	"empty-sdu.bin":             {n: 6, err: ErrMessage},
	"flood-indications.bin.gz":  {n: 22, parse: system},
	"half-frame.bin":            {err: ErrShort},
	"len-3.bin":                 {err: ErrLength},
	"len-65535.bin":             {err: ErrTooLong},
	"msg-len-short.bin":         {n: 20, err: ErrMessage},
	"ok.bin":                    {n: 20, parse: result},
	"qrtr-short.bin":            {err: ErrShort},
	"tlv-dup-result.bin":        {n: 27, parse: result}, // the first one counts
	"tlv-len-lies.bin":          {n: 20, err: ErrTLV},
	"tlv-zero-loop.bin":         {n: 6013, parse: result, want: ErrMissing},
	"txid-0.bin":                {n: 19, parse: result},
	"uim-auth-empty.bin":        {n: 25, parse: answer, want: ErrMissing},
	"uim-auth-good.bin":         {n: 77, parse: answer},
	"wds-ip-len-lies.bin":       {n: 24, parse: bearer, want: ErrValue},
	"wds-pcscf-count-255.bin":   {n: 40, parse: bearer, want: ErrValue},
	"wds-pcscf-domain-long.bin": {n: 36, parse: bearer, want: ErrValue},
	"wrong-msgid.bin":           {n: 20, parse: result},
	"wrong-service.bin":         {n: 20, parse: result},
	"wrong-tid.bin":             {n: 20, parse: result},
}

func result(b []byte, f *Frame) error { return f.Result(b) }
func ids(b []byte, f *Frame) error    { _, err := ParseIDs(b, f); return err }
func system(b []byte, f *Frame) error { _, err := ParseSystemInfo(b, f); return err }
func bearer(b []byte, f *Frame) error { _, err := ParseBearer(b, f); return err }
func answer(b []byte, f *Frame) error {
	a, err := ParseAnswer(b, f)
	if err == nil && a.Octets.Len == 0 {
		return ErrMissing
	}
	return err
}

// index returns the names of the attacks.
func index(t testing.TB) (names []string) {
	t.Helper()
	for _, l := range strings.Split(string(load(t, "attacks/index.tsv")), "\n") {
		path, _, _ := strings.Cut(l, "\t")
		if name, ok := strings.CutPrefix(path, "attacks/qmi/"); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatal("no attack in the index")
	}
	return names
}

func TestVectorsAttacks(t *testing.T) {
	for _, name := range index(t) {
		t.Run(name, func(t *testing.T) {
			b := load(t, "attacks/qmi/"+name)
			every(b)
			a, ok := attacks[name]
			if !ok {
				return // only to be survived
			}
			var f Frame
			n, err := Parse(b, &f)
			if n != a.n || err != a.err {
				t.Fatalf("Parse: %d, %v, want %d, %v", n, err, a.n, a.err)
			}
			if a.parse != nil {
				if err := a.parse(b, &f); err != a.want {
					t.Errorf("%v, want %v", err, a.want)
				}
			}
			if name == "qrtr-short.bin" {
				if _, err := Parse(append(AppendMux(nil, UIM, 1, len(b)), b...), &f); err != ErrMessage {
					t.Errorf("as a datagram: %v", err)
				}
			}
		})
	}
}

// every gives each frame in b to each parser.
func every(b []byte) (frames int) {
	for len(b) > 0 {
		var f Frame
		n, err := Parse(b, &f)
		if n == 0 {
			return frames
		}
		if err == nil {
			frames++
			all(b[:n], &f)
		}
		b = b[n:]
	}
	return frames
}

// all gives a frame to each parser.
func all(b []byte, f *Frame) {
	f.Result(b)
	ParseClient(b, f)
	ParseServingSystem(b, f)
	ParseSystemInfo(b, f)
	ParseCellLocation(b, f)
	ParseBand(b, f, RadioLTE)
	ParseIDs(b, f)
	ParseText(b, f)
	ParsePINStatus(b, f)
	ParseSystemTime(b, f)
	ParseAnswer(b, f)
	ParseAPDU(b, f)
	ParseChannel(b, f)
	ParseCardStatus(b, f)
	ParseStarted(b, f)
	ParsePacketStatus(b, f)
	ParseBearer(b, f)
	ParseRegistrationStatus(b, f)
	ParseRegistrationEnabled(b, f)
	ParseNetworkTime(b, f)
	ParseRefreshed(b, f)
	ParseQRTRControl(b)
}

// fixtures are all recorded frames.
func fixtures(t testing.TB) (out [][]byte) {
	for _, file := range []string{"qmi_generated.hex", "qmi_message.hex", "qmi_ctl_proxy.hex", "qmi_requests_qmicli.txt", "qmi_uim_auth.txt"} {
		for _, r := range records(t, "modem/"+file) {
			if len(r.octet) > 6 && r.octet[0] <= 2 {
				out = append(out, r.octet)
			}
		}
	}
	for _, name := range index(t) {
		out = append(out, load(t, "attacks/qmi/"+name))
	}
	return out
}

func TestNothingAllocates(t *testing.T) {
	frames := fixtures(t)
	if n := testing.AllocsPerRun(10, func() {
		for _, b := range frames {
			every(b)
		}
	}); n != 0 {
		t.Errorf("parsing allocates %v times", n)
	}
	dst := make([]byte, 0, 256)
	aid := make([]byte, 16)
	path := []uint16{0x3F00, 0x7FFF, 0x6F02}
	if n := testing.AllocsPerRun(10, func() {
		AppendAllocate(dst, 1, NAS)
		AppendReadTransparent(dst, 1, 1, Card{6, aid}, path, 0, 0)
		AppendAuthenticate(dst, 1, 1, GW, Context3G, aid)
		AppendStartNetwork(dst, 1, 1, Start{2, 6, "ims"})
		AppendProxyOpen(dst, 1, "/dev/cdc-wdm0")
	}); n != 0 {
		t.Errorf("building allocates %v times", n)
	}
}

// FuzzParse gives octets to the parser of frames and to those of messages. Whatever they are: a
// frame lies within them, its TLVs in it, and a longer buffer does not change what it is.
func FuzzParse(f *testing.F) {
	for _, b := range fixtures(f) {
		if len(b) < 4096 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		every(b)
		var m, again Frame
		n, err := Parse(b, &m)
		if n < 0 || n > len(b) || n > MaxFrame || err == nil && n < muxHeader+6 {
			t.Fatalf("n %d of %d, %v", n, len(b), err)
		}
		if n == 0 {
			return
		}
		if n2, err2 := Parse(append(b[:n:n], 1, 2, 3), &again); n2 != n || err2 != err || again != m {
			t.Errorf("%+v %v, with more behind it %+v %v", m, err, again, err2)
		}
		if end := int(m.TLVs.Off) + int(m.TLVs.Len); end > n {
			t.Errorf("TLVs to %d of %d", end, n)
		}
		for i := range n {
			if k, err := Parse(b[:i], &again); k != 0 || err != ErrShort {
				t.Fatalf("cut at %d: %d, %v", i, k, err)
			}
		}
	})
}
