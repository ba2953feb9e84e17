// Command oldkernel runs a program as if the kernel were Linux 3.18, which modules still have:
// every system call that is newer answers ENOSYS, by a seccomp filter that the program and its
// children keep. It is for tests, as in
//
//	CGO_ENABLED=0 go test -exec out/oldkernel ./agent/...
//
// What Linux 3.18 lacks besides system calls (flags, socket options, files of /proc) it does
// not hide. Exit status: the program's, or 125 if it could not be started.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"
)

// exitFailed is the status where the program was not started.
const exitFailed = 125

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, _ io.Reader, _, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(stderr, "usage: oldkernel PROGRAM ARG…")
		return exitFailed
	}
	program, err := exec.LookPath(args[0])
	if err == nil {
		runtime.LockOSThread() // the filter is the thread's, and so execve's
		err = hideNewer()
	}
	if err == nil {
		err = syscall.Exec(program, args, os.Environ())
	}
	fmt.Fprintln(stderr, "oldkernel:", err)
	return exitFailed
}

// What prctl(2) and <linux/seccomp.h> call these.
const (
	prSetNoNewPrivs   = 38
	prSetSeccomp      = 22
	seccompModeFilter = 2
	seccompRetErrno   = 0x00050000
	seccompRetAllow   = 0x7fff0000
)

// privateCalls is where ARM's own calls begin, set_tls and the like: they are old.
const privateCalls = 0x0f0000

// hideNewer installs the filter. Its program sees struct seccomp_data, whose first word is
// the number of the call.
func hideNewer() error {
	const load, jumpNotLess, ret = syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS,
		syscall.BPF_JMP | syscall.BPF_JGE | syscall.BPF_K, syscall.BPF_RET | syscall.BPF_K
	filter := []syscall.SockFilter{
		{Code: load, K: 0},
		{Code: jumpNotLess, Jt: 2, K: privateCalls},
		{Code: jumpNotLess, Jf: 1, K: firstNewer},
		{Code: ret, K: seccompRetErrno | uint32(syscall.ENOSYS)},
		{Code: ret, K: seccompRetAllow},
	}
	p := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return os.NewSyscallError("prctl", errno)
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetSeccomp, seccompModeFilter, uintptr(unsafe.Pointer(&p))); errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	runtime.KeepAlive(filter)
	return nil
}
