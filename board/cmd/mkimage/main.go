// Command mkimage makes what QEMU needs to boot a board's stand-in: `make image B=NAME`.
//
//	mkimage [-board NAME] [-usb] [-modules NAMES] [-out DIR] [-config FILE] [-cache DIR]
//	mkimage -command [-board NAME] [-usb] [-out DIR] [-modem SOCKET] [-netdev TEXT] [-append TEXT]
//
// The first builds our programs for the board and writes DIR/initramfs.gz, DIR/kernel (a
// link into the cache) and DIR/share, which the guest mounts: share/bin has the programs,
// share/etc the configuration. A static busybox put into share/bin is a shell to look around
// with. A board without 9p has share in its initramfs. The second form prints the command that boots all that, quoted for a shell.
// Run it at the top of the module. Exit status: 0, 1 or 2 for usage.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"imsagent/board"
	"imsagent/board/image"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// options is what the command line says.
type options struct {
	profile            board.Profile
	out, config, cache string
	command, usb       bool
	modules            string
	start              image.Run
}

func run(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		fmt.Fprintln(stderr, "mkimage:", err)
		return exitUsage
	case o.command:
		fmt.Fprintln(stdout, image.Quote(image.Command(o.profile.Emulator, o.start)))
		return exitDone
	}
	if err := o.make(stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "mkimage:", err)
		return exitFailed
	}
	return exitDone
}

// parse reads and checks the command line.
func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("mkimage", flag.ContinueOnError)
	f.SetOutput(stderr)
	name := f.String("board", "qemu-virt", "board profile `NAME`")
	f.StringVar(&o.out, "out", "", "`DIR` of the image (default out/image/NAME)")
	f.StringVar(&o.config, "config", "", "configuration `FILE` of imsagentd in the image")
	f.StringVar(&o.cache, "cache", "", "`DIR` where kernels are kept (default in the user's cache)")
	f.BoolVar(&o.usb, "usb", false, "the modem on USB, where it can be unplugged")
	f.StringVar(&o.modules, "modules", "", "more kernel modules, `NAMES` with spaces between")
	f.BoolVar(&o.command, "command", false, "print the command that boots the image")
	f.StringVar(&o.start.Modem, "modem", "", "Unix `SOCKET` of the simulated modem")
	f.StringVar(&o.start.Netdev, "netdev", "", "QEMU's netdev, `TEXT` such as user")
	f.StringVar(&o.start.Append, "append", "", "more `TEXT` for the kernel's command line")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return o, o.complete(*name)
}

// complete fills in what follows from the board.
func (o *options) complete(name string) (err error) {
	var ok bool
	if o.profile, ok = board.Find(name); !ok || o.profile.Emulator == (board.Emulator{}) {
		return fmt.Errorf("-board %s: QEMU stands in for: %s", name, strings.Join(emulated(), ", "))
	}
	o.profile.Emulator.Modules += " " + o.modules
	if o.usb {
		o.profile.Emulator = image.OnUSB(o.profile.Emulator)
	}
	if o.out == "" {
		o.out = filepath.Join("out", "image", name)
	}
	if o.cache == "" {
		o.cache, err = image.CacheDir()
	}
	o.start.Kernel, o.start.Initramfs, o.start.DTB = filepath.Join(o.out, "kernel"), filepath.Join(o.out, "initramfs.gz"), filepath.Join(o.out, "dtb")
	o.start.Share = filepath.Join(o.out, "share")
	o.start.Append = strings.TrimSpace("board=" + name + " " + o.start.Append)
	return err
}

// emulated lists the boards that QEMU stands in for.
func emulated() (names []string) {
	for _, p := range board.All() {
		if p.Emulator != (board.Emulator{}) {
			names = append(names, p.Name)
		}
	}
	return names
}

// programs is what is built, and where it goes.
var programs = []struct{ name, path string }{
	{"init", "./board/cmd/guestinit"}, {"share/bin/imsagentd", "./agent/cmd/imsagentd"}, {"share/bin/imsctl", "./agent/cmd/imsctl"},
}

// make builds the programs and writes the image.
func (o *options) make(stdout, stderr io.Writer) error {
	etc := filepath.Join(o.out, "share", "etc", "imsagent")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return err
	}
	k, err := image.FetchKernel(o.profile.Emulator, o.cache)
	if err != nil {
		return err
	}
	if err := o.build(stderr); err != nil {
		return err
	}
	if o.config != "" {
		text, err := os.ReadFile(o.config)
		if err == nil {
			err = os.WriteFile(filepath.Join(etc, "imsagent.toml"), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	size, err := o.write(k)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: kernel %s, initramfs %d octets, in %s\n", o.profile.Name, k.Version, size, o.out)
	return nil
}

// build builds the programs.
func (o *options) build(stderr io.Writer) error {
	for _, p := range programs {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(o.out, p.name), p.path)
		cmd.Env = append(os.Environ(), environment(o.profile.Arch)...)
		cmd.Stdout, cmd.Stderr = stderr, stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("go build %s: %w", p.path, err)
		}
	}
	return nil
}

// environment says for what go builds, in the words of scripts/build.
func environment(arch string) []string {
	e := []string{"CGO_ENABLED=0", "GOOS=linux"}
	if version, ok := strings.CutPrefix(arch, "armv"); ok {
		return append(e, "GOARCH=arm", "GOARM="+version)
	}
	return append(e, "GOARCH="+arch)
}

// write writes the initramfs and links the kernel.
func (o *options) write(k image.Kernel) (size int64, err error) {
	f, err := os.Create(o.start.Initramfs)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<16)
	share := ""
	if o.profile.Emulator.Share == "" {
		share = o.start.Share
	}
	if err = image.Build(w, k, strings.Fields(o.profile.Emulator.Modules), filepath.Join(o.out, "init"), share); err != nil {
		return 0, err
	}
	if err = w.Flush(); err != nil {
		return 0, err
	}
	if size, err = f.Seek(0, io.SeekCurrent); err != nil {
		return 0, err
	}
	if k.DTB != "" {
		if err := link(k.DTB, o.start.DTB); err != nil {
			return 0, err
		}
	}
	return size, link(k.Image, o.start.Kernel)
}

// link makes name a link to a file.
func link(file, name string) error {
	target, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	os.Remove(name)
	return os.Symlink(target, name)
}
