package agent

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/spool"
	"imsagent/modem"
)

// Limits of the edge.
const (
	eventQueue   = 64               // events waiting for the loop; readers block beyond
	flowQueue    = 64               // Bufs waiting for a writer (L18); the core keeps below by EvWritten
	spoolQueue   = 256              // actions waiting for the flash
	dialTimeout  = 10 * time.Second // connecting over the bearer
	writeTimeout = 30 * time.Second // a peer or host that does not read (L18)
)

// A flow is one descriptor with its reader and writer.
type flow struct {
	id     FlowID
	door   Door
	conn   net.Conn // nil while dialling
	out    chan *bufpool.Buf
	paused atomic.Bool   // the reader waits for wake
	wake   chan struct{} // after paused became false
	ahead  chan struct{} // full: the loop has readAhead of its Bufs to look at
	end    chan struct{} // closed: the writer sends what is queued and closes conn
	once   sync.Once
}

// shut asks the writer to end after what is queued.
func (f *flow) shut() { f.once.Do(func() { close(f.end) }) }

// hurry lets a host that is closed not keep its buffers as long as a slow network may.
func (f *flow) hurry() {
	if f.door == DoorHost {
		f.conn.SetWriteDeadline(time.Now().Add(closePatience))
	}
}

// pause stops the reader before its next read, or lets it go on.
func (f *flow) pause(on bool) {
	f.paused.Store(on)
	if !on {
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// An edge is everything that waits: sockets, the spool and the modem. The loop calls do;
// all else runs in goroutines that only move Bufs.
type edge struct {
	cfg    *Config
	log    *slog.Logger
	pool   *bufpool.Pool
	events chan Event    // from readers
	stored chan Event    // from the spool; has room for all that can be outstanding
	spoolq chan Action   // to the spool
	unused chan struct{} // closed once nothing uses the spool any more
	done   chan struct{} // closed when the daemon ends
	wg     sync.WaitGroup

	mu    sync.Mutex
	flows map[FlowID]*flow
	next  atomic.Uint32 // last id of an accepted flow; even

	modem     *modem.Modem // nil without one
	udp       *net.UDPConn
	udpAhead  chan struct{} // as flow.ahead, of the datagrams
	listeners []net.Listener
	shed      atomic.Uint64 // Bufs dropped because a writer was behind
	refusals  pace          // log lines of the host door
	faults    pace          // log lines of the spool
	damaged   int           // records of the spool known to be damaged; its goroutine's
	unsent    pace          // log lines of datagrams that could not be sent
}

func newEdge(cfg *Config, log *slog.Logger, pool *bufpool.Pool) *edge {
	return &edge{
		cfg: cfg, log: log, pool: pool,
		events: make(chan Event, eventQueue), stored: make(chan Event, maxOutstanding+spoolQueue),
		spoolq: make(chan Action, spoolQueue), done: make(chan struct{}), unused: make(chan struct{}), flows: make(map[FlowID]*flow), udpAhead: make(chan struct{}, datagramsAhead),
	}
}

// open opens the sockets and starts the goroutines. On an error what was opened is closed.
func (e *edge) open(ctx context.Context, sp *spool.Spool) error {
	if err := e.listen(); err != nil {
		e.closeListeners()
		close(e.unused)
		return err
	}
	e.goDo(func() { e.readDatagrams() })
	e.goDo(func() {
		defer close(e.unused)
		e.runSpool(sp)
	})
	if m := e.cfg.Modem; m.Protocol == "at" || m.Protocol == "qmi" {
		e.modem = modem.New(modemConfig(e.cfg))
		e.goDo(func() { e.runModem(ctx) })
	}
	return nil
}

// goDo starts f as one of the edge's goroutines.
func (e *edge) goDo(f func()) {
	e.wg.Add(1)
	go func() {
		defer e.wg.Done()
		f()
	}()
}

// listen opens the host socket first: it also is the lock against a second instance.
func (e *edge) listen() error {
	host, err := listenHost(e.cfg.Host.Socket, e.cfg.Host.Mode, e.cfg.Host.Group)
	if err != nil {
		return err
	}
	e.listeners = append(e.listeners, host)
	local := e.cfg.IMS.Local.Addr
	if e.udp, err = listenUDP(local, &e.cfg.Bearer); err != nil {
		return err
	}
	sip, err := listenTCP(local, &e.cfg.Bearer)
	if err != nil {
		return err
	}
	e.listeners = append(e.listeners, sip)
	m, err := listenTCP(netip.AddrPortFrom(local.Addr(), e.cfg.MSRP.Port), &e.cfg.Bearer)
	if err != nil {
		return err
	}
	e.listeners = append(e.listeners, m)
	for i, door := range []Door{DoorHost, DoorSIP, DoorMSRP} {
		l := e.listeners[i]
		e.goDo(func() { e.accept(l, door) })
	}
	return nil
}

// msrpPort is the port that the MSRP listener really has (the configured one may be 0).
func (e *edge) msrpPort() uint16 {
	return e.listeners[2].Addr().(*net.TCPAddr).AddrPort().Port()
}

func (e *edge) closeListeners() {
	for _, l := range e.listeners {
		l.Close()
	}
	if e.udp != nil {
		e.udp.Close()
	}
}

// post hands an event to the loop, unless the daemon ends.
func (e *edge) post(ev Event) bool {
	select {
	case e.events <- ev:
		return true
	case <-e.done:
		if ev.Buf != nil {
			ev.Buf.Release()
		}
		return false
	}
}

// accept takes connections until the listener is closed.
func (e *edge) accept(l net.Listener, door Door) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || e.pause(100*time.Millisecond) {
				return
			}
			e.log.Warn("accept", "door", door, "err", err) // out of descriptors: try again soon
			continue
		}
		e.admit(conn, door)
	}
}

