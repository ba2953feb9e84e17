package ipc

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readHex reads a fixture of testdata: octets in hex, in lines.
func readHex(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return b
}

// fixtures returns the files of a folder of testdata, by name without `.hex`.
func fixtures(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join("testdata", folder, "*.hex"))
	if len(paths) == 0 {
		t.Fatalf("no fixtures in testdata/%s", folder)
	}
	all := make(map[string][]byte)
	for _, p := range paths {
		all[strings.TrimSuffix(filepath.Base(p), ".hex")] = readHex(t, p)
	}
	return all
}
