package main

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"imsagent/board"
	"imsagent/board/install"
)

// tar writes the tar of one board.
func (o *options) tar(l install.Layout, arch string, stdout io.Writer) error {
	name := "imsagent_" + o.version + "_" + l.Name
	if l.Arch == board.Any {
		name += "_" + arch
	}
	list, err := o.contents(l, arch)
	if err != nil {
		return err
	}
	script, err := l.Script()
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Path = "files" + list[i].Path
	}
	list = append([]install.File{{Path: "install", Mode: 0o755, Text: script}}, list...)
	file := filepath.Join(o.out, name+".tar.gz")
	if err := writeTar(file, name, list); err != nil {
		return err
	}
	st, err := os.Stat(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%-60s %8d octets\n", file, st.Size())
	return nil
}

// writeTar writes a compressed tar whose files are below the directory top. Owner and times
// are 0.
func writeTar(file, top string, list []install.File) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	for _, x := range list {
		h := &tar.Header{Name: top + "/" + x.Path, Mode: int64(x.Mode), Size: int64(len(x.Text)), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write(x.Text); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return z.Close()
}

// stage writes the directory that nfpm packs: files/ as it goes to /, the configuration apart,
// since dpkg keeps it, and the maintainer scripts.
func (o *options) stage(deb, arch string) error {
	l := install.Debian()
	dir := filepath.Join(o.out, "deb-"+deb)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	list, err := o.contents(l, arch)
	if err != nil {
		return err
	}
	for i, x := range list {
		list[i].Path = "files" + x.Path
		if x.Kept {
			list[i].Path = "config/" + filepath.Base(x.Path)
		}
	}
	d := install.Deb{Layout: l, Version: o.version, DebArch: deb}
	if d.Stage, err = filepath.Abs(dir); err != nil {
		return err
	}
	scripts, err := d.Scripts()
	if err != nil {
		return err
	}
	for name, text := range scripts {
		list = append(list, install.File{Path: name, Mode: 0o755, Text: text})
	}
	packer, err := d.Packer()
	if err != nil {
		return err
	}
	return writeTree(dir, append(list, install.File{Path: "nfpm.yaml", Mode: 0o644, Text: packer}))
}

// writeTree writes files below dir. Their modes do not depend on the umask.
func writeTree(dir string, list []install.File) error {
	for _, x := range list {
		to := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(x.Path, "/")))
		if err := makeOpen(filepath.Dir(to), dir); err != nil {
			return err
		}
		if err := os.WriteFile(to, x.Text, x.Mode); err != nil {
			return err
		}
		if err := os.Chmod(to, x.Mode); err != nil {
			return err
		}
	}
	return nil
}

// makeOpen makes the directories down to dir, which become the package's own, open to all.
func makeOpen(dir, top string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for ; len(dir) >= len(top); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}