// pause waits and reports whether the daemon ended meanwhile.
func (e *edge) pause(d time.Duration) bool {
	select {
	case <-e.done:
		return true
	case <-time.After(d):
		return false
	}
}

// admit makes a flow of an accepted connection; a host that may not talk to us is closed.
func (e *edge) admit(conn net.Conn, door Door) {
	ev := Event{Kind: EvAccepted, Door: door, Flow: FlowID(e.next.Add(2))}
	switch conn := conn.(type) {
	case *net.UnixConn:
		uid, err := peerUID(conn)
		if err != nil || !e.allowed(uid) {
			if e.refusals.allow() {
				e.log.Warn("host refused", "uid", uid, "err", err)
			}
			conn.Close()
			return
		}
		ev.UID = uid
	case *net.TCPConn:
		ev.Addr = unmapped(conn.RemoteAddr())
		ev.Local = unmapped(conn.LocalAddr())
	}
	f := e.newFlow(ev.Flow, door)
	f.conn = conn
	if e.post(ev) {
		e.start(f)
	} else {
		conn.Close()
	}
}

// allowed reports whether a process of uid may use the host socket.
func (e *edge) allowed(uid uint32) bool {
	if uid == 0 || int(uid) == os.Getuid() {
		return true
	}
	if len(e.cfg.Host.AllowUIDs) == 0 {
		return true // the socket's own mode and group decide
	}
	for _, u := range e.cfg.Host.AllowUIDs {
		if u == uid {
			return true
		}
	}
	return false
}

