package image

import (
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// ModuleList is the file that tells the init which modules to load, one path a line, in order.
const ModuleList = "lib/modules/order"

// directories that the init mounts on, or that programs expect.
var directories = []string{"dev", "proc", "sys", "run", "tmp", "var/lib", "etc", "bin", "share"}

// Build writes the initramfs: the file init as /init, the modules in names with what they
// depend on, the list of them, and as /share the directory share unless it is "".
func Build(w io.Writer, k Kernel, names []string, init, share string) error {
	order, err := moduleOrder(k.Modules, names)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	a := newArchive(z)
	for _, d := range directories {
		a.dir(d)
	}
	a.char("dev/console", 5, 1) // the kernel opens it before anything can be mounted
	a.char("dev/null", 1, 3)
	if err := addModules(a, k, order); err != nil {
		return err
	}
	if err := addFile(a, "init", 0o755, init); err != nil {
		return err
	}
	if err := addTree(a, "share", share); err != nil {
		return err
	}
	if err := a.close(); err != nil {
		return err
	}
	return z.Close()
}

// addModules adds the modules and their list.
func addModules(a *archive, k Kernel, order []string) error {
	var list strings.Builder
	for _, file := range order {
		name := path.Join("lib/modules", filepath.Base(file))
		if err := addFile(a, name, 0o644, file); err != nil {
			return err
		}
		list.WriteString("/" + name + "\n")
	}
	a.file(ModuleList, 0o644, []byte(list.String()))
	return a.err
}

// addTree adds a directory of this machine as name; "" for none.
func addTree(a *archive, name, dir string) error {
	if dir == "" {
		return nil
	}
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		return addFile(a, path.Join(name, filepath.ToSlash(below)), int(info.Mode().Perm()), file)
	})
}

// addFile adds a file of this machine.
func addFile(a *archive, name string, mode int, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	a.file(name, mode, content)
	return a.err
}
