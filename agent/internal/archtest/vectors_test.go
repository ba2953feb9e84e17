package archtest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rowTests says which test has a subtest for each row of the vectors: by the beginning of the
// row's path, and its class where one folder is shared. No test: why there is none yet.
var rowTests = []struct{ path, class, pkg, test, later string }{
	{"sip-torture/", "", "sipmin", "TestVectorsSIPTorture", ""},
	{"sip-torture/", "", "sipmin", "TestVectorsUATorture", ""},
	{"sip-ipv6/", "", "sipmin", "TestVectorsSIPIPv6", ""},
	{"sip-suite/", "", "sipmin", "TestVectorsSIPSuite", ""},
	{"ims/", "", "sipmin", "TestVectorsIMS", ""},
	{"uris/", "", "sipmin", "TestVectorsURIs", ""},
	{"msrp/", "", "msrp", "TestVectors", ""},
	{"sdp/", "", "msrp/sdp", "TestVectors", ""},
	{"cpim/", "", "cpim", "TestVectorsCPIM", ""},
	{"imdn/", "", "cpim/imdn", "TestVectorsIMDN", ""},
	{"iscomposing/", "", "cpim/iscomposing", "TestVectorsIsComposing", ""},
	{"aka/milenage/", "", "modem/modemtest", "TestVectorsAKA", ""},
	{"aka/autn-auts/", "", "modem/modemtest", "TestVectorsAKA", ""},
	{"aka/resync/", "", "modem/modemtest", "TestVectorsAKA", ""},
	{"aka/usim-authenticate/", "", "modem/uicc", "TestVectorsAuthenticate", ""},
	{"aka/", "", "", "", "registration: the challenges, and digests over them"},
	{"attacks/", "sip-message", "sipmin", "TestVectorsAttacks", ""},
	{"attacks/", "sip-stream", "sipmin", "TestVectorsAttacks", ""},
	{"attacks/", "sip-multipart", "sipmin", "TestVectorsAttacks", ""},
	{"attacks/", "sip-policy", "sipmin", "TestVectorsUAPolicy", ""},
	{"attacks/", "msrp-stream", "msrp", "TestVectors", ""},
	{"attacks/", "sdp", "msrp/sdp", "TestVectorsAttacks", ""},
	{"attacks/", "cpim/imdn", "cpim", "TestVectorsAttacks", ""},
	{"attacks/", "xml", "cpim/xmlscan", "TestVectorsXML", ""},
	{"attacks/", "ipc-msgpack", "agent/ipc", "TestVectorsMsgpack", ""},
	{"attacks/", "ipc-field", "agent/ipc", "TestVectorsIPCFields", ""},
	{"attacks/", "at", "modem/at", "TestVectorsAttacks", ""},
	{"attacks/", "qmi", "modem/qmi", "TestVectorsAttacks", ""},
	{"attacks/scenarios/", "", "agent", "TestVectorsScenarios", ""},
	{"attacks/", "dns", "", "", "finding a P-CSCF by name: its addresses are configured"},
}

// A row is one of an index.tsv.
type row struct {
	root string // the folder that the path is below
	col  map[string]string
}

// TestVectorsRowsHaveTests: every row of every index has its file, with the octets that the
// index says, and a test that runs it, in the package whose testdata it is copied to; and no
// file of a copy is without its row.
func TestVectorsRowsHaveTests(t *testing.T) {
	roots, own := []string{os.Getenv("IMSAGENT_VECTORS")}, false
	if roots[0] == "" {
		roots, own = copies(t), true
	}
	rows := 0
	for _, dir := range roots {
		for _, r := range rowsBelow(t, dir) {
			rows++
			checkRow(t, r, own)
		}
	}
	if rows == 0 {
		t.Error("no row")
	}
	t.Logf("%d rows in %d folders", rows, len(roots))
}

// copies are the folders testdata/vectors of all packages.
func copies(t *testing.T) (dirs []string) {
	t.Helper()
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "out" { // copies, for the guest of the boot test
			return filepath.SkipDir
		}
		if err == nil && d.IsDir() && strings.HasSuffix(filepath.ToSlash(path), "testdata/vectors") {
			dirs = append(dirs, path)
		}
		return nil
	})
	return dirs
}

// rowsBelow reads the index of each group in a folder.
func rowsBelow(t *testing.T, dir string) (all []row) {
	t.Helper()
	indexes, _ := filepath.Glob(filepath.Join(dir, "*", "index.tsv"))
	for _, index := range indexes {
		b, err := os.ReadFile(index)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
		names := strings.Split(lines[0], "\t")
		for _, line := range lines[1:] {
			r := row{dir, map[string]string{}}
			for i, cell := range strings.Split(line, "\t") {
				r.col[names[i]] = strings.TrimRight(cell, "\r")
			}
			all = append(all, r)
		}
	}
	return all
}

// checkRow looks for the file and the test of a row.
func checkRow(t *testing.T, r row, own bool) {
	t.Helper()
	path, class := r.col["path"], r.col["class"]
	b, err := os.ReadFile(filepath.Join(r.root, path))
	if err == nil && strings.HasSuffix(path, ".gz") {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(b)); err == nil {
			b, err = io.ReadAll(z)
		}
	}
	sum := sha256.Sum256(b)
	if err != nil || r.col["size"] != strconv.Itoa(len(b)) || r.col["sha256_16"] != hex.EncodeToString(sum[:8]) {
		t.Errorf("%s: %d octets, not those of the index (%v)", path, len(b), err)
	}
	for _, c := range rowTests {
		if !strings.HasPrefix(path, c.path) || c.class != "" && c.class != class {
			continue
		}
		if c.test != "" && own && filepath.ToSlash(r.root) != root+"/"+c.pkg+"/testdata/vectors" && !strings.HasPrefix(c.pkg, "modem/") {
			t.Errorf("%s is in %s, its test in %s", path, r.root, c.pkg)
		}
		if c.test != "" && !hasTest(t, c.pkg, c.test) {
			t.Errorf("%s: there is no %s in %s", path, c.test, c.pkg)
		}
		return
	}
	t.Errorf("%s of class %s: no test runs it", path, class)
}

var testsOf = map[string][]string{}

// hasTest reports whether a package has a test of that name.
func hasTest(t *testing.T, pkg, name string) bool {
	t.Helper()
	if testsOf[pkg] == nil {
		files, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(pkg), "*_test.go"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(b)) {
				if rest, ok := strings.CutPrefix(line, "func "); ok {
					name, _, _ := strings.Cut(rest, "(")
					testsOf[pkg] = append(testsOf[pkg], name)
				}
			}
		}
	}
	return slices.Contains(testsOf[pkg], name)
}
