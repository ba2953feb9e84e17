package modemtest

import (
	"encoding/binary"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// KernelQRTR opens a socket of the kernel's QRTR (AF_QIPCRTR) and tells the name server that the
// service answers there: for Options.QRTR.
func KernelQRTR(service byte) (Socket, error) {
	fd, err := unix.Socket(unix.AF_QIPCRTR, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket AF_QIPCRTR", err)
	}
	s := &kernelSocket{os.NewFile(uintptr(fd), "qrtr")}
	var own rawAddress
	size := uint32(unsafe.Sizeof(own))
	_, _, errno := unix.Syscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&own)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		s.Close()
		return nil, os.NewSyscallError("getsockname", errno)
	}
	publish := make([]byte, 20) // NEW_SERVER: service, version 1; the address is where it comes from
	publish[0], publish[4], publish[8] = 4, service, 1
	binary.LittleEndian.PutUint32(publish[12:], own.node)
	if err := s.Send([2]uint32{own.node, qrtrControlPort}, publish); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// A kernelSocket is a socket under the runtime poller, so that Close ends Receive.
type kernelSocket struct{ *os.File }

// rawAddress is struct sockaddr_qrtr.
type rawAddress struct {
	family     uint16
	_          uint16
	node, port uint32
}

// Receive waits for a datagram.
func (s *kernelSocket) Receive(b []byte) (int, [2]uint32, error) {
	var from rawAddress
	var n uintptr
	var errno unix.Errno
	rc, err := s.SyscallConn()
	if err != nil {
		return 0, [2]uint32{}, err
	}
	err = rc.Read(func(fd uintptr) bool {
		size := uint32(unsafe.Sizeof(from))
		n, _, errno = unix.Syscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
			0, uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)))
		return errno != unix.EAGAIN
	})
	if err == nil && errno != 0 {
		err = os.NewSyscallError("recvfrom", errno)
	}
	return int(n), [2]uint32{from.node, from.port}, err
}

// Send sends a datagram.
func (s *kernelSocket) Send(to [2]uint32, b []byte) error {
	a := rawAddress{family: unix.AF_QIPCRTR, node: to[0], port: to[1]}
	var errno unix.Errno
	rc, err := s.SyscallConn()
	if err != nil {
		return err
	}
	err = rc.Control(func(fd uintptr) {
		_, _, errno = unix.Syscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0,
			uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
	})
	if err == nil && errno != 0 {
		err = os.NewSyscallError("sendto", errno)
	}
	return err
}
