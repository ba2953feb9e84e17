package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"

	"imsagent/agent"
)

// Capabilities (capabilities(7)) that the agent may keep, and what for.
const (
	capNetRaw    = 13 // SO_BINDTODEVICE before Linux 5.7; any socket at all where the kernel has ANDROID_PARANOID_NETWORK
	capWakeAlarm = 35 // a timer that ends the suspend of the machine
)

// kept is all that is kept. Ports are above 1023, devices are opened by their group.
const kept = uint64(1)<<capNetRaw | uint64(1)<<capWakeAlarm

// Requests of prctl(2).
const (
	prSetKeepCaps   = 8
	prSetNoNewPrivs = 38
)

// become gives up root for the user called name and the groups that it is in, but keeps the
// capabilities above. First it makes the directories of the configuration that are missing,
// for that user: /run and /var/lib are root's.
func become(name string, cfg *agent.Config) error {
	u, gids, err := account(name)
	if err != nil {
		return err
	}
	uid, gid := number(u.Uid), number(u.Gid)
	switch {
	case os.Geteuid() == uid:
		return nil
	case os.Geteuid() != 0:
		return errors.New("only root can become another user")
	}
	if err := errors.Join(makeDir(cfg.State, 0o700, uid, gid), makeDir(filepath.Dir(cfg.Host.Socket), 0o750, uid, gid)); err != nil {
		return err
	}
	// A memory of who we were would let execve(2) give privileges back.
	for _, request := range []uintptr{prSetNoNewPrivs, prSetKeepCaps} {
		if _, _, errno := syscall.AllThreadsSyscall6(syscall.SYS_PRCTL, request, 1, 0, 0, 0, 0); errno != 0 && errno != syscall.EINVAL {
			return fmt.Errorf("prctl %d: %w", request, errno)
		}
	}
	if err := errors.Join(syscall.Setgroups(gids), syscall.Setgid(gid), syscall.Setuid(uid)); err != nil {
		return err
	}
	return keepCapabilities()
}

// account looks the user up in /etc/passwd and /etc/group.
func account(name string) (u *user.User, gids []int, err error) {
	if u, err = user.Lookup(name); err != nil {
		return nil, nil, err
	}
	ids, err := u.GroupIds()
	for _, id := range ids {
		gids = append(gids, number(id))
	}
	return u, gids, err
}

// number reads an id of /etc/passwd; package user has checked it.
func number(id string) int {
	n, _ := strconv.Atoi(id)
	return n
}

// makeDir makes a directory of the user's. One that is there stays as it is.
func makeDir(dir string, mode fs.FileMode, uid, gid int) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, mode); err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}

// capHeader and capSet are __user_cap_header_struct and __user_cap_data_struct of capset(2),
// version 3: two words of each set.
type (
	capHeader struct {
		version uint32
		pid     int32
	}
	capSet [2]struct{ effective, permitted, inheritable uint32 }
)

const capVersion3 = 0x20080522

// keepCapabilities reduces every thread's capabilities to those of kept that we have.
func keepCapabilities() error {
	h, has := capHeader{version: capVersion3}, capSet{}
	if _, _, errno := syscall.Syscall(syscall.SYS_CAPGET, uintptr(unsafe.Pointer(&h)), uintptr(unsafe.Pointer(&has)), 0); errno != 0 {
		return os.NewSyscallError("capget", errno)
	}
	for i := range has {
		has[i].permitted &= uint32(kept >> (32 * i))
		has[i].effective, has[i].inheritable = has[i].permitted, 0
	}
	if _, _, errno := syscall.AllThreadsSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&h)), uintptr(unsafe.Pointer(&has)), 0); errno != 0 {
		return os.NewSyscallError("capset", errno)
	}
	return nil
}
