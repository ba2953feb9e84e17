package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// mounts is what a Linux program expects.
var mounts = []struct{ source, target, kind, options string }{
	{"proc", "/proc", "proc", ""},
	{"sysfs", "/sys", "sysfs", ""},
	{"devtmpfs", "/dev", "devtmpfs", ""},
	{"tmpfs", "/run", "tmpfs", "mode=755,size=2m"},
	{"tmpfs", "/tmp", "tmpfs", "size=16m"},
	{"tmpfs", "/var/lib", "tmpfs", "mode=755,size=16m"},
}

func mountAll() error {
	var errs []error
	for _, m := range mounts {
		if err := syscall.Mount(m.source, m.target, m.kind, 0, m.options); err != nil {
			errs = append(errs, fmt.Errorf("mount %s: %w", m.target, err))
		}
	}
	return errors.Join(errs...)
}

// mountState mounts the disk for the state, if there is one.
func mountState() error {
	const disk, at = "/dev/vda", "/var/lib/imsagent"
	if _, err := os.Stat(disk); err != nil {
		return nil
	}
	if err := os.MkdirAll(at, 0o700); err != nil {
		return err
	}
	if err := syscall.Mount(disk, at, "ext4", syscall.MS_NOATIME, ""); err != nil {
		return fmt.Errorf("mount %s: %w", at, err)
	}
	return nil
}

// mountShare mounts the directory of the machine that runs us, unless the image has it; its bin
// and etc are ours too.
func mountShare() error {
	if _, err := os.Stat("/share/bin"); err == nil {
		return bindShare()
	}
	if err := syscall.Mount("share", "/share", "9p", syscall.MS_RDONLY, "trans=virtio,version=9p2000.L,msize=131072"); err != nil {
		return fmt.Errorf("mount /share: %w", err)
	}
	return bindShare()
}

func bindShare() error {
	var errs []error
	for _, dir := range []string{"/bin", "/etc"} {
		if err := syscall.Mount("/share"+dir, dir, "", syscall.MS_BIND, ""); err != nil && !errors.Is(err, syscall.ENOENT) {
			errs = append(errs, fmt.Errorf("mount %s: %w", dir, err))
		}
	}
	return errors.Join(errs...)
}

// cmdline is what concerns us of the kernel's command line.
type cmdline struct {
	board    string
	addrs    []netip.Prefix
	gateways []netip.Addr
	date     int64
	relay    string
	idle     bool
	restart  bool
}

func readCmdline() (c cmdline) {
	text, _ := os.ReadFile("/proc/cmdline")
	for _, word := range strings.Fields(string(text)) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "board":
			c.board = value
		case "addr":
			if p, err := netip.ParsePrefix(value); err == nil {
				c.addrs = append(c.addrs, p)
			}
		case "gw":
			if a, err := netip.ParseAddr(value); err == nil {
				c.gateways = append(c.gateways, a)
			}
		case "date":
			c.date, _ = strconv.ParseInt(value, 10, 64)
		case "relay":
			c.relay = value
		case "idle":
			c.idle = true
		case "off":
			c.restart = value == "restart"
		}
	}
	return c
}

// setClock sets the time if the machine's is before it.
func setClock(date int64) error {
	var now syscall.Timeval
	if err := syscall.Gettimeofday(&now); err != nil || int64(now.Sec) >= date {
		return err
	}
	tv := syscall.NsecToTimeval(date * 1e9)
	return os.NewSyscallError("settimeofday", syscall.Settimeofday(&tv))
}

// loadModules loads the modules of /lib/modules/order.
func loadModules() error {
	list, err := os.ReadFile("/lib/modules/order")
	if err != nil {
		return err
	}
	var errs []error
	none := []byte{0}
	for _, file := range strings.Fields(string(list)) {
		image, err := os.ReadFile(file)
		if err == nil {
			_, _, errno := syscall.Syscall(syscall.SYS_INIT_MODULE, uintptr(unsafe.Pointer(&image[0])), uintptr(len(image)), uintptr(unsafe.Pointer(&none[0])))
			if errno != 0 && errno != syscall.EEXIST {
				err = errno
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("module %s: %w", file, err))
		}
		os.Remove(file) // its memory is wanted
	}
	return errors.Join(errs...)
}
