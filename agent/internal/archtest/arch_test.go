package archtest

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// module is the import path prefix of everything of ours.
const module = "imsagent"

// root is the top of the module, seen from this package.
const root = "../../.."

// allowedThird lists who may import which module that is neither ours nor the
// standard library's, and why. "*" stands for every package below.
var allowedThird = []struct{ prefix, importer, reason string }{
	{"golang.org/x/sys/", "modem", "termios and ioctls of the modem's tty"},
	{"golang.org/x/sys/", "modem/modemtest", "opens the pty of the simulated modem"},
	{"golang.org/x/sys/", "agent", "timerfd, CLOCK_BOOTTIME, SO_PEERCRED, SO_BINDTODEVICE at the edge"},
	{"golang.org/x/sys/", "agent/spool", "fdatasync and flock"},
	{"golang.org/x/sys/", "agent/internal/bearer", "SO_BINDTODEVICE and flags of links and addresses"},
	{"github.com/vishvananda/netlink", "agent/internal/bearer", "addresses, routes and MTU of the IMS bearer: netlink's encodings differ with kernels and architectures"},
	{"github.com/pion/sdp/v3", "msrp/sdp", "SDP grammar, after our normalisation"},
	{"github.com/tinylib/msgp/msgp", "agent/ipc", "MessagePack of the host socket"},
	{"github.com/BurntSushi/toml", "agent/cmd/imsagentd", "the configuration file"},
	{"github.com/gopacket/gopacket", "agent/cmd/imsctl", "pcapng of `flow`; host CLI only"},
}

// pure lists the packages without clock, goroutine, lock, file, socket or randomness.
var pure = []string{"sipmin", "msrp", "msrp/sdp", "cpim", "cpim/imdn", "cpim/iscomposing", "cpim/xmlscan", "modem/at", "modem/qmi", "modem/uicc"}

// impure names what a pure package must not import.
var impure = []string{"os", "net", "sync", "sync/atomic", "crypto/rand", "math/rand", "math/rand/v2", "syscall", "io/fs",
	"context", "runtime", "log", "fmt", "reflect", "unsafe", "golang.org/x/sys/unix"}

// siblings names, for each package, the packages of ours that it may import.
var siblings = map[string][]string{
	"sipmin": nil, "msrp": nil, "msrp/sdp": nil, "cpim": nil,
	"cpim/imdn": {"cpim/xmlscan"}, "cpim/iscomposing": {"cpim/xmlscan"}, "cpim/xmlscan": nil,
	"modem/at": nil, "modem/qmi": nil, "modem/uicc": nil, // codecs know nothing of each other; modem joins them
	"modem": {"modem/at", "modem/qmi", "modem/uicc"}, "modem/modemtest": nil, "modem/cmd/modemsim": {"modem/modemtest"},
	"board": nil, "agent/spool": nil, "agent/ipc": nil, "agent/internal/bufpool": nil, "agent/internal/bearer": nil,
	"agent/agenttest": nil, "agent/cmd/imsnet": {"agent/agenttest"},
	"agent/cmd/imsctl": {"agent/ipc"},
}

// mayGo names the files and packages that may start goroutines.
func mayGo(pkg, file string) bool {
	switch {
	case strings.HasSuffix(file, "_test.go"), strings.HasSuffix(pkg, "test"), strings.Contains(pkg, "/cmd/"):
		return true
	case pkg == "agent" && (file == "io.go" || file == "io_linux.go"):
		return true
	case pkg == "agent/ipc" && strings.HasPrefix(file, "client"):
		return true
	}
	return strings.HasPrefix(pkg, "scripts")
}

// bannedInDaemon is what the daemon must not link, for its size and its surface.
var bannedInDaemon = []string{"net/http", "encoding/xml", "regexp", "github.com/gopacket/gopacket"}

