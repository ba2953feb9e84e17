package sdp

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// vectors is the folder of the test vectors: $IMSAGENT_VECTORS, or the copy in testdata.
func vectors() string {
	if dir := os.Getenv("IMSAGENT_VECTORS"); dir != "" {
		return dir
	}
	return "testdata/vectors"
}

func vector(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectors(), path))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	if strings.HasSuffix(path, ".sdpfrag") { // a media part only: give it a session part
		b = append([]byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"), b...)
	}
	return b
}

// rows reads a table. A folder of the environment need not have every group, and DISPUTED.tsv
// is ours alone.
func rows(t testing.TB, path string) (all [][]string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectors(), path))
	if os.IsNotExist(err) && strings.HasSuffix(path, "DISPUTED.tsv") {
		b, err = os.ReadFile(filepath.Join("testdata/vectors", path))
	}
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimRight(string(b), "\n"), "\n") {
		if i > 0 {
			all = append(all, strings.Split(line, "\t"))
		}
	}
	return all
}

// TestVectors parses every row of the sdp group. What is to be refused must be refused by
// Parse or, as an offer, by the plan.
func TestVectors(t *testing.T) {
	disputed := map[string]bool{}
	for _, row := range rows(t, "sdp/DISPUTED.tsv") {
		disputed[row[0]] = true
	}
	for _, row := range rows(t, "sdp/index.tsv") {
		path, class, verdict, expect := row[0], row[1], row[4], row[5]
		t.Run(path, func(t *testing.T) {
			if disputed[path] {
				t.Skip("disputed, see DISPUTED.tsv")
			}
			b := vector(t, path)
			d, err := Parse(b)
			again, err2 := Parse(b)
			if err != err2 || !reflect.DeepEqual(d, again) {
				t.Fatal("the second run differs")
			}
			switch {
			case verdict == "accept" && err != nil:
				t.Errorf("%v; want it taken: %s", err, expect)
			case verdict == "accept":
				judge(t, class, expect, d)
			case verdict == "reject" && err == nil && PlanAnswerer(d).Refuse == 0:
				t.Errorf("taken; want it refused: %s", expect)
			}
		})
	}
}

// TestVectorsAttacks: a SIP message with a description that is meant to hurt. It is read the
// same each time, in bounds, and what we answer can be read.
func TestVectorsAttacks(t *testing.T) {
	for _, row := range rows(t, "attacks/index.tsv") {
		if row[1] != "sdp" {
			continue
		}
		t.Run(row[0], func(t *testing.T) {
			_, body, ok := bytes.Cut(vector(t, row[0]), []byte("\r\n\r\n"))
			if !ok {
				t.Fatal("no body")
			}
			d, err := Parse(body)
			again, err2 := Parse(body)
			if err != err2 || !reflect.DeepEqual(d, again) {
				t.Fatal("the second run differs")
			}
			switch {
			case err == nil:
				checkParsed(t, d)
			case row[4] == "accept":
				t.Errorf("%v; want it taken: %s", err, row[5])
			}
			if err == nil && row[4] == "reject" && PlanAnswerer(d).Refuse == 0 {
				t.Errorf("taken; want it refused: %s", row[5])
			}
		})
	}
}

// judge holds a description against the words of the expectation.
func judge(t *testing.T, class, expect string, d *Description) {
	for _, part := range strings.Split(expect, ";") {
		part = strings.TrimSpace(part)
		value, ok := "", false
		if value, ok = strings.CutPrefix(part, "accept-types="); ok {
			if got := strings.Join(d.Types, " "); got != strings.TrimSpace(value) {
				t.Errorf("types %q, want %q", got, value)
			}
		}
		if value, ok = strings.CutPrefix(part, "path="); ok {
			if !strings.HasPrefix(d.RemotePath()+";", value) {
				t.Errorf("path %q, want %q", d.RemotePath(), value)
			}
		}
		if part == "no MSRP media: parse ok" && d.Message >= 0 {
			t.Errorf("MSRP line %d where there is none", d.Message)
		}
	}
	if class == "msrp" && d.Message < 0 {
		t.Error("no MSRP line found")
	}
}

// TestVectorsPlans says for the edge cases with a consequence what we do about them as the
// answerer; the errata of the set count.
func TestVectorsPlans(t *testing.T) {
	for name, want := range map[string]Plan{
		"edge/setup-absent":              {Setup: SetupPassive, CEMA: true},
		"edge/setup-active":              {Setup: SetupPassive, CEMA: true},
		"edge/setup-holdconn":            {Setup: SetupPassive, CEMA: true},
		"edge/setup-actpass":             {Setup: SetupActive, CEMA: true, Active: true},
		"trace/aosp-active":              {Setup: SetupPassive, CEMA: true},
		"seed/offer":                     {Setup: SetupPassive, CEMA: true},
		"edge/cema-absent-path-mismatch": {Refuse: 488},
		"edge/message-port-0":            {Refuse: 488},
		"rfc/rfc4317-2.1-01":             {Refuse: 488},
		"edge/audio-plus-message":        {Setup: SetupPassive, CEMA: true},
		"edge/no-accept-types":           {Refuse: 488},
	} {
		d, err := Parse(vector(t, "sdp/"+name+".sdp"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := PlanAnswerer(d)
		if got.Active != want.Active || got.Refuse != want.Refuse || want.Refuse == 0 && (got.Setup != want.Setup || got.CEMA != want.CEMA) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}
