package main

import (
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imsagent/agent/ipc"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares got with a file, or writes the file under -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

// wireMessage is one message of the reference trace.
type wireMessage struct {
	out    bool
	sip    bool
	octets string
}

// referenceTrace is the chat of the reference trace, in order, as UA1 sees it.
func referenceTrace(t *testing.T) (list []wireMessage) {
	t.Helper()
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("testdata", "trace", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	sip := func(out bool, name string) { list = append(list, wireMessage{out, true, read(name)}) }
	msrp := func(out bool, octets string) { list = append(list, wireMessage{out, false, octets}) }
	sip(true, "01-invite.sip")
	sip(false, "02-100.sip")
	sip(false, "03-183.sip")
	sip(false, "04-200-invite.sip")
	sip(true, "05-ack.sip")
	msrp(true, read("06-send-bodiless.msrp"))
	msrp(false, read("07-200.msrp"))
	msrp(true, read("08-send-hello.msrp"))
	msrp(false, read("09-200-noreason.msrp"))
	msrp(false, read("10-send-imdn.msrp"))
	msrp(true, read("11-200-with-msgid.msrp"))
	msrp(false, read("12-send-iscomposing.msrp"))
	msrp(true, strings.ReplaceAll(read("11-200-with-msgid.msrp"), "69172e29", "9bc7cfab"))
	msrp(false, read("14-send-hi.msrp"))
	msrp(true, strings.ReplaceAll(read("11-200-with-msgid.msrp"), "69172e29", "3c60188b"))
	msrp(true, read("16-send-imdn.msrp"))
	msrp(false, strings.ReplaceAll(read("07-200.msrp"), "kePLNmnn6eCcn7lB9X", "r9n1kGghKfCnHKkwpgZNgV0f6s1"))
	return list
}

// referenceTable is the table of the trace page: direction, protocol, message, comment.
var referenceTable = []string{
	"UA1 --> Proxy/UA2|SIP/SDP|INVITE|",
	"UA1 <-- Proxy/UA2|SIP|100 Trying|",
	"UA1 <-- Proxy/UA2|SIP|183 Session Progress|",
	"UA1 <-- Proxy/UA2|SIP/SDP|200 OK|",
	"UA1 --> Proxy/UA2|SIP|ACK|",
	"UA1 --> Proxy/UA2|MSRP|SEND|",
	"UA1 <-- Proxy/UA2|MSRP|200 OK|",
	"UA1 --> Proxy/UA2|MSRP|SEND|Send Text 'Hello'",
	"UA1 <-- Proxy/UA2|MSRP|200 OK|",
	"UA1 <-- Proxy/UA2|MSRP|SEND|Delivery Notification",
	"UA1 --> Proxy/UA2|MSRP|200 OK|",
	"UA1 <-- Proxy/UA2|MSRP|SEND|Is Composing .. (typing indicator)",
	"UA1 --> Proxy/UA2|MSRP|200 OK|",
	"UA1 <-- Proxy/UA2|MSRP|SEND|Send Text 'hi'", // the page has 'Hi' here and hi on the wire
	"UA1 --> Proxy/UA2|MSRP|200 OK|",
	"UA1 --> Proxy/UA2|MSRP|SEND|Delivery Notification",
	"UA1 <-- Proxy/UA2|MSRP|200 OK|",
}

// The two ends of the reference trace.
var (
	ourSIP    = netip.MustParseAddrPort("[2001::1:4c16:9c0f:4986:9e6d]:5060")
	proxySIP  = netip.MustParseAddrPort("[2001:0:0:1::2]:5060")
	ourMSRP   = netip.MustParseAddrPort("[2001::1:4c16:9c0f:4986:9e6d]:8880")
	proxyMSRP = netip.MustParseAddrPort("[2001:0:0:1::2]:16000")
)

// traces answers a subscription to the trace with these messages, in pieces of at most
// piece octets.
func traces(list []wireMessage, transport string, piece int) func(*daemon, []byte, *ipc.Request, []byte) []byte {
	return func(_ *daemon, out []byte, r *ipc.Request, _ []byte) []byte {
		out, _ = ipc.AppendDone(out, r.ID)
		if r.Topics != ipc.TopicTrace {
			return out
		}
		for i, m := range list {
			n := ipc.Trace{Time: 1424760489000 + int64(i)*100, Out: m.out, Protocol: "msrp", Transport: "tcp", Local: ourMSRP, Remote: proxyMSRP}
			if m.sip {
				n.Protocol, n.Transport, n.Local, n.Remote = "sip", transport, ourSIP, proxySIP
			}
			for rest := m.octets; ; n.Part++ {
				n.Bytes = []byte(rest[:min(len(rest), piece)])
				rest = rest[len(n.Bytes):]
				n.Last = rest == ""
				out, _ = ipc.AppendTraceNote(out, &n)
				if n.Last {
					break
				}
			}
		}
		return out
	}
}

// TestFlowIsTheReferenceTable: the trace's messages give the trace's table, whole or in parts.
func TestFlowIsTheReferenceTable(t *testing.T) {
	for _, piece := range []int{32768, 100} {
		d := startDaemon(t, traces(referenceTrace(t), "tcp", piece))
		status, out, errors := d.imsctlUntil("(17)", "flow")
		if status != exitDone {
			t.Errorf("%d, %s", status, errors)
		}
		golden(t, "testdata/flow.golden", out)
	}
}

func TestFlowJSONIsTheReferenceTable(t *testing.T) {
	d := startDaemon(t, traces(referenceTrace(t), "tcp", 3800))
	_, out, _ := d.imsctlUntil(`"step":17`, "-json", "flow")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(referenceTable) {
		t.Fatalf("%d steps: %s", len(lines), out)
	}
	for i, line := range lines {
		var s struct {
			Step                                  int
			Direction, Protocol, Message, Comment string
		}
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		if got := s.Direction + "|" + s.Protocol + "|" + s.Message + "|" + s.Comment; got != referenceTable[i] || s.Step != i+1 {
			t.Errorf("step %d: %s, want %s", s.Step, got, referenceTable[i])
		}
	}
}

// TestFlowHeaders: -v shows what the trace page highlights.
func TestFlowHeaders(t *testing.T) {
	d := startDaemon(t, traces(referenceTrace(t), "tcp", 32768))
	status, out, errors := d.imsctlUntil("(17)", "flow", "-v")
	if status != exitDone {
		t.Errorf("%d, %s", status, errors)
	}
	golden(t, "testdata/flow-v.golden", out)
}

// TestStepNames: messages that the reference trace does not have.
func TestStepNames(t *testing.T) {
	const cpim = "Content-Type: message/cpim\r\n\r\n"
	const send = "MSRP a1 SEND\r\nTo-Path: msrp://b:1/x;tcp\r\nFrom-Path: msrp://a:1/x;tcp\r\nMessage-ID: 1\r\n"
	for _, tt := range []struct{ protocol, octets, want string }{
		{"sip", "\r\n\r\n", "SIP|(keep-alive)|"},
		{"sip", "BYE sip:a@h SIP/2.0\r\n\r\n", "SIP|BYE|"},
		{"sip", "SIP/2.0 486 Busy Here\nl: 0\n\n", "SIP|486 Busy Here|"},
		{"sip", "MESSAGE sip:a@h SIP/2.0\r\nc: message/cpim\r\n\r\nFrom: <sip:a@h>\r\n\r\nContent-Type: text/plain\r\n\r\nYo", "SIP|MESSAGE|Send Text 'Yo'"},
		{"sip", "MESSAGE sip:a@h SIP/2.0\r\nContent-Type: text/plain\r\n\r\nYo\x1b\r\nX", `SIP|MESSAGE|Send Text 'Yo\u001b\r\nX'`},
		{"sip", "INVITE sip:a@h SIP/2.0\r\nc: multipart/mixed;boundary=b\r\n\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--", "SIP/SDP|INVITE|"},
		{"msrp", "MSRP a1 481\r\nTo-Path: x\r\n-------a1$\r\n", "MSRP|481 No Such Session|"},
		{"msrp", "MSRP a1 200 Fine\r\n-------a1$\r\n", "MSRP|200 Fine|"},
		{"msrp", "MSRP a1 REPORT\r\nStatus: 000 200 OK\r\n-------a1$\r\n", "MSRP|REPORT|000 200 OK"},
		{"msrp", send + cpim + "From: <sip:a@h>\r\nContent-Type: text/plain\r\n\r\nYo\r\n-------a1$\r\n", "MSRP|SEND|Send Text 'Yo'"}, // RFC 4975 §11.4 has no blank line either
		{"msrp", send + "Byte-Range: 1-*/5000\r\n" + cpim + "From: <sip:a@h>\r\n\r\nContent-Type: text/plain\r\n\r\nYo\r\n-------a1+\r\n", "MSRP|SEND|Send Text 'Yo' (octets 1-49 of 5000)"},
		{"msrp", send + "Byte-Range: 50-*/5000\r\n" + cpim + "abc\r\n-------a1+\r\n", "MSRP|SEND|octets 50-52 of 5000"},
		{"msrp", send + "Byte-Range: 4998-5000/5000\r\n" + cpim + "abc\r\n-------a1$\r\n", "MSRP|SEND|octets 4998-5000 of 5000, the last"},
		{"msrp", send + "Byte-Range: 50-*/5000\r\n" + cpim + "abc\r\n-------a1#\r\n", "MSRP|SEND|octets 50-52 of 5000, given up"},
		{"msrp", send + "Content-Type: text/plain\r\n\r\n-------b2$\r\n\r\n-------a1$\r\n", `MSRP|SEND|Send Text '-------b2$\r\n'`},
		{"msrp", send + "Content-Type: application/im-iscomposing+xml\r\n\r\n<isComposing><state>idle</state></isComposing>\r\n-------a1$\r\n", "MSRP|SEND|Is Composing .. (idle)"},
		{"msrp", send + "Content-Type: message/imdn+xml\r\n\r\n<x:display-notification><x:status><x:displayed/>\r\n-------a1$\r\n", "MSRP|SEND|Display Notification"},
		{"msrp", send + "Content-Type: message/imdn+xml\r\n\r\n<delivery-notification><status><failed/>\r\n-------a1$\r\n", "MSRP|SEND|Delivery Notification (failed)"},
		{"msrp", send + "Content-Type: image/png\r\n\r\n\xff\r\n-------a1$\r\n", "MSRP|SEND|Send image/png"},
		{"msrp", send + "Content-Type: text/plain\r\n\r\n" + strings.Repeat("é", 50) + "\r\n-------a1$\r\n", "MSRP|SEND|Send Text '" + strings.Repeat("é", 40) + "…'"},
		{"msrp", send + "-------a1$\r\nMSRP a2 200 OK\r\n-------a2$\r\n", "MSRP|SEND| MSRP|200 OK|"},
		{"msrp", "\x00\xff", "MSRP|(fragment)|not an MSRP message"},
		{"msrp", send, "MSRP|SEND|"},
		{"msrp", "MSRP a1 ", "MSRP|(fragment)|not an MSRP message"},
	} {
		var got []string
		for _, s := range steps(&packet{protocol: tt.protocol, octets: []byte(tt.octets)}) {
			got = append(got, s.protocol+"|"+show(s.message)+"|"+s.comment)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q:\n got %q\nwant %q", tt.octets, strings.Join(got, " "), tt.want)
		}
	}
}

// TestFlowWithLosses: a message of which a part was dropped is not shown, what was dropped
// is said, and what follows is whole again.
func TestFlowWithLosses(t *testing.T) {
	d := startDaemon(t, func(_ *daemon, out []byte, r *ipc.Request, _ []byte) []byte {
		out, _ = ipc.AppendDone(out, r.ID)
		n := ipc.Trace{Protocol: "sip", Transport: "tcp", Local: ourSIP, Remote: proxySIP}
		for _, p := range []struct {
			part   int
			last   bool
			octets string
		}{{0, false, "BYE "}, {2, true, "lost"}, {1, false, "lost too"}, {0, false, "lost"}, {0, false, "OPTIONS sip:a@h "}, {1, true, "SIP/2.0\r\n\r\n"}} {
			n.Part, n.Last, n.Bytes = p.part, p.last, []byte(p.octets)
			out, _ = ipc.AppendTraceNote(out, &n)
		}
		out, _ = ipc.AppendDroppedNote(out, ipc.TopicTrace, 2)
		out, _ = ipc.AppendDroppedNote(out, ipc.TopicMessage, 2)
		return out
	})
	_, out, _ := d.imsctlUntil("missing", "flow")
	if want := title + "\n(1)   UA1 <-- Proxy/UA2    SIP       OPTIONS\n      2 messages are missing here\n"; out != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

func FuzzSteps(f *testing.F) {
	paths, _ := filepath.Glob("testdata/trace/*")
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, strings.HasSuffix(p, ".msrp"))
	}
	f.Fuzz(func(t *testing.T, b []byte, msrp bool) {
		p := packet{protocol: "sip", octets: b}
		if msrp {
			p.protocol = "msrp"
		}
		for _, s := range steps(&p) {
			if strings.ContainsAny(s.String(), "\r\n\x00\x1b") {
				t.Errorf("%q", s.String())
			}
		}
	})
}
