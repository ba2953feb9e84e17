package sdp

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: whatever comes, a description keeps its bounds, the plans do not fail on it,
// and an answer to it parses again with the same media.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"*/*.sdp", "*/*.sdpfrag"} {
		paths, _ := filepath.Glob("testdata/vectors/sdp/" + pattern)
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			return
		}
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
	})
}
