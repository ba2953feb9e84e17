package sipmin

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vectorRoot is the folder that holds the groups.
func vectorRoot() string {
	if dir := os.Getenv("IMSAGENT_VECTORS"); dir != "" {
		return dir
	}
	return "testdata/vectors"
}

// A vectorRow is one row of an index.tsv, by column name, and its file.
type vectorRow struct {
	col  map[string]string
	text []byte
}

func (r vectorRow) path() string { return r.col["path"] }

// vectorRows reads a group's index and files; of some classes only, if any are given.
func vectorRows(t testing.TB, group string, classes ...string) (rows []vectorRow) {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(vectorRoot(), group, "index.tsv"))
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" {
		return nil // a folder of the environment need not have every group
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(index), "\n"), "\n")
	names := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		r := vectorRow{col: map[string]string{}}
		for i, cell := range strings.Split(line, "\t") {
			r.col[names[i]] = cell
		}
		if len(classes) > 0 && !slices.Contains(classes, r.col["class"]) {
			continue
		}
		r.text = readFixture(t, filepath.Join(vectorRoot(), r.path()))
		rows = append(rows, r)
	}
	return rows
}

// attackRows are the attacks on this package.
func attackRows(t testing.TB) []vectorRow {
	t.Helper()
	return vectorRows(t, "attacks", "sip-message", "sip-stream", "sip-multipart")
}

// readFixture reads a file, decompressed if its name says so.
func readFixture(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
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
	return b
}
