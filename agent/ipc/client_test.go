package ipc

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func dial(t *testing.T, path string) *Client {
	t.Helper()
	c, err := Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestClientCalls(t *testing.T) {
	path, _ := startServer(t)
	c, ctx := dial(t, path), t.Context()
	r, err := c.Call(ctx, "hello", map[string]any{"protocol": 1, "client": "test"})
	if want := (map[string]any{"protocol": int64(1), "version": "test", "board": ""}); err != nil || !reflect.DeepEqual(r, want) {
		t.Errorf("hello: %v, %v", r, err)
	}
	if err := c.Subscribe(ctx); err != nil {
		t.Fatal(err)
	}
	n := <-c.Notifications()
	if n.Method != "message" || n.Params["message_id"] != "0000000000000001" || string(n.Params["body"].([]byte)) != "hi" {
		t.Errorf("%+v", n)
	}
	r, err = c.Call(ctx, "send", map[string]any{"to": "+1", "body": []byte("x"), "notify": []string{}, "headers": map[string]string{"a.b": "c"}, "more": false, "expires": int64(1)})
	if err != nil || r["message_id"] != "0000000000000002" {
		t.Errorf("send: %v, %v", r, err)
	}
	for _, state := range []string{"queued", "sent", "delivered"} {
		if n := <-c.Notifications(); n.Params["state"] != state {
			t.Errorf("%+v; want %s", n, state)
		}
	}
	if r, err = c.Call(ctx, "fetch", map[string]any{"message_id": "1"}); err != nil || string(r["body"].([]byte)) != "\x00\xff" || r["eof"] != true {
		t.Errorf("fetch: %v, %v", r, err)
	}
	if r, err = c.Call(ctx, "messages", nil); err != nil || len(r["messages"].([]any)) != 1 {
		t.Errorf("messages: %v, %v", r, err)
	}
}

func TestClientIsRefused(t *testing.T) {
	path, _ := startServer(t)
	c := dial(t, path)
	_, err := c.Call(t.Context(), "send", map[string]any{"to": "+1\r\nX: y", "body": "x"})
	var refused *CallError
	if !errors.As(err, &refused) || refused.Code != CodeBadArgument || refused.Name != "bad_argument" || refused.Text != "to has a control character" {
		t.Errorf("%v", err)
	}
	if _, err = c.Call(t.Context(), "register", nil); !errors.As(err, &refused) || refused.SIPCode != 501 || !strings.Contains(err.Error(), "SIP 501") {
		t.Errorf("%v", err)
	}
	if _, err = c.Call(t.Context(), "warp", nil); !errors.As(err, &refused) || refused.Code != CodeUnknownMethod {
		t.Errorf("%v", err)
	}
	if _, err = c.Call(t.Context(), "send", map[string]any{"to": struct{}{}}); err == nil {
		t.Error("a struct was sent")
	}
	if _, err = c.Call(t.Context(), "send", map[string]any{"to": "+1", "body": make([]byte, MaxFrame)}); err != ErrTooLarge {
		t.Errorf("%v; want ErrTooLarge", err)
	}
	if _, err := c.Call(t.Context(), "hello", nil); err != nil {
		t.Errorf("after the refusals: %v", err)
	}
}

// TestClientGivesUp: a call that is not answered ends with its context, and the connection
// lives on.
func TestClientGivesUp(t *testing.T) {
	path, _ := startServer(t)
	c := dial(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Call(ctx, "status", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if _, err := c.Call(t.Context(), "hello", nil); err != nil {
		t.Error(err)
	}
}

// TestClientOfADeafDaemon: a daemon that does not read does not hold a call for ever.
func TestClientOfADeafDaemon(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c := NewClient(ours)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Call(ctx, "hello", nil); !errors.Is(err, ErrClosed) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// TestClientClosed: whoever waits when the connection ends is told, and no goroutine stays.
func TestClientClosed(t *testing.T) {
	path, _ := startServer(t)
	before := runtime.NumGoroutine()
	c := dial(t, path)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := c.Call(context.Background(), "status", nil); !errors.Is(err, ErrClosed) {
				t.Errorf("waiting call: %v", err)
			}
		})
	}
	if err := c.Subscribe(t.Context()); err != nil { // leaves a notification that nobody takes
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond)
	c.Close()
	wg.Wait()
	if _, err := c.Call(t.Context(), "hello", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("later call: %v", err)
	}
	for range c.Notifications() {
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestClientOfAFaultyDaemon: what a daemon must not send ends the connection.
func TestClientOfAFaultyDaemon(t *testing.T) {
	for _, octets := range []string{"\xc1", "\xdd\xff\xff\xff\xff", "\x93\x02\xa1x\x91\x81\x01\x02", "\x91\x91\x91\x91\x91\x91\x91\x91\x91"} {
		ours, theirs := net.Pipe()
		c := NewClient(ours)
		if _, err := theirs.Write([]byte(octets)); err != nil {
			t.Fatal(err)
		}
		for range c.Notifications() {
		}
		if err := c.Err(); !errors.Is(err, ErrClosed) {
			t.Errorf("%q: %v", octets, err)
		}
		c.Close()
		theirs.Close()
	}
}

// TestClientQueuesNotifications: a program that waits for a response is not blocked by the
// notifications that come before it.
func TestClientQueuesNotifications(t *testing.T) {
	ours, theirs := net.Pipe()
	c := NewClient(ours)
	defer c.Close()
	defer theirs.Close()
	const many = 2000
	go func() {
		_, _ = theirs.Read(make([]byte, 100))
		b := make([]byte, 0, 200)
		for i := range many {
			b, _ = AppendStatusNote(b[:0], &MessageStatus{ID: 1, State: "sent", Code: i})
			_, _ = theirs.Write(b)
		}
		b, _ = AppendDone(b[:0], 1)
		_, _ = theirs.Write(b)
	}()
	if _, err := c.Call(t.Context(), "hello", nil); err != nil {
		t.Fatal(err)
	}
	for i := range many {
		if n := <-c.Notifications(); n.Params["code"] != int64(i) {
			t.Fatalf("notification %d is %+v", i, n)
		}
	}
}

func TestDialNobody(t *testing.T) {
	if _, err := Dial(filepath.Join(t.TempDir(), "none.sock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestServerClosesABadClient: a frame that cannot be trusted is answered where its msgid is
// known, and then the connection ends.
func TestServerClosesABadClient(t *testing.T) {
	path, _ := startServer(t)
	for octets, want := range map[string]string{
		"\x94\x00\x07\xdd\xff\xff\xff\xff": "\x94\x01\x07\x84\xa4code\x04\xa4name\xa9too_large",
		"\x94\x00\x07\xa4send\xc1":         "\x94\x01\x07\x84\xa4code\x01\xa4name\xa9bad_frame",
		"{\"cmd\":\"send\"}":               "", // no msgid
	} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(octets)); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for buf := make([]byte, 1000); err == nil; {
			n := 0
			n, err = conn.Read(buf)
			got = append(got, buf[:n]...)
		}
		if !strings.HasPrefix(string(got), want) || want == "" && len(got) > 0 {
			t.Errorf("%q: got %q, want %q", octets, got, want)
		}
	}
}
