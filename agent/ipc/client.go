package ipc

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
)

// ErrClosed is the error of a call whose connection ended before its response came; the
// cause, where there is one, is wrapped beside it.
var ErrClosed = errors.New("ipc: connection to the daemon is closed")

// maxPending bounds the notifications that wait for the program. With more of them the
// client stops reading, and the daemon sheds and counts what is too much.
const maxPending = 1 << 16

// A CallError is an error that the daemon returned.
type CallError struct {
	Method  string
	Code    Code
	Name    string // as the daemon wrote it: it may be newer than this client
	Text    string
	SIPCode int // the status that caused it, or 0
}

func (e *CallError) Error() string {
	s := "ipc: " + e.Method + ": " + e.Name
	if e.Text != "" {
		s += ": " + e.Text
	}
	if e.SIPCode != 0 {
		s += " (SIP " + strconv.Itoa(e.SIPCode) + ")"
	}
	return s
}

// A Notification is something that the daemon told without being asked.
type Notification struct {
	Method string         // the topic, or "dropped"
	Params map[string]any // values as in [Client.Call]
}

// A Client is a connection to the daemon. Its methods are safe for concurrent use.
type Client struct {
	conn  net.Conn
	notes chan Notification
	over  chan struct{} // closed by Close: nobody reads notes any more
	once  sync.Once

	write sync.Mutex // one frame at a time

	mu      sync.Mutex
	calls   map[uint32]chan response
	next    uint32
	failed  error // why the connection ended; nil while it lives
	pending []Notification
	some    *sync.Cond // pending is not empty, or no longer full, or the connection ended
}

type response struct {
	fault  map[string]any
	result map[string]any
}

// Dial connects to the daemon's socket; a path that begins with @ is an abstract one.
func Dial(path string) (*Client, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, err
	}
	return NewClient(conn), nil
}

// NewClient returns a client that speaks over conn, which it owns from then on.
func NewClient(conn net.Conn) *Client {
	c := &Client{conn: conn, notes: make(chan Notification), over: make(chan struct{}), calls: make(map[uint32]chan response)}
	c.some = sync.NewCond(&c.mu)
	go c.read()
	go c.deliver()
	return c
}

// Notifications returns the channel on which notifications come, in order. It is closed
// after the last one when the connection has ended.
func (c *Client) Notifications() <-chan Notification { return c.notes }

// Close ends the connection. Calls that wait return [ErrClosed]; notifications not yet
// taken are lost.
func (c *Client) Close() error {
	c.fail(nil)
	c.once.Do(func() { close(c.over) })
	return c.conn.Close()
}

// Err is why the connection ended: nil while it lives, [ErrClosed] else.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// Subscribe asks for the notifications of these topics; none means all but the trace.
func (c *Client) Subscribe(ctx context.Context, topics ...string) error {
	params := map[string]any{}
	if len(topics) > 0 {
		params["topics"] = topics
	}
	_, err := c.Call(ctx, "subscribe", params)
	return err
}

// Call sends a request and waits for its response, the end of ctx, or the end of the
// connection. Parameters may be string, []byte, bool, int, int64, []string and
// map[string]string; in results, numbers are int64 (uint64 beyond its range), text is
// string, bin is []byte, arrays are []any and maps map[string]any.
//
// What the daemon refuses is a *[CallError].
func (c *Client) Call(ctx context.Context, method string, params map[string]any) (map[string]any, error) {
	id, answer, err := c.enter()
	if err != nil {
		return nil, err
	}
	defer c.leave(id)
	frame, err := appendRequest(nil, id, method, params)
	if err != nil {
		return nil, err
	}
	if err := c.send(ctx, frame); err != nil {
		return nil, err
	}
	select {
	case r, ok := <-answer:
		if !ok {
			return nil, c.Err()
		}
		if r.fault != nil {
			return nil, callError(method, r.fault)
		}
		return r.result, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// enter takes a msgid and the channel on which its response will come.
func (c *Client) enter() (uint32, chan response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil {
		return 0, nil, c.failed
	}
	c.next++
	answer := make(chan response, 1)
	c.calls[c.next] = answer
	return c.next, answer, nil
}

func (c *Client) leave(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.calls, id)
}

// send writes one frame. A daemon that does not take it in time ends the connection: what
// has been written of the frame cannot be taken back.
func (c *Client) send(ctx context.Context, frame []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	until, _ := ctx.Deadline() // the zero time is none
	if err := c.conn.SetWriteDeadline(until); err != nil {
		c.fail(err)
		return c.Err()
	}
	if _, err := c.conn.Write(frame); err != nil {
		c.fail(err)
		return c.Err()
	}
	return nil
}

// fail ends the connection because of err, once.
func (c *Client) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil {
		return
	}
	c.failed = ErrClosed
	if err != nil && err != io.EOF {
		c.failed = errors.Join(ErrClosed, err)
	}
	for id, answer := range c.calls {
		close(answer)
		delete(c.calls, id)
	}
	c.some.Broadcast()
}

