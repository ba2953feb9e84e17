package main

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"imsagent/agent/ipc"
)

// capturedTrace runs `flow -pcapng -` over the reference trace and keeps the file.
func capturedTrace(t *testing.T, transport string, piece int) string {
	t.Helper()
	d := startDaemon(t, traces(referenceTrace(t), transport, piece))
	status, out, errors := d.imsctlUntil("-------r9n1kGghKfCnHKkwpgZNgV0f6s1$\r\n", "flow", "-pcapng", "-")
	if status != exitDone || !strings.Contains(errors, "writing a capture") {
		t.Fatalf("%d, %s", status, errors)
	}
	// What comes after the last message seen may be cut off; the blocks before it are whole.
	path := filepath.Join(t.TempDir(), "flow.pcapng")
	if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// needTshark skips the test where there is no tshark, and fails it in CI.
func needTshark(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("package tshark is missing: %v", err)
		}
		t.Skip("package tshark is missing")
	}
}

func tshark(t *testing.T, args ...string) string {
	t.Helper()
	t.Log("tshark", strings.Join(args, " "))
	cmd := exec.Command("tshark", args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir()) // no preferences of whoever runs the test
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// TestTsharkDissectsFlow: without being told anything, tshark sees the reference table.
func TestTsharkDissectsFlow(t *testing.T) {
	needTshark(t)
	for _, transport := range []string{"tcp", "udp"} {
		path := capturedTrace(t, transport, 3800)
		out := tshark(t, "-r", path, "-Y", "sip || msrp", "-T", "fields", "-E", "separator=|",
			"-e", "sip.Method", "-e", "sip.Status-Code", "-e", "msrp.method", "-e", "msrp.status.code", "-e", "sdp.media", "-e", "ipv6.src")
		var got []string
		for line := range strings.Lines(out) {
			f := strings.Split(strings.TrimSpace(line), "|")
			way := "<--"
			if f[5] == "2001::1:4c16:9c0f:4986:9e6d" {
				way = "-->"
			}
			protocol := map[bool]string{true: "MSRP", false: "SIP"}[f[2]+f[3] != ""]
			if f[4] != "" {
				protocol += "/SDP"
			}
			got = append(got, way+" "+protocol+" "+f[0]+f[1]+f[2]+f[3])
		}
		var want []string
		for _, row := range referenceTable {
			c := strings.Split(row, "|")
			message, _, _ := strings.Cut(c[2], " ")
			want = append(want, strings.Fields(c[0])[1]+" "+c[1]+" "+message)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: tshark sees\n%s\nwant\n%s", transport, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestTsharkDissectsTheMiddle: a capture that begins after the INVITE, on ports that nobody
// knows, is still SIP and MSRP.
func TestTsharkDissectsTheMiddle(t *testing.T) {
	needTshark(t)
	for _, transport := range []string{"tcp", "udp"} {
		var out strings.Builder
		w, err := newCapture(&out)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range referenceTrace(t)[4:] {
			p := newPacket(object{"local": "tcp:[::1]:40001", "remote": "tcp:[::1]:40002", "time": int64(i)}, []byte(m.octets))
			if p.out = m.out; m.sip {
				p = newPacket(object{"local": transport + ":[::1]:15060", "remote": transport + ":[::1]:15070", "time": int64(i)}, p.octets)
			}
			if err := w.write(p); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(t.TempDir(), "flow.pcapng")
		if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		got := tshark(t, "-r", path, "-Y", "sip || msrp", "-T", "fields", "-e", "sip.Method", "-e", "msrp.method", "-e", "msrp.status.code")
		if all := strings.Join(strings.Fields(got), " "); all != "ACK SEND 200 SEND 200 SEND 200 SEND 200 SEND 200 SEND 200" {
			t.Errorf("%s: tshark sees %q", transport, all)
		}
	}
}

// TestTsharkFindsNoFault: checksums are right, and no sequence number is out of place.
func TestTsharkFindsNoFault(t *testing.T) {
	needTshark(t)
	path := capturedTrace(t, "tcp", 32768)
	faults := tshark(t, "-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-Y",
		"tcp.analysis.flags || tcp.checksum.status == 0 || udp.checksum.status == 0 || _ws.malformed")
	if faults != "" {
		t.Errorf("tshark complains:\n%s", faults)
	}
}

// TestCaptureReadsBack: an independent reader finds every message, with right checksums, in
// IPv4 and IPv6, over UDP and TCP, however long.
func TestCaptureReadsBack(t *testing.T) {
	long := strings.Repeat("x", segment+1)
	for _, tt := range []struct{ transport, local, remote string }{
		{"tcp", "tcp:[2001:db8::1]:5060", "tcp:[2001:db8::2]:5070"},
		{"udp", "udp:[2001:db8::1]:5060", "udp:[2001:db8::2]:5070"},
		{"tcp", "tcp:192.0.2.1:5060", "tcp:192.0.2.2:5070"},
		{"udp", "udp:192.0.2.1:5060", "udp:192.0.2.2:5070"},
		{"tcp", "192.0.2.1:5060", "[::ffff:192.0.2.2]:5070"},
	} {
		var out strings.Builder
		w, err := newCapture(&out)
		if err != nil {
			t.Fatal(err)
		}
		if tt.transport == "udp" {
			long = long[:60000]
		}
		for i, octets := range []string{"first", long, "last"} {
			dir := []string{"out", "in", "out"}[i]
			var a assembler
			p := a.add(object{"time": int64(1000), "dir": dir, "protocol": "sip", "local": tt.local, "remote": tt.remote, "part": int64(0), "last": true, "bytes": []byte(octets)})
			if p.transport != tt.transport {
				t.Errorf("%s: %s", tt.local, p.transport)
			}
			if err := w.write(p); err != nil {
				t.Fatal(err)
			}
		}
		if sent, got := readBack(t, out.String()); sent != "firstlast" || got != long {
			t.Errorf("%s: sent %q, received %d octets", tt.local, sent, len(got))
		}
	}
}

// readBack reads a capture block by block: what port 5060 and what port 5070 sent.
func readBack(t *testing.T, file string) (from5060, from5070 string) {
	t.Helper()
	for b := []byte(file); len(b) > 0; {
		kind, length := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if length%4 != 0 || int(length) > len(b) || binary.LittleEndian.Uint32(b[length-4:]) != length {
			t.Fatalf("block of kind %#x and length %d", kind, length)
		}
		if kind == 6 /* Enhanced Packet Block */ {
			n := binary.LittleEndian.Uint32(b[20:])
			port, payload := readPacket(t, b[28:28+n])
			if port == 5060 {
				from5060 += payload
			} else {
				from5070 += payload
			}
		}
		b = b[length:]
	}
	return from5060, from5070
}

// readPacket decodes one IP packet by gopacket, checks its checksum, and returns the
// source port and the payload.
func readPacket(t *testing.T, b []byte) (port uint16, payload string) {
	t.Helper()
	first := gopacket.Decoder(layers.LayerTypeIPv4)
	if b[0]>>4 == 6 {
		first = layers.LayerTypeIPv6
	}
	p := gopacket.NewPacket(b, first, gopacket.Default)
	if e := p.ErrorLayer(); e != nil {
		t.Fatal(e.Error())
	}
	if l, ok := p.TransportLayer().(transport); ok {
		if err := l.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
			t.Fatal(err)
		}
	}
	err, wrong := p.VerifyChecksums()
	if err != nil || len(wrong) > 0 {
		t.Errorf("checksums: %v, %v", err, wrong)
	}
	switch l := p.TransportLayer().(type) {
	case *layers.TCP:
		port = uint16(l.SrcPort)
	case *layers.UDP:
		port = uint16(l.SrcPort)
	}
	return port, string(p.TransportLayer().LayerPayload())
}

// TestCaptureLeavesOut what has no addresses to make a packet of.
func TestCaptureLeavesOut(t *testing.T) {
	var out strings.Builder
	w, err := newCapture(&out)
	if err != nil {
		t.Fatal(err)
	}
	before := out.Len()
	for _, remote := range []string{"", "tcp:", "tcp:192.0.2.1:1", "nonsense"} {
		p := newPacket(object{"local": "tcp:[::1]:5060", "remote": remote}, []byte("x"))
		if err := w.write(p); err != nil || out.Len() != before {
			t.Errorf("%q: %v, %d octets", remote, err, out.Len()-before)
		}
	}
}

// TestCaptureToAFile: the file is there, and one that cannot be made is a failure.
func TestCaptureToAFile(t *testing.T) {
	d := startDaemon(t, func(d *daemon, out []byte, r *ipc.Request, frame []byte) []byte {
		out = traces(referenceTrace(t), "tcp", 3800)(d, out, r, frame)
		return append(out, 0xc1) // and then the daemon fails
	})
	path := filepath.Join(t.TempDir(), "flow.pcapng")
	if status, _, errors := d.imsctl("", "flow", "-pcapng", path); status != exitNoDaemon {
		t.Errorf("%d, %s", status, errors)
	}
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), "-------r9n1kGghKfCnHKkwpgZNgV0f6s1$") {
		t.Errorf("%d octets, %v", len(b), err)
	}
	if status, _, errors := d.imsctl("", "flow", "-pcapng", filepath.Join(path, "no")); status != exitFailed {
		t.Errorf("%d, %s", status, errors)
	}
}
