package main

import (
	"errors"
	"sort"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// An entry is one key of the file.
type entry struct {
	key   string // with its table: "ims.register"
	value any    // as package toml decodes it
	line  int
}

// A document is a file without syntax errors.
type document struct {
	entries []entry        // in the order of the lines
	lines   map[string]int // of keys and tables
}

// find returns the entry of key.
func (d *document) find(key string) (e entry, ok bool) {
	for _, e := range d.entries {
		if e.key == key {
			return e, true
		}
	}
	return entry{}, false
}

// A syntaxError is one that leaves nothing to look at.
type syntaxError struct {
	line int
	text string
}

// parseFile splits the file into entries.
func parseFile(text string) (document, *syntaxError) {
	d := document{lines: map[string]int{}}
	var root map[string]toml.Primitive
	md, err := toml.Decode(text, &root)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return d, &syntaxError{pe.Position.Line, pe.Message}
		}
		return d, &syntaxError{1, strings.TrimPrefix(err.Error(), "toml: ")}
	}
	d.collect(&md, "", root)
	sort.SliceStable(d.entries, func(i, j int) bool {
		a, b := d.entries[i], d.entries[j]
		return a.line < b.line || a.line == b.line && a.key < b.key
	})
	return d, nil
}

// collect adds the keys of one table. Only tables at the top are opened: there are no others.
func (d *document) collect(md *toml.MetaData, table string, keys map[string]toml.Primitive) {
	for name, prim := range keys {
		key := spell(name)
		if table != "" {
			key = table + "." + key
		}
		e := locate(md, prim)
		e.key = key
		d.lines[key] = e.line
		var inside map[string]toml.Primitive
		if _, isTable := e.value.(map[string]any); isTable && table == "" && isTableName(name) &&
			md.PrimitiveDecode(prim, &inside) == nil {
			d.collect(md, name, inside)
			continue
		}
		d.entries = append(d.entries, e)
	}
}

// spell returns name as one part of a key: quoted unless it is bare, so that "ims.register"
// in quotes is another key than register of [ims].
func spell(name string) string {
	const bare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	if name == "" || strings.Trim(name, bare) != "" {
		return strconv.Quote(name)
	}
	return name
}

// A probe takes any value and fails, because the error of package toml tells the line.
type probe struct{ value any }

var errProbe = errors.New("probe")

// UnmarshalTOML implements toml.Unmarshaler.
func (p *probe) UnmarshalTOML(v any) error {
	p.value = v
	return errProbe
}

// locate returns the value of prim and its line.
func locate(md *toml.MetaData, prim toml.Primitive) entry {
	var p probe
	err := md.PrimitiveDecode(prim, &p)
	var pe toml.ParseError
	errors.As(err, &pe)
	return entry{value: p.value, line: pe.Position.Line}
}
