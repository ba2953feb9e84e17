package agenttest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// DefaultTimeout is the longest wait for one step where [Config] names none.
const DefaultTimeout = 30 * time.Second

// picks is how often [Start] tries to find a port that is free on UDP and TCP.
const picks = 20

// Config says what network to play. Listen and Script are needed, the rest has
// defaults.
type Config struct {
	Listen  netip.AddrPort // SIP, on UDP and TCP; port 0 picks one free on both
	MSRP    netip.AddrPort // where MSRP is listened for; zero: the address of Listen, a free port
	UE      netip.AddrPort // SIP address of the UE; only for scripts that originate, and mirror
	Script  string         // one of [Scripts]
	Text    string         // the text that the first user writes; default "Hello"
	PANI    string         // exact P-Access-Network-Info that the UE must send; "" accepts any
	Fresh   bool           // random ids instead of the trace's own
	Log     io.Writer      // one line for each step and for what was left aside; nil: none
	Timeout time.Duration  // the longest wait for one step; 0: DefaultTimeout, negative: for ever
	Seen    func(Step)     // called with each step as it happens, from several goroutines but one at a time
}

// A Network is a running simulation. Its methods may be called from any
// goroutine.
type Network struct {
	cfg    Config
	script script
	mirror *mirror // of the script of that name
	udp    *net.UDPConn
	tcp    *net.TCPListener
	msrp   *net.TCPListener

	mu       sync.Mutex
	dialogs  map[string]*dialog  // by Call-ID
	sessions map[string]*session // by MSRP session-id
	conns    map[net.Conn]bool
	steps    []Step

	logMu   sync.Mutex
	seeing  sync.Mutex
	invites chan *dialog // new ones, in order
	ended   chan struct{}
	hangUp  sync.Once
	done    chan struct{} // the script has ended; err is set
	err     error
	closed  chan struct{}
	closing sync.Once
	wg      sync.WaitGroup
}

// Start opens the sockets and starts the script.
func Start(cfg Config) (*Network, error) {
	s, ok := find(cfg.Script)
	if !ok {
		return nil, fmt.Errorf("agenttest: no script %q", cfg.Script)
	}
	if s.originates && !cfg.UE.IsValid() {
		return nil, fmt.Errorf("agenttest: script %s needs the address of the UE", s.Name)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Text == "" {
		cfg.Text = "Hello"
	}
	if !cfg.MSRP.IsValid() {
		cfg.MSRP = netip.AddrPortFrom(cfg.Listen.Addr(), 0)
	}
	n := &Network{cfg: cfg, script: s, dialogs: map[string]*dialog{}, sessions: map[string]*session{},
		conns: map[net.Conn]bool{}, invites: make(chan *dialog, 16), ended: make(chan struct{}),
		done: make(chan struct{}), closed: make(chan struct{})}
	n.mirror = newMirror(n)
	if err := n.listen(); err != nil {
		return nil, err
	}
	n.serve()
	return n, nil
}

// Addr returns the address at which the network takes SIP, on UDP and TCP.
func (n *Network) Addr() netip.AddrPort { return n.tcp.Addr().(*net.TCPAddr).AddrPort() }

// MSRPAddr returns the address at which the remote UE takes MSRP connections.
func (n *Network) MSRPAddr() netip.AddrPort { return n.msrp.Addr().(*net.TCPAddr).AddrPort() }

// Wait returns when the script has ended: nil if every step happened, else what
// was wrong, with the number and name of the step.
func (n *Network) Wait() error {
	<-n.done
	return n.err
}

// Ended is closed when the UE, or the script, has ended a session by BYE and
// that was answered.
func (n *Network) Ended() <-chan struct{} { return n.ended }

// Done is closed when the script has ended; [Network.Wait] then returns at once.
func (n *Network) Done() <-chan struct{} { return n.done }

// Steps returns what has happened so far, in order.
func (n *Network) Steps() []Step {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Step(nil), n.steps...)
}

// Close stops everything and returns when no goroutine is left. A script that
// has not ended fails.
func (n *Network) Close() {
	n.closing.Do(func() {
		close(n.closed)
		n.closeSockets()
		n.mu.Lock()
		for c := range n.conns {
			c.Close()
		}
		n.mu.Unlock()
	})
	n.wg.Wait()
}

func (n *Network) closeSockets() {
	if n.udp != nil {
		n.udp.Close()
	}
	if n.tcp != nil {
		n.tcp.Close()
	}
	if n.msrp != nil {
		n.msrp.Close()
	}
}

// listen opens the three sockets; the two of SIP have one port.
func (n *Network) listen() (err error) {
	for range picks {
		if n.tcp, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(n.cfg.Listen)); err != nil {
			break
		}
		if n.udp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(n.Addr())); err == nil {
			break
		}
		n.tcp.Close()
		n.tcp = nil
		if n.cfg.Listen.Port() != 0 {
			break
		}
	}
	if err == nil {
		n.msrp, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(n.cfg.MSRP))
	}
	if err != nil {
		n.closeSockets()
		return fmt.Errorf("agenttest: listen: %w", err)
	}
	return nil
}

// serve starts the readers and the script.
func (n *Network) serve() {
	n.spawn(n.readUDP)
	n.spawn(func() { n.accept(n.tcp, n.readTCP) })
	n.spawn(func() { n.accept(n.msrp, n.readMSRP) })
	n.spawn(func() {
		n.err = n.script.run(n)
		if n.err != nil {
			n.logf("failed: %v", n.err)
		}
		close(n.done)
	})
}

// spawn runs f in a goroutine that Close waits for.
func (n *Network) spawn(f func()) {
	n.wg.Add(1)
	go func() {
		defer n.wg.Done()
		f()
	}()
}

// accept serves each connection of l by f until l is closed.
func (n *Network) accept(l *net.TCPListener, f func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if n.keep(c) {
			n.spawn(func() { defer n.drop(c); f(c) })
		}
	}
}

// keep notes c so that Close can close it; false: the network is closed already.
func (n *Network) keep(c net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.closed:
		c.Close()
		return false
	default:
	}
	n.conns[c] = true
	return true
}

func (n *Network) drop(c net.Conn) {
	c.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, c)
}

// readUDP hands each datagram to route.
func (n *Network) readUDP() {
	b := make([]byte, maxMessage)
	for {
		size, from, err := n.udp.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		m, err := parseSIP(append([]byte(nil), b[:size]...))
		if err != nil {
			n.logf("left aside a datagram from %v: %v", from, err)
			continue
		}
		m.flow = flow{transport: "udp", write: func(b []byte) error {
			_, err := n.udp.WriteToUDPAddrPort(b, m.replyTo(from))
			return err
		}}
		n.route(m)
	}
}

// readTCP hands each message of a SIP connection to route.
func (n *Network) readTCP(c net.Conn) {
	r := bufio.NewReader(c)
	var mu sync.Mutex
	write := func(b []byte) error {
		mu.Lock()
		defer mu.Unlock()
		_, err := c.Write(b)
		return err
	}
	for {
		m, err := readSIP(r, write)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				n.logf("SIP connection from %v: %v", c.RemoteAddr(), err)
			}
			return
		}
		m.flow = flow{transport: "tcp", write: write}
		n.route(m)
	}
}

// logf writes one line to the log.
func (n *Network) logf(format string, args ...any) {
	if n.cfg.Log == nil {
		return
	}
	n.logMu.Lock()
	defer n.logMu.Unlock()
	fmt.Fprintf(n.cfg.Log, format+"\n", args...)
}