// read takes frames off the connection until it ends.
func (c *Client) read() {
	framer := Framer{most: maxOpen}
	buf := make([]byte, 0, MaxFrame)
	for {
		n, err := framer.Frame(buf)
		if err == nil {
			err = c.take(buf[:n])
			buf = buf[:copy(buf[:cap(buf)], buf[n:])]
		} else if err == ErrShort {
			var got int
			got, err = c.conn.Read(buf[len(buf):cap(buf)])
			buf = buf[:len(buf)+got]
			if got > 0 {
				continue
			}
		}
		if err != nil {
			c.fail(err)
			c.conn.Close()
			return
		}
	}
}

// take gives one frame to whom it is for. Frames of an unknown type are skipped.
func (c *Client) take(frame []byte) error {
	v, err := decodeFrame(frame)
	if err != nil {
		return err
	}
	list, _ := v.([]any)
	switch {
	case len(list) == 4 && list[0] == int64(typeResponse):
		c.answer(list)
	case len(list) == 3 && list[0] == int64(typeNotification):
		method, _ := list[1].(string)
		c.note(Notification{method, onlyMap(list[2])})
	}
	return nil
}

// answer ends the call that a response is for; one that nobody waits for any more is dropped.
func (c *Client) answer(list []any) {
	id, _ := list[1].(int64)
	fault, _ := list[2].(map[string]any)
	if list[2] != nil && fault == nil {
		fault = map[string]any{}
	}
	result, _ := list[3].(map[string]any)
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer := c.calls[uint32(id)]; answer != nil {
		answer <- response{fault, result}
		delete(c.calls, uint32(id))
	}
}

// note queues a notification; the queue is what keeps a program that waits for a response
// from blocking itself.
func (c *Client) note(n Notification) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.pending) >= maxPending && c.failed == nil {
		c.some.Wait()
	}
	c.pending = append(c.pending, n)
	c.some.Broadcast()
}

// deliver hands the queue to the program.
func (c *Client) deliver() {
	defer close(c.notes)
	for {
		c.mu.Lock()
		for len(c.pending) == 0 && c.failed == nil {
			c.some.Wait()
		}
		batch := c.pending
		c.pending = nil
		ended := c.failed != nil
		c.some.Broadcast()
		c.mu.Unlock()
		for _, n := range batch {
			select {
			case c.notes <- n:
			case <-c.over:
				return
			}
		}
		if ended && len(batch) == 0 {
			return
		}
	}
}

func callError(method string, fault map[string]any) *CallError {
	code, _ := fault["code"].(int64)
	name, _ := fault["name"].(string)
	text, _ := fault["text"].(string)
	sip, _ := fault["sip_code"].(int64)
	if name == "" {
		name = Code(code).String()
	}
	return &CallError{method, Code(code), name, text, int(sip)}
}

// onlyMap returns the one map of params, or an empty one.
func onlyMap(params any) map[string]any {
	list, _ := params.([]any)
	if len(list) > 0 {
		if m, _ := list[0].(map[string]any); m != nil {
			return m
		}
	}
	return map[string]any{}
}
