package agent_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A sample is one vector: its name in the index and its octets.
type sample struct {
	name    string
	verdict string
	octets  []byte
}

// samples are the vectors whose path begins with prefix: those of IMSAGENT_VECTORS, else of
// the package that keeps a copy of the group.
func samples(t *testing.T, owner, prefix string) (all []sample) {
	t.Helper()
	root := os.Getenv("IMSAGENT_VECTORS")
	if root == "" {
		root = filepath.Join("..", owner, "testdata", "vectors")
	}
	index, err := os.ReadFile(filepath.Join(root, "attacks", "index.tsv"))
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(index)) {
		f := strings.Split(line, "\t")
		if len(f) < 5 || !strings.HasPrefix(f[0], prefix) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, f[0]))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f[0], ".gz") {
			b = unzip(t, b)
		}
		all = append(all, sample{f[0], f[4], b})
	}
	if len(all) == 0 {
		t.Fatalf("no vectors %s in %s", prefix, root)
	}
	return all
}

func unzip(t *testing.T, b []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	b, err = io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
