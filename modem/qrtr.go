package modem

import "imsagent/modem/qmi"

// QRTRDevice is the name of the modem that is reached by QRTR: the one in the same chip, or
// behind PCIe.
const QRTRDevice = "qrtr"

// A qrtrAddress is a socket of QRTR.
type qrtrAddress struct{ node, port uint32 }

// A qrtrNet makes and uses datagram sockets of QRTR by their descriptors, which do not block.
// It is a kernel's, or a test's stand-in.
type qrtrNet interface {
	socket() (fd int, local qrtrAddress, err error)
	send(fd int, to qrtrAddress, b []byte) error
	receive(fd int, b []byte) (n int, from qrtrAddress, err error) // n may be above len(b): the rest is lost
}

// qrtrServices are those that a session asks for, and so the most sockets that are open.
const qrtrServices = 6

// A qrtrClient is a socket to one service: what a client id is elsewhere.
type qrtrClient struct {
	fd      int
	service qmi.Service
	id      uint8
	server  qrtrAddress
}

// qrtrLabels is how many answers of ours wait to be read; a session has one request under way.
const qrtrLabels = 4

// A qrtrControl answers requests of CTL, which QRTR does not have, in the modem's place.
type qrtrControl struct {
	room    [qrtrLabels * 32]byte
	answers []byte
}

// answer queues the answer to a request.
func (c *qrtrControl) answer(f *qmi.Frame, why qmi.Failure, s qmi.Service, id uint8) error {
	if c.answers == nil {
		c.answers = c.room[:0]
	}
	out, err := qmi.AppendControlAnswer(c.answers, f, why, s, id)
	c.answers = out
	return err
}

// read takes what is queued.
func (c *qrtrControl) read(b []byte) int {
	n := copy(b, c.answers)
	c.answers = c.answers[:copy(c.answers, c.answers[n:])]
	return n
}
