package image

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// moduleName is how the kernel calls the module in a file: hyphens are underscores.
func moduleName(file string) string {
	return strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".ko"), "-", "_")
}

// moduleOrder returns the files of the modules and of what they depend on, each after what
// it depends on. dir is /lib/modules/VERSION of the kernel. What is built in is left out.
func moduleOrder(dir string, names []string) ([]string, error) {
	s := sorter{files: map[string]string{}, done: builtin(dir)}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".ko") {
			s.files[moduleName(path)] = path
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if err := s.add(moduleName(n)); err != nil {
			return nil, err
		}
	}
	return s.order, nil
}

// builtin returns the modules that the kernel has inside.
func builtin(dir string) map[string]bool {
	set := map[string]bool{}
	list, _ := os.ReadFile(filepath.Join(dir, "modules.builtin")) // absent: none
	for _, line := range strings.Fields(string(list)) {
		set[moduleName(line)] = true
	}
	return set
}

// sorter orders modules, depth first.
type sorter struct {
	files map[string]string // by name
	done  map[string]bool
	order []string
}

func (s *sorter) add(name string) error {
	if s.done[name] {
		return nil
	}
	s.done[name] = true
	file, ok := s.files[name]
	if !ok {
		return fmt.Errorf("image: the kernel has no module %s", name)
	}
	needs, err := depends(file)
	if err != nil {
		return err
	}
	for _, n := range needs {
		if err := s.add(moduleName(n)); err != nil {
			return err
		}
	}
	s.order = append(s.order, file)
	return nil
}

// depends reads the names in a module's `depends=`.
func depends(file string) ([]string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, fmt.Errorf("image: module %s: %w", file, err)
	}
	defer f.Close()
	section := f.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("image: module %s: no .modinfo", file)
	}
	text, err := section.Data()
	if err != nil {
		return nil, err
	}
	for _, field := range bytes.Split(text, []byte{0}) {
		if list, ok := strings.CutPrefix(string(field), "depends="); ok && list != "" {
			return strings.Split(list, ","), nil
		}
	}
	return nil, nil
}
