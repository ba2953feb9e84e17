//go:build !linux

package modem

import (
	"context"
	"errors"
	"os"
	"time"
)

// A Port is not available on this system. It exists so that everything but the devices can be
// built and tested on a developer's machine.
type Port struct{ *os.File }

// OpenTTY always fails.
func OpenTTY(path string, baud int) (*Port, error) {
	return nil, &OpError{"open", path, errors.ErrUnsupported}
}

// OpenQMI always fails.
func OpenQMI(path string) (*Port, error) {
	return nil, &OpError{"open", path, errors.ErrUnsupported}
}

// A kernelQRTR does not exist on this system.
type kernelQRTR struct{ qrtrNet }

func openQRTR(qrtrNet) (device, error) {
	return nil, &OpError{"open", QRTRDevice, errors.ErrUnsupported}
}

const settle = time.Second

// A watch does not exist on this system.
type watch struct{ open bool }

func (w *watch) begin(*node)                              { w.open = true }
func (w *watch) close()                                   { w.open = false }
func (w *watch) wait(context.Context, time.Duration) bool { return false }
