package install

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"

	"imsagent/board"
)

//go:embed files
var texts embed.FS

// Places where the root file system may be written.
const (
	defaultState = "/var/lib/imsagent"
	defaultBin   = "/usr/bin"
	defaultEtc   = "/etc/imsagent"
)

// User is the account, and the group, that the agent runs as.
const User = "imsagent"

// A Layout says where everything goes on a board.
type Layout struct {
	board.Profile
	Bin    string // directory of the programs
	Etc    string // directory of the configuration
	State  string // directory of the spool
	Unit   string // file of the unit
	Opened string // device that the unit gives to the group before each start; "" where udev does
	User   string
}

// units are the templates by init, and where each goes. Legato starts it as busybox does.
var units = map[string]struct {
	text, file string
	mode       fs.FileMode
}{
	board.Systemd: {"imsagent.service", "/usr/lib/systemd/system/imsagent.service", 0o644},
	board.Busybox: {"imsagent.init", "/etc/init.d/imsagent", 0o755},
	board.Legato:  {"imsagent.init", "/etc/init.d/imsagent", 0o755},
	board.Procd:   {"imsagent.procd", "/etc/init.d/imsagent", 0o755},
	board.OpenRC:  {"imsagent.openrc", "/etc/init.d/imsagent", 0o755},
}

// On returns the layout for a board; ok is false where an image's own init starts the agent.
func On(p board.Profile) (l Layout, ok bool) {
	u, ok := units[p.Init]
	l = Layout{Profile: p, Bin: defaultBin, Etc: defaultEtc, State: defaultState, Unit: u.file, User: User}
	if p.Home != "" {
		l.Bin, l.Etc = path.Join(p.Home, "bin"), path.Join(p.Home, "etc")
	}
	if p.Init == board.Systemd && p.Home != "" {
		l.Unit = "/lib/systemd/system/imsagent.service" // systemd there is older than a merged /usr
	}
	if p.State != "" {
		l.State = p.State
	}
	if strings.HasPrefix(p.Device, "/dev/smd") || p.Device == "/dev/ttyAT" {
		l.Opened = p.Device
	}
	return l, ok
}

// Debian returns the layout of the .deb: systemd and udev, any modem.
func Debian() Layout {
	l, _ := On(board.Profile{Title: "Debian", Arch: board.Any, Init: board.Systemd})
	return l
}

// A File is one file of a layout. Kept means that a changed one survives an upgrade.
type File struct {
	Path string
	Mode fs.FileMode
	Kept bool
	Text []byte
}

// Files returns what goes beside the programs.
func (l Layout) Files() ([]File, error) {
	u := units[l.Init]
	list := []File{
		{Path: path.Join(l.Etc, "imsagent.toml"), Mode: 0o644, Kept: true},
		{Path: l.Unit, Mode: u.mode},
	}
	names := []string{"imsagent.toml", u.text}
	if l.Opened == "" && l.Init != board.Procd {
		list = append(list, File{Path: "/usr/lib/udev/rules.d/60-imsagent.rules", Mode: 0o644})
		names = append(names, "60-imsagent.rules")
	}
	for i, name := range names {
		text, err := expand(name, l)
		if err != nil {
			return nil, err
		}
		list[i].Text = text
	}
	return list, nil
}

// Script returns the script `install` of the tar, which has the files in `files`.
func (l Layout) Script() ([]byte, error) { return expand("install", l) }

// A Deb is what nfpm is told besides the layout.
type Deb struct {
	Layout
	Version, DebArch, Stage string
}

// Packer returns nfpm's description of the .deb, whose files are in d.Stage.
func (d Deb) Packer() ([]byte, error) { return expand("nfpm.yaml", d) }

// Scripts returns dpkg's maintainer scripts, by the names that Packer uses.
func (d Deb) Scripts() (map[string][]byte, error) {
	scripts := map[string][]byte{}
	for _, name := range []string{"postinst", "prerm", "postrm"} {
		text, err := expand(name, d.Layout)
		if err != nil {
			return nil, err
		}
		scripts[name] = text
	}
	return scripts, nil
}

// expand expands a template of files/.
func expand(name string, values any) ([]byte, error) {
	t, err := template.New(name).Option("missingkey=error").ParseFS(texts, "files/"+name)
	if err != nil {
		return nil, fmt.Errorf("install: %s: %w", name, err)
	}
	var sb strings.Builder
	if err := t.Execute(&sb, values); err != nil {
		return nil, fmt.Errorf("install: %s: %w", name, err)
	}
	return []byte(sb.String()), nil
}
