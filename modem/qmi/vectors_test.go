package qmi

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// load reads a vector; what is missing from a folder of the environment is skipped.
func load(t testing.TB, name string) []byte {
	t.Helper()
	dir := os.Getenv("IMSAGENT_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "testdata", "vectors")
	}
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" && !strings.HasPrefix(name, "attacks/qmi/") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(name, ".gz") {
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

// A record is one section of a file: its name in brackets without what follows the first space,
// and its octets.
type record struct {
	name  string
	octet []byte
}

// records reads a file of hexadecimal octets in sections.
func records(t testing.TB, name string) (out []record) {
	t.Helper()
	for _, l := range strings.Split(string(load(t, name)), "\n") {
		switch {
		case strings.HasPrefix(l, "["):
			out = append(out, record{name: strings.Trim(l, "[]")})
		case l != "" && l[0] != '#' && len(out) > 0:
			if b, err := hex.DecodeString(l); err == nil {
				out[len(out)-1].octet = append(out[len(out)-1].octet, b...)
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s: no records", name)
	}
	return out
}

// find returns the octets of the record whose name begins with prefix.
func find(t testing.TB, file, prefix string) []byte {
	t.Helper()
	for _, r := range records(t, file) {
		if strings.HasPrefix(r.name, prefix) {
			return r.octet
		}
	}
	t.Fatalf("%s: no record %s", file, prefix)
	return nil
}

// unhex reads octets written by hand.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// one parses a single frame.
func one(t testing.TB, b []byte) *Frame {
	t.Helper()
	f := new(Frame)
	if n, err := Parse(b, f); err != nil || n != len(b) {
		t.Fatalf("Parse %x: %d, %v", b, n, err)
	}
	return f
}