// unmapped is the address of a TCP end, without an IPv4-in-IPv6 disguise.
func unmapped(a net.Addr) netip.AddrPort {
	ap := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

func (e *edge) newFlow(id FlowID, door Door) *flow {
	f := &flow{id: id, door: door, out: make(chan *bufpool.Buf, flowQueue), end: make(chan struct{}), wake: make(chan struct{}, 1), ahead: make(chan struct{}, readAhead)}
	e.mu.Lock()
	e.flows[id] = f
	e.mu.Unlock()
	return f
}

// start runs the reader and the writer of a connected flow.
func (e *edge) start(f *flow) {
	e.goDo(func() { e.read(f) })
	e.goDo(func() { e.write(f) })
}

// dial connects a flow and starts it, or reports why not.
func (e *edge) dial(f *flow, to netip.AddrPort) {
	d := net.Dialer{Timeout: dialTimeout, Control: bindTo(e.cfg.Bearer.Interface),
		LocalAddr: &net.TCPAddr{IP: e.cfg.IMS.Local.Addr.Addr().AsSlice()}}
	conn, err := d.Dial("tcp", to.String())
	if err != nil {
		e.forget(f)
		e.drain(f)
		e.post(Event{Kind: EvClosed, Flow: f.id, Door: f.door, Addr: to, Fault: faultOf(err)})
		return
	}
	f.conn = conn
	if e.post(Event{Kind: EvOpened, Flow: f.id, Door: f.door, Addr: to, Local: unmapped(conn.LocalAddr())}) {
		e.start(f)
	} else {
		conn.Close()
	}
}

// forget takes the flow out of the table: nothing more is sent to it.
func (e *edge) forget(f *flow) {
	e.mu.Lock()
	delete(e.flows, f.id)
	e.mu.Unlock()
	f.shut()
}

// drain releases what a writer did not send.
func (e *edge) drain(f *flow) {
	for {
		select {
		case b := <-f.out:
			b.Release()
		default:
			return
		}
	}
}

// read moves octets from the descriptor to the loop, one Buf at a time. While no Buf is
// free the descriptor is not read: that is the back-pressure.
func (e *edge) read(f *flow) {
	for {
		buf := (*bufpool.Buf)(nil)
		if e.pausing(f) && e.mayRead(f) {
			buf = e.pool.Wait(e.done)
		}
		if buf == nil { // the daemon ends; the flow may have come after it shut the others
			e.forget(f)
			return
		}
		n, err := f.conn.Read(buf.Space())
		buf.Grow(n)
		if n > 0 {
			if !e.post(Event{Kind: EvData, Flow: f.id, Door: f.door, Buf: buf}) {
				e.forget(f)
				return
			}
		} else {
			buf.Release()
		}
		if err != nil {
			e.forget(f)
			e.post(Event{Kind: EvClosed, Flow: f.id, Door: f.door, Fault: faultOf(err)})
			return
		}
	}
}

// pausing waits while the core wants no more of a flow. It returns false when the daemon ends.
func (e *edge) pausing(f *flow) bool {
	for f.paused.Load() {
		select {
		case <-f.wake:
		case <-f.end:
			return true // the read that follows ends the reader
		case <-e.done:
			return false
		}
	}
	return true
}

// write moves Bufs from the loop to the descriptor; asked to end, it first sends what is
// queued. Closing the connection ends the reader.
func (e *edge) write(f *flow) {
	defer f.conn.Close()
	for {
		select {
		case b := <-f.out:
			if !e.writeOne(f, b) {
				e.forget(f)
				e.drain(f)
				return
			}
		case <-f.end:
			for {
				select {
				case b := <-f.out:
					if !e.writeOne(f, b) {
						e.drain(f)
						return
					}
				default:
					return
				}
			}
		}
	}
}

func (e *edge) writeOne(f *flow, buf *bufpool.Buf) bool {
	f.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	select {
	case <-f.end:
		f.hurry()
	default:
	}
	_, err := f.conn.Write(buf.Bytes())
	buf.Release()
	if err == nil {
		e.post(Event{Kind: EvWritten, Flow: f.id, Door: f.door})
	}
	return err == nil
}

// modemConfig says which modem, and whether it is to bring the bearer up.
func modemConfig(c *Config) modem.Config {
	m := modem.Config{Protocol: c.Modem.Protocol, Device: c.Modem.Device, Baud: c.Modem.Baud, PIN: c.Modem.PIN, Dialect: c.Modem.Dialect}
	if c.Bearer.Manage == "modem" {
		m.APN = c.Bearer.APN
	}
	return m
}

// runModem runs the modem's line until the daemon ends.
func (e *edge) runModem(ctx context.Context) {
	post := func(ev modem.Event) { e.post(Event{Kind: EvModem, Modem: ev}) }
	emit := post
	if e.cfg.Bearer.Manage == "modem" {
		b := newBearerEdge(e.cfg, post)
		e.goDo(func() { b.run(ctx) })
		emit = func(ev modem.Event) {
			if !b.take(ev) {
				post(ev)
			}
		}
	}
	err := e.modem.Run(ctx, emit)
	if err != nil && ctx.Err() == nil {
		e.log.Error("modem", "err", err)
	}
}

// do carries out what a step asked for. It never waits for the network or a peer.
func (e *edge) do(a Action) {
	switch a.Kind {
	case ActSend:
		e.send(a)
	case ActDial:
		f := e.newFlow(a.Flow, a.Door)
		e.goDo(func() { e.dial(f, a.Addr) })
	case ActClose:
		e.mu.Lock()
		f := e.flows[a.Flow]
		delete(e.flows, a.Flow)
		e.mu.Unlock()
		if f != nil {
			f.shut()
			f.hurry()
		}
	case ActPause, ActResume:
		e.mu.Lock()
		f := e.flows[a.Flow]
		e.mu.Unlock()
		if f != nil {
			f.pause(a.Kind == ActPause)
		}
	case ActModem:
		e.ask(*a.Request)
	default:
		e.spoolq <- a
	}
}

// ask gives a request to the modem. It is refused only where the modem is away or has much to do already: whoever
// asked hears of it when it is back.
func (e *edge) ask(r modem.Request) {
	if e.modem == nil {
		return
	}
	if err := e.modem.Ask(r); err != nil {
		e.log.Debug("modem request", "kind", r.Kind, "err", err)
	}
}

func (e *edge) send(a Action) {
	if a.Flow == udpFlow {
		e.udp.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := e.udp.WriteToUDPAddrPort(a.Buf.Bytes(), a.Addr); err != nil && e.unsent.allow() {
			e.log.Debug("datagram", "to", a.Addr, "err", err)
		}
		a.Buf.Release()
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock() // a writer that ends leaves the table first, and then empties its queue
	if f := e.flows[a.Flow]; f != nil {
		select {
		case f.out <- a.Buf:
			return
		default: // the writer is far behind: as a full radio queue would, shed
			e.shed.Add(1)
		}
	}
	a.Buf.Release()
}

// close ends all goroutines, giving writers until deadline for what is queued.
func (e *edge) close(patience time.Duration) {
	e.mu.Lock()
	for id, f := range e.flows {
		delete(e.flows, id)
		f.shut()
	}
	e.mu.Unlock()
	e.closeListeners()
	close(e.done)
	close(e.spoolq)
	ended := make(chan struct{})
	go func() {
		e.wg.Wait()
		close(ended)
	}()
	timeout := time.After(patience)
	for {
		select {
		case ev := <-e.events:
			if ev.Buf != nil {
				ev.Buf.Release()
			}
		case <-ended:
			return
		case <-timeout:
			return
		}
	}
}

// faultOf reduces an error of a descriptor to what the core decides by.
func faultOf(err error) Fault {
	var ne net.Error
	switch {
	case err == nil:
		return FaultNone
	case errors.Is(err, io.EOF):
		return FaultEOF
	case errors.Is(err, net.ErrClosed):
		return FaultLocalClosed
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return FaultRefused
	case errors.As(err, &ne) && ne.Timeout():
		return FaultTimeout
	}
	return FaultIO
}
