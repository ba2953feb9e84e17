package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"strings"

	"imsagent/agent"
	"imsagent/board"
)

// defaultConfig is read if -config is not given and the file exists.
const defaultConfig = "/etc/imsagent/imsagent.toml"

// maxConfig bounds the file, in octets.
const maxConfig = 1 << 20

// A fault is one thing that is wrong, and where.
type fault struct {
	where string // file or flag; "" for a default
	line  int    // 0 where there are no lines
	key   string // "" for a syntax error
	text  string
}

func (f fault) String() string {
	var sb strings.Builder
	if f.where != "" {
		sb.WriteString(f.where + ":")
		if f.line > 0 {
			fmt.Fprintf(&sb, "%d:", f.line)
		}
		sb.WriteString(" ")
	}
	if f.key != "" {
		sb.WriteString(f.key + ": ")
	}
	return sb.String() + f.text
}

// loadConfig puts defaults, board profile, file and command line together. It returns every
// fault, in the order of the lines; a syntax error alone.
func loadConfig(o options) (agent.Config, []fault) {
	l := loader{cfg: agent.DefaultConfig(), path: o.config}
	text, err := readConfig(&l.path)
	if err != nil {
		return l.cfg, []fault{{where: l.path, text: err.Error()}}
	}
	d, syntax := parseFile(text)
	if syntax != nil {
		return l.cfg, []fault{{where: l.path, line: syntax.line, text: syntax.text}}
	}
	l.doc = d
	l.board(o)
	l.file()
	l.flags(o)
	l.validate()
	l.order()
	return l.cfg, l.faults
}

// readConfig returns the text of the file, "" if there is none to read.
func readConfig(path *string) (string, error) {
	name := *path
	if name == "" {
		name = defaultConfig
	}
	f, err := os.Open(name)
	if *path == "" && errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	*path = name
	if err != nil {
		return "", errors.Unwrap(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(b) > maxConfig {
		err = fmt.Errorf("is larger than %d octets", maxConfig)
	}
	return string(b), err
}

// A loader builds a configuration and remembers what was wrong, and where each key came from.
type loader struct {
	cfg    agent.Config
	path   string
	doc    document
	flag   map[string]string // key → the flag that set it
	faults []fault
}

// add notes a fault at the place that set key: a flag, a line, else the table's line.
func (l *loader) add(key, text string) {
	f := fault{where: l.path, key: key, text: text}
	table, _, _ := strings.Cut(key, ".")
	switch {
	case l.flag[key] != "":
		f.where = l.flag[key]
	case l.path == "":
	case l.doc.lines[key] > 0:
		f.line = l.doc.lines[key]
	case l.doc.lines[table] > 0:
		f.line = l.doc.lines[table]
	default:
		f.line = 1 // neither the key nor its table is there
	}
	l.faults = append(l.faults, f)
}

// board applies the profile: the flag's, else the file's.
func (l *loader) board(o options) {
	name := o.board
	if name != "" {
		l.flag = map[string]string{"board": "-board"}
	} else if e, ok := l.doc.find("board"); ok {
		name, _ = e.value.(string) // another type is a fault of file
	}
	if name == "" {
		return
	}
	p, ok := board.Find(name)
	if !ok {
		l.add("board", fmt.Sprintf("%q is not a board; known: %s", name, strings.Join(boardNames(), ", ")))
		return
	}
	c := &l.cfg
	c.Board, c.Modem.Protocol, c.Modem.Device, c.Modem.Baud, c.Modem.Dialect = p.Name, p.Protocol, p.Device, p.Baud, p.Dialect
	c.Memory.Buffers, c.Memory.Sessions, c.Memory.Limit = p.Memory.Buffers, p.Memory.Sessions, int64(p.Memory.Limit)<<20
	if p.State != "" {
		c.State = p.State
	}
}

func boardNames() (names []string) {
	for _, p := range board.All() {
		names = append(names, p.Name)
	}
	return names
}

// file applies what the file says.
func (l *loader) file() {
	fields := fieldsOf(&l.cfg)
	for _, e := range l.doc.entries {
		f, known := fields[e.key]
		switch {
		case !known:
			l.add(e.key, "is not a key"+suggestion(e.key, fields))
		case e.key == "board":
			if _, ok := e.value.(string); !ok {
				l.add(e.key, want("a string", e.value))
			}
		default:
			if text := assign(f, e.value); text != "" {
				l.add(e.key, text)
			}
		}
	}
}

// flags applies what the command line says besides the board.
func (l *loader) flags(o options) {
	for _, f := range [...]struct {
		flag, key, value string
		field            *string
	}{
		{"-state", "state", o.state, &l.cfg.State},
		{"-socket", "host.socket", o.socket, &l.cfg.Host.Socket},
		{"-log", "log", o.log, &l.cfg.Log},
	} {
		if f.value == "" {
			continue
		}
		if l.flag == nil {
			l.flag = map[string]string{}
		}
		l.flag[f.key] = f.flag
		*f.field = f.value
	}
}

// validate adds what the agent finds wrong, unless the key already has a fault: then its
// value is not the one that was meant.
func (l *loader) validate() {
	bad := map[string]bool{}
	for _, f := range l.faults {
		bad[f.key] = true
	}
	for _, f := range l.cfg.Validate() {
		if !bad[f.Key] {
			l.add(f.Key, f.Text)
		}
	}
}

// order sorts the faults by line; those of flags come first.
func (l *loader) order() {
	sort.SliceStable(l.faults, func(i, j int) bool { return l.faults[i].line < l.faults[j].line })
}
