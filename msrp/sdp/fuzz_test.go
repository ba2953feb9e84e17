package sdp

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: whatever comes, a description keeps its bounds, the plans do not fail on it,
// and an answer to it parses again with the same media.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"sdp/*/*.sdp", "sdp/*/*.sdpfrag"} {
		paths, _ := filepath.Glob("testdata/vectors/" + pattern)
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	attacks, _ := filepath.Glob("testdata/vectors/attacks/sdp/*.sip")
	for _, path := range attacks {
		b, _ := os.ReadFile(path)
		_, body, _ := bytes.Cut(b, []byte("\r\n\r\n"))
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := Parse(b); err == nil {
			checkParsed(t, d)
		}
	})
}

// checkParsed is what holds for every description that was read.
func checkParsed(t *testing.T, d *Description) {
	t.Helper()
	if len(d.Path) > MaxURIs || len(d.Types) > MaxTypes || len(d.Medias) > MaxMedias || d.Message >= len(d.Medias) {
		t.Fatalf("out of bounds: %+v", d)
	}
	ours := traceOffer()
	if p := PlanOfferer(ours, d); p.Active && p.Refuse == 0 && !p.NewOffer && !p.Dial.IsValid() {
		t.Fatalf("offerer's plan %+v", p)
	}
	p := PlanAnswerer(d)
	if p.Refuse != 0 {
		return
	}
	ours.Setup, ours.CEMA = p.Setup, p.CEMA
	answer, err := ours.AppendAnswer(make([]byte, 0, 2*MaxBody), d)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(answer)
	if err != nil || len(again.Medias) != len(d.Medias) || again.Message != d.Message {
		t.Fatalf("%v: %+v of\n%s", err, again, answer)
	}
}
