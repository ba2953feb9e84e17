package msrp

import (
	"os"
	"strings"
	"testing"
)

const (
	traceOurs = "msrp://[2001::1:4c16:9c0f:4986:9e6d]:8880/FmnP;tcp"
	tracePeer = "msrp://[2001:0000:0000:0001:0000:0000:0000:0002]:16000/558f02b9d0;tcp"
)

func wireFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/wire/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAppendIsTheTraces holds what we write against the trace, octet by octet, in exactly
// enough room and in too little.
func TestAppendIsTheTraces(t *testing.T) {
	hello := wireFile(t, "send_hello.msrp")
	_, body, _ := strings.Cut(string(hello), "\r\n\r\n")
	body, _, _ = strings.Cut(body, "\r\n-------RgGcYXJW2nHr$")
	tests := []struct {
		file  string
		write func(dst []byte) ([]byte, error)
	}{
		{"send_empty.msrp", func(dst []byte) ([]byte, error) {
			b, err := AppendSend(dst, &Send{TID: "kePLNmnn6eCcn7lB9X", ToPath: tracePeer, FromPath: traceOurs, MessageID: "IeGt4q5QsCmzD"})
			if err != nil {
				return dst, err
			}
			if b, err = AppendEndLine(b, "kePLNmnn6eCcn7lB9X", false, FlagLast); err != nil {
				return dst, err
			}
			return b, nil
		}},
		{"send_hello.msrp", func(dst []byte) ([]byte, error) {
			b, err := AppendSend(dst, &Send{TID: "RgGcYXJW2nHr", ToPath: tracePeer, FromPath: traceOurs,
				MessageID: "ZNsPlykpMApIABRrejarbO37ADMMae", Start: 1, End: 431, Total: 431, ContentType: "message/cpim"})
			if err != nil || cap(b)-len(b) < len(body) {
				return dst, ErrNoRoom
			}
			if b, err = AppendEndLine(append(b, body...), "RgGcYXJW2nHr", true, FlagLast); err != nil {
				return dst, err
			}
			return b, nil
		}},
		{"200ok.msrp", func(dst []byte) ([]byte, error) {
			return AppendResponse(dst, []byte("RgGcYXJW2nHr"), []byte(traceOurs), []byte(tracePeer), 200)
		}},
	}
	for _, tt := range tests {
		want := wireFile(t, tt.file)
		buf := make([]byte, 0, len(want))
		got, err := tt.write(buf)
		if err != nil || string(got) != string(want) {
			t.Errorf("%s: %v\ngot\n%s\nwant\n%s", tt.file, err, got, want)
		}
		for room := range len(want) {
			if got, err := tt.write(make([]byte, 0, room)); err != ErrNoRoom || len(got) != 0 {
				t.Fatalf("%s in %d octets: %d, %v", tt.file, room, len(got), err)
			}
		}
		if a := testing.AllocsPerRun(100, func() { tt.write(buf) }); a != 0 && !underRace {
			t.Errorf("%s: %v allocations, want 0", tt.file, a)
		}
	}
}

// TestAppendRefusal: what must not be answered is not; the rest goes back the way it came.
func TestAppendRefusal(t *testing.T) {
	const paths = "To-Path: msrp://a.example:1/x;tcp\r\nFrom-Path: msrp://r.example:2/y;tcp msrp://b.example:3/z;tcp\r\n"
	for head, want := range map[string]string{
		"MSRP abcd SEND\r\n" + paths + "-------abcd$\r\n": "MSRP abcd 481 Session Does Not Exist\r\nTo-Path: msrp://r.example:2/y;tcp\r\n" +
			"From-Path: msrp://a.example:1/x;tcp\r\n-------abcd$\r\n",
		"MSRP abcd AUTH\r\n" + paths + "-------abcd$\r\n": "MSRP abcd 481 Session Does Not Exist\r\nTo-Path: msrp://r.example:2/y;tcp msrp://b.example:3/z;tcp\r\n" +
			"From-Path: msrp://a.example:1/x;tcp\r\n-------abcd$\r\n",
		"MSRP abcd SEND\r\n" + paths + "Failure-Report: no\r\n-------abcd$\r\n": "",
		"MSRP abcd REPORT\r\n" + paths + "-------abcd$\r\n":                     "",
		"MSRP abcd 200 OK\r\n" + paths + "-------abcd$\r\n":                     "",
	} {
		var r Reader
		_, it, err := r.Next([]byte(head))
		if err != nil || it.Kind != ItemHead {
			t.Fatalf("%v of %q", err, head)
		}
		got, err := AppendRefusal(make([]byte, 0, 1024), it.Buf, it.Head, 481)
		if err != nil || string(got) != want {
			t.Errorf("%v\ngot\n%s\nwant\n%s", err, got, want)
		}
	}
}
