package board_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"time"
)

// elsewhere is another cell than the simulated modem begins with.
const elsewhere = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000001"

// replug pulls the modem out of its USB port and puts it in again: the daemon says that it is
// gone, finds it by its ids, and asks it anew for the cell, which is another one by then.
func (m *machine) replug() {
	m.located(pani)
	q := m.openQMP()
	defer q.c.Close()
	q.execute("device_del", map[string]string{"id": "modem"})
	m.until("the modem is missed", func(status map[string]any) bool {
		modem, _ := status["modem"].(map[string]any)
		return modem["state"] != "ready"
	})
	fmt.Fprintln(m.modem.stdin, "cell "+elsewhere)
	begin := time.Now()
	q.execute("device_add", map[string]string{"driver": "usb-serial", "chardev": "modem", "id": "modem", "serial": "imsagent"})
	m.located(elsewhere)
	m.row("modem put in again to its cell known", time.Since(begin).Milliseconds(), "ms", 0)
	m.off()
}

// until asks for the daemon's status again and again.
func (m *machine) until(what string, is func(status map[string]any) bool) {
	m.t.Helper()
	c := m.dial()
	defer c.Close()
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		status, err := c.Call(m.ctx, "status", nil)
		if err != nil {
			m.t.Fatal(err)
		}
		if is(status) {
			return
		}
		if time.Since(begin) > slow {
			m.t.Fatalf("%s: not in %v; status %v%s", what, slow, status, m.qemu.last())
		}
	}
}

// qmp is QEMU's own command line, JSON objects a line.
type qmp struct {
	m *machine
	c net.Conn
	r *bufio.Scanner
}

func (m *machine) openQMP() *qmp {
	m.t.Helper()
	c, err := net.Dial("unix", filepath.Join(m.work, "qmp.sock"))
	if err != nil {
		m.t.Fatal(err)
	}
	q := &qmp{m, c, bufio.NewScanner(c)}
	q.execute("qmp_capabilities", map[string]string{})
	return q
}

// execute carries out a command; events and the greeting come between.
func (q *qmp) execute(command string, arguments map[string]string) {
	q.m.t.Helper()
	line, _ := json.Marshal(map[string]any{"execute": command, "arguments": arguments})
	q.c.SetDeadline(time.Now().Add(slow))
	if _, err := q.c.Write(append(line, '\n')); err != nil {
		q.m.t.Fatalf("QMP: %v", err)
	}
	for q.r.Scan() {
		var answer map[string]any
		if err := json.Unmarshal(q.r.Bytes(), &answer); err != nil {
			q.m.t.Fatalf("QMP: %v in %s", err, q.r.Text())
		}
		if answer["error"] != nil {
			q.m.t.Fatalf("QMP: %s: %v", command, answer["error"])
		}
		if answer["return"] != nil {
			return
		}
	}
	q.m.t.Fatalf("QMP: %s: no answer (%v)", command, q.r.Err())
}