// pkg is the part of `go list -json` that is used here.
type pkg struct {
	ImportPath string
	Dir        string
	Imports    []string
	Deps       []string
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Imports,Deps"}, args...)...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

func TestDependenciesAreListed(t *testing.T) {
	seen := 0
	for _, p := range list(t, "./...") {
		own := strings.TrimPrefix(p.ImportPath, module+"/")
		seen++
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, module+"/") {
				checkSibling(t, own, strings.TrimPrefix(imp, module+"/"))
			} else if strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
				checkThird(t, own, imp)
			}
		}
	}
	if seen == 0 {
		t.Fatal("no package seen: the test looks at the wrong place")
	}
}

func checkSibling(t *testing.T, own, imp string) {
	t.Helper()
	allowed, listed := siblings[own]
	if !listed {
		return
	}
	for _, a := range allowed {
		if a == imp {
			return
		}
	}
	t.Errorf("%s imports %s: its layer may import only %v", own, imp, allowed)
}

func checkThird(t *testing.T, own, imp string) {
	t.Helper()
	for _, a := range allowedThird {
		if own == a.importer && (strings.HasPrefix(imp, a.prefix) || imp == strings.TrimSuffix(a.prefix, "/")) {
			return
		}
	}
	t.Errorf("%s imports %s: not in the list of dependencies", own, imp)
}

func TestDaemonLinksNothingLarge(t *testing.T) {
	for _, p := range list(t, "./agent/...") {
		if p.ImportPath != module+"/agent/cmd/imsagentd" {
			continue
		}
		for _, dep := range p.Deps {
			for _, banned := range bannedInDaemon {
				if dep == banned || strings.HasPrefix(dep, banned+"/") {
					t.Errorf("the daemon links %s", dep)
				}
			}
		}
	}
}

// eachFile calls f with the syntax tree of every Go file of the module.
func eachFile(t *testing.T, f func(pkg, name string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "out" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, _ := filepath.Rel(root, filepath.Dir(path))
		f(filepath.ToSlash(dir), filepath.Base(path), fset, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestGoroutinesStartOnlyAtTheEdge(t *testing.T) {
	eachFile(t, func(pkg, name string, fset *token.FileSet, file *ast.File) {
		if mayGo(pkg, name) {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a goroutine is started here", fset.Position(g.Pos()))
			}
			return true
		})
	})
}

func TestProtocolPackagesArePure(t *testing.T) {
	isPure := map[string]bool{}
	for _, p := range pure {
		isPure[p] = true
	}
	eachFile(t, func(pkg, name string, fset *token.FileSet, file *ast.File) {
		if !isPure[pkg] || strings.HasSuffix(name, "_test.go") {
			return
		}
		checkImports(t, fset, file)
		checkClock(t, fset, file)
	})
}

func checkImports(t *testing.T, fset *token.FileSet, file *ast.File) {
	t.Helper()
	for _, imp := range file.Imports {
		path, _ := strconv.Unquote(imp.Path.Value)
		for _, bad := range impure {
			if path == bad {
				t.Errorf("%s: a pure package imports %s", fset.Position(imp.Pos()), path)
			}
		}
	}
}

// checkClock reports channels and any use of package time that reads or waits for the clock.
func checkClock(t *testing.T, fset *token.FileSet, file *ast.File) {
	t.Helper()
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ChanType:
			t.Errorf("%s: a pure package has a channel", fset.Position(n.Pos()))
		case *ast.SelectorExpr:
			id, ok := n.X.(*ast.Ident)
			if !ok || id.Name != "time" {
				return true
			}
			switch n.Sel.Name {
			case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker":
				t.Errorf("%s: a pure package uses time.%s", fset.Position(n.Pos()), n.Sel.Name)
			}
		}
		return true
	})
}

// topLevel is fixed: nothing but dot-files is added to it.
var topLevel = map[string]bool{"go.mod": true, "go.sum": true, "agent": true, "modem": true, "sipmin": true, "msrp": true,
	"cpim": true, "board": true, "scripts": true, "Makefile": true, "README.md": true, "out": true}

func TestTopLevelIsFixed(t *testing.T) {
	names, err := filepath.Glob(root + "/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files at the top: %v", err)
	}
	for _, n := range names {
		if base := filepath.Base(n); !topLevel[base] && !strings.HasPrefix(base, ".") {
			t.Errorf("%s is not part of the fixed top level", base)
		}
	}
}
