package agent

import (
	"strings"
	"testing"
)

// TestOneSegment: the 200 of a text and its delivery notification, which fall due together,
// leave as one buffer, and so as one segment.
func TestOneSegment(t *testing.T) {
	w := establishedWorld(t)
	w.command(words("flash slow"))
	w.command(words("msrp text id000001 hi"))
	w.sendsOf = map[FlowID]int{}
	w.out = nil
	w.command(words("flash ready"))
	shown := strings.Join(w.out, "\n")
	if !strings.Contains(shown, "msrp> 200 OK to mid000001\nmsrp> SEND") {
		t.Fatalf("what was to be sent:\n%s", shown)
	}
	if n := w.sendsOf[w.conn]; n != 1 {
		t.Errorf("they left in %d buffers", n)
	}
}
