package imdn

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vectorRoot is the folder of the vectors: IMSAGENT_VECTORS, else our own.
func vectorRoot() string {
	if dir := os.Getenv("IMSAGENT_VECTORS"); dir != "" {
		return dir
	}
	return "testdata/vectors"
}

// A vector is one row of an index.tsv with its octets.
type vector struct {
	path, verdict string
	b             []byte
}

// readTSV returns the rows of a table as maps by column; nil if there is no such file.
func readTSV(t testing.TB, path string) (rows []map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(vectorRoot(), path))
	if err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range strings.Split(line, "\t") {
			if i < len(columns) {
				row[columns[i]] = strings.TrimRight(cell, "\r")
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// vectors returns the rows of a group whose path begins with prefix.
func vectors(t testing.TB, group, prefix string) (all []vector) {
	t.Helper()
	for _, row := range readTSV(t, filepath.Join(group, "index.tsv")) {
		if strings.HasPrefix(row["path"], prefix) {
			all = append(all, vector{row["path"], row["verdict"], load(t, row["path"])})
		}
	}
	if len(all) == 0 && os.Getenv("IMSAGENT_VECTORS") == "" {
		t.Fatalf("no vectors in %s", group)
	}
	return all
}

// load reads a vector; *.gz is decompressed.
func load(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectorRoot(), path))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

// oracle returns the rows of a table by their path.
func oracle(t testing.TB, path string) map[string]map[string]string {
	t.Helper()
	byPath := map[string]map[string]string{}
	for _, row := range readTSV(t, path) {
		byPath[row["path"]] = row
	}
	return byPath
}

// fixture is a vector that the tests name themselves, always our own copy.
func fixture(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/vectors", path))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
