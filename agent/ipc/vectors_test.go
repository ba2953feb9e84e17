package ipc

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// vectors is where the groups of vectors are: IMSAGENT_VECTORS, else our own.
func vectors() string {
	if dir := os.Getenv("IMSAGENT_VECTORS"); dir != "" {
		return dir
	}
	return filepath.Join("testdata", "vectors")
}

// eachVector runs f on every row of attacks/index.tsv whose class this is.
func eachVector(t *testing.T, class string, f func(t *testing.T, verdict string, b []byte)) {
	index, err := os.ReadFile(filepath.Join(vectors(), "attacks", "index.tsv"))
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(index)) {
		cells := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(cells) < 5 || cells[1] != class {
			continue
		}
		rows++
		t.Run(cells[0], func(t *testing.T) { f(t, cells[4], readVector(t, cells[0])) })
	}
	if rows == 0 && os.Getenv("IMSAGENT_VECTORS") == "" {
		t.Errorf("no row of class %s", class)
	}
}

func readVector(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectors(), path))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

// decodeN reads the whole of b as a map with one int field, n, by the primitives that
// requests are read with.
func decodeN(b []byte) (n int64, err error) {
	var f Framer
	switch end, err := f.Frame(b); {
	case err != nil:
		return 0, err
	case end != len(b):
		return 0, ErrMalformed
	}
	r := reader{b: b}
	if r.peek() != kindMap {
		return 0, ErrParams
	}
	for range r.enter().count / 2 {
		if r.peek() != kindStr {
			return 0, ErrKey
		}
		if string(r.payload().In(b)) != "n" {
			if err := r.skipText(); err != nil {
				return 0, err
			}
			continue
		}
		if r.peek() != kindInt {
			return 0, ErrType
		}
		ok := false
		if n, ok = r.integer(); !ok {
			return 0, ErrRange
		}
	}
	return n, nil
}

// allocated is what f allocates, in octets.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestVectorsMsgpack(t *testing.T) {
	eachVector(t, "ipc-msgpack", func(t *testing.T, verdict string, b []byte) {
		var err error
		if spent := allocated(func() { _, err = decodeN(b) }); spent > 4096 {
			t.Errorf("%d octets allocated for %d received", spent, len(b))
		}
		switch {
		case verdict == "reject" && err == nil:
			t.Error("is taken")
		case verdict == "accept" && err != nil:
			t.Error(err)
		}
		if _, again := decodeN(b); again != err {
			t.Errorf("first %v, then %v", err, again)
		}
		tryAsFrame(t, b)
	})
}

// tryAsFrame gives the octets to the daemon's side as if a client had sent them, whole and
// octet by octet: both end the same way, and none is a request.
func tryAsFrame(t *testing.T, b []byte) {
	t.Helper()
	b = b[:min(len(b), MaxFrame)]
	var whole, grown Framer
	n, err := whole.Frame(b)
	m, merr := 0, error(ErrShort)
	for i := 0; i <= len(b) && merr == ErrShort; i++ {
		m, merr = grown.Frame(b[:i])
	}
	if n != m || err != merr {
		t.Errorf("whole: %d, %v; octet by octet: %d, %v", n, err, m, merr)
	}
	var r Request
	if err == nil && ParseRequest(b[:n], &r) == nil {
		t.Error("is a request")
	}
}

// TestVectorsIPCFields tries each row on `to`, `client_id` and `content_type`. What may
// never happen is that a control character, or more than a field's own text, gets in.
// A client_id never reaches the wire and is otherwise the host's own affair.
func TestVectorsIPCFields(t *testing.T) {
	eachVector(t, "ipc-field", func(t *testing.T, verdict string, b []byte) {
		for key, mustRefuse := range map[string]bool{"to": true, "content_type": true,
			"client_id": len(b) > MaxClientID || bytes.ContainsAny(b, "\r\n\x00")} {
			params := map[string]any{"to": "+1", "body": "x"}
			params[key] = b[:min(len(b), 60000)]
			frame, err := appendRequest(nil, 1, "send", params)
			if err != nil {
				t.Fatal(err)
			}
			var r Request
			err = ParseRequest(frame, &r)
			switch {
			case err == nil && mustRefuse && verdict == "reject":
				t.Errorf("%s is taken", key)
			case err == nil && (mustRefuse && key != "client_id" || bytes.ContainsAny(b, "\r\n\x00")):
				t.Errorf("%s is taken: %q", key, b[:min(len(b), 40)])
			case err != nil && (r.Field.String() != key || err.(Error).Closes()):
				t.Errorf("%s: %v about %q", key, err, r.Field)
			}
		}
	})
}

// TestVectorsIPCTexts tries the rows that are texts as what they are: a body may hold
// anything that is UTF-8.
func TestVectorsIPCTexts(t *testing.T) {
	eachVector(t, "ipc-field", func(t *testing.T, verdict string, b []byte) {
		var r Request
		frame, err := appendRequest(nil, 1, "send", map[string]any{"to": "+1", "body": b[:min(len(b), 60000)]})
		if err != nil {
			t.Fatal(err)
		}
		err = ParseRequest(frame, &r)
		switch {
		case len(b) > MaxBody && err != ErrBody:
			t.Errorf("%d octets: %v", len(b), err)
		case len(b) <= MaxBody && (err != nil || !bytes.Equal(r.Body.In(frame), b)):
			t.Errorf("%v: %q", err, r.Body.In(frame))
		}
	})
}

// TestVectorsIPCNumbers: numbers that are no count of seconds are refused as `expires`,
// as a text and as what they say.
func TestVectorsIPCNumbers(t *testing.T) {
	eachVector(t, "ipc-field", func(t *testing.T, verdict string, b []byte) {
		var values []any
		if f, err := strconv.ParseFloat(string(b), 64); err == nil {
			values = append(values, int64(max(min(f, 1<<62), -1<<62)))
		}
		for _, v := range append(values, string(b[:min(len(b), 100)])) {
			frame, err := appendRequest(nil, 1, "send", map[string]any{"to": "+1", "body": "x", "expires": v})
			if err != nil {
				t.Fatal(err)
			}
			var r Request
			if err := ParseRequest(frame, &r); err == nil {
				t.Errorf("expires %v is taken", v)
			}
		}
	})
}
