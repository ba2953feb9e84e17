//go:build !linux

package modemtest

import (
	"errors"
	"os"
)

// openPTY always fails on this system; the Unix socket works.
func openPTY() (master, slave *os.File, err error) { return nil, nil, errors.ErrUnsupported }

// KernelQRTR always fails.
func KernelQRTR(service byte) (Socket, error) { return nil, errors.ErrUnsupported }

func (m *Modem) plugUSB() error { return errors.ErrUnsupported }
