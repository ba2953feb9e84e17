package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"imsagent/board"
)

// A Kernel is an unpacked kernel package.
type Kernel struct {
	Image   string // file that QEMU starts
	Modules string // its /lib/modules/VERSION
	Version string
	DTB     string // device tree of the emulator; "" for none
}

// CacheDir is where kernels are kept: $XDG_CACHE_HOME/imsagent/kernels, or below ~/.cache.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "imsagent", "kernels"), err
}

// FetchKernel returns the kernel for a board's emulator. It is downloaded if cache does not
// have it; that takes apt-get and dpkg-deb, but neither root nor a change of the machine.
func FetchKernel(e board.Emulator, cache string) (Kernel, error) {
	dir := filepath.Join(cache, e.Package+"_"+e.DebArch)
	if k, err := findKernel(dir, e.DTB); err == nil {
		return k, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return Kernel{}, err
	}
	work, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return Kernel{}, err
	}
	defer os.RemoveAll(work)
	root := filepath.Join(work, "root")
	if err := download(e, work, root); err != nil {
		return Kernel{}, fmt.Errorf("image: kernel %s (%s): %w", e.Package, e.DebArch, err)
	}
	os.RemoveAll(dir)
	if err := os.Rename(root, dir); err != nil {
		return Kernel{}, err
	}
	return findKernel(dir, e.DTB)
}

// findKernel looks at an unpacked package.
func findKernel(dir, dtb string) (Kernel, error) {
	images, _ := filepath.Glob(filepath.Join(dir, "boot", "vmlinuz-*"))
	if len(images) != 1 {
		return Kernel{}, fmt.Errorf("image: %d kernels in %s", len(images), dir)
	}
	version := strings.TrimPrefix(filepath.Base(images[0]), "vmlinuz-")
	k := Kernel{Image: images[0], Version: version}
	if dtb != "" {
		k.DTB = filepath.Join(dir, "usr/lib/linux-image-"+version, dtb)
		if _, err := os.Stat(k.DTB); err != nil {
			return Kernel{}, fmt.Errorf("image: device tree: %w", err)
		}
	}
	for _, lib := range []string{"lib", "usr/lib"} {
		k.Modules = filepath.Join(dir, lib, "modules", version)
		if _, err := os.Stat(k.Modules); err == nil {
			return k, nil
		}
	}
	return Kernel{}, fmt.Errorf("image: no modules of %s in %s", version, dir)
}

// keyring is what the archive's signatures are checked with.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// sources is Debian 12, whose kernels have their modules uncompressed.
const sources = `deb [signed-by=` + keyring + `] http://deb.debian.org/debian bookworm main
deb [signed-by=` + keyring + `] http://deb.debian.org/debian-security bookworm-security main
`

// download unpacks the package that the meta package depends on into root.
func download(e board.Emulator, work, root string) error {
	apt, err := newApt(e.DebArch, work)
	if err != nil {
		return err
	}
	lists, updated := apt.run("apt-get", "-q", "update") // an index that is being synchronised does not matter if another has the package
	name, err := apt.depends(e.Package)
	if err != nil {
		if updated != nil {
			return fmt.Errorf("%w\n%s", updated, lists)
		}
		return err
	}
	if out, err := apt.run("apt-get", "-q", "download", name); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	debs, _ := filepath.Glob(filepath.Join(work, name+"_*.deb"))
	if len(debs) != 1 {
		return fmt.Errorf("apt-get download %s left %d files", name, len(debs))
	}
	if out, err := apt.run("dpkg-deb", "-x", debs[0], root); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// apt is a package manager with a state of its own.
type apt struct{ work string }

func newApt(arch, work string) (apt, error) {
	for _, tool := range []string{"apt-get", "apt-cache", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return apt{}, fmt.Errorf("%s is not here: the kernel comes from a Debian package", tool)
		}
	}
	if _, err := os.Stat(keyring); err != nil {
		return apt{}, fmt.Errorf("install debian-archive-keyring: %w", err)
	}
	for _, d := range []string{"state/lists/partial", "cache/archives/partial", "parts"} {
		if err := os.MkdirAll(filepath.Join(work, d), 0o755); err != nil {
			return apt{}, err
		}
	}
	conf := fmt.Sprintf(`APT::Architecture %[2]q; APT::Architectures { %[2]q; };
Dir::State %[1]q; Dir::State::status %[3]q; Dir::Cache %[4]q;
Dir::Etc::sourcelist %[5]q; Dir::Etc::sourceparts %[6]q; Dir::Etc::preferencesparts %[6]q;
APT::Sandbox::User ""; Acquire::Languages "none"; Acquire::Retries "3";
`, filepath.Join(work, "state"), arch, filepath.Join(work, "status"), filepath.Join(work, "cache"),
		filepath.Join(work, "sources.list"), filepath.Join(work, "parts"))
	for name, text := range map[string]string{"apt.conf": conf, "sources.list": sources, "status": ""} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o644); err != nil {
			return apt{}, err
		}
	}
	return apt{work}, nil
}

// run runs a tool in the directory of the state.
func (a apt) run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = a.work
	cmd.Env = append(os.Environ(), "APT_CONFIG="+filepath.Join(a.work, "apt.conf"), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return string(out), err
}

// depends resolves a meta package.
func (a apt) depends(meta string) (string, error) {
	out, err := a.run("apt-cache", "depends", meta)
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	for _, line := range strings.Split(out, "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: linux-image-"); ok {
			return "linux-image-" + name, nil
		}
	}
	return "", fmt.Errorf("%s depends on no kernel:\n%s", meta, out)
}
