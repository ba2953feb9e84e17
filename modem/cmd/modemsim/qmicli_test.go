package main

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// proxySocket is where qmicli, a program that nobody here wrote, looks for qmi-proxy.
const proxySocket = "@qmi-proxy"

// free waits until no other test of this machine, nor a real proxy, has the socket.
func free(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		l, err := net.Listen("unix", proxySocket)
		if err == nil {
			l.Close()
			return
		}
		if time.Now().After(end) {
			t.Skipf("%s: %v", proxySocket, err)
		}
	}
}

func needQMICLI(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("qmicli"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("qmicli is missing: install libqmi-utils")
		}
		t.Skip("qmicli is missing: install libqmi-utils")
	}
}

// qmicli runs Debian's qmicli through the proxy's socket.
func qmicli(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	args = append([]string{"-p", "-d", "/dev/null", "--device-open-qmi"}, args...)
	out, err := exec.CommandContext(ctx, "qmicli", args...).CombinedOutput()
	if err != nil {
		t.Errorf("qmicli %v: %v", args, err)
	}
	return string(out)
}

// What qmicli makes of the simulated modem: the texts that it printed of recorded frames where
// the simulated modem has the recorded cell.
func TestQMICLI(t *testing.T) {
	needQMICLI(t)
	free(t)
	stdin, stderr, ended := begin(t, "-unix", proxySocket, "-protocol", "qmi", "-v", "-profile", "quectel-rg801h", "-cell",
		"3GPP-E-UTRAN-TDD;utran-cell-id-3gpp=999400099001C201")
	golden := func(section string) string {
		b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "vectors", "modem", "qmi_golden_qmicli.txt"))
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(string(b), "["+section+"]\n")
		if i := strings.Index(text, "\n["); strings.HasPrefix(text, "[/dev/null]") && i > 0 {
			if rest := text[1:]; strings.Index(rest, "\n[") > 0 {
				text = text[:1+strings.Index(rest, "\n[")]
			}
		}
		return strings.TrimSpace(text)
	}
	for args, want := range map[string][]string{
		"--nas-get-cell-location-info": {golden("get_cell_location_info_2")},
		"--dms-get-ids":                {golden("--dms-get-ids")},
		"--dms-get-time":               {"System time: '1105986850641 (ms): 2015-01-22 18:34:10'"},
		"--dms-get-manufacturer":       {"Manufacturer: 'Quectel'"},
		"--dms-get-model":              {"Model: 'RG801H'"},
		"--dms-get-operating-mode":     {"Mode: 'online'"},
		"--dms-uim-get-imsi":           {"IMSI: '310410123456789'"},
		"--nas-get-serving-system":     {"Registration state: 'registered'", "PS: 'attached'", "[0]: 'lte'", "MCC: '999'", "MNC: '40'", "MNC with PCS digit: 'no'"},
		"--nas-get-system-info":        {"Status: 'available'", "Cell ID: '115201'", "MCC: '999'", "MNC: '40'", "Tracking Area Code: '153'"},
		"--nas-get-rf-band-info":       {"Radio Interface:   'lte'", "Active Band Class: 'eutran-42'", "Active Channel:    '43390'"},
		"--uim-get-card-status": {"Card state: 'present'", "Application type:  'usim (2)'", "Application state: 'ready'",
			"A0:00:00:00:87:10:02:FF:FF:FF:FF:89:07:09:00:00", "Application type:  'isim (5)'"},
		"--uim-read-transparent=0x3F00,0x7FFF,0x6F07": {"SW1: '0x90'", "08:39:01:14:10:32:54:76:98"},
		"--wds-start-network=apn=ims,ip-type=6":       {"Network started", "Packet data handle: '305419896'"},
		"--wds-get-packet-service-status":             {"Connection status: 'disconnected'"},
		"--get-service-version-info":                  {"nas (1.100)", "uim (1.100)"},
	} {
		out := strings.TrimSpace(qmicli(t, args))
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %q in\n%s", args, w, out)
			}
		}
	}
	io.WriteString(stdin, "bearer on\n")
	time.Sleep(100 * time.Millisecond)
	for args, want := range map[string][]string{
		"--wds-get-packet-service-status": {"Connection status: 'connected'"},
		"--wds-get-current-settings": {"IPv6 address: 2001:db8:0:2::", "/64", "IPv6 gateway address: 2001:db8:0:2::ff/64",
			"IPv6 primary DNS: 2001:db8:0:53::1", "MTU: 1428", "IP Family: IPv6"},
	} {
		out := qmicli(t, args)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %q in\n%s", args, w, out)
			}
		}
	}
	io.WriteString(stdin, "cell 3GPP-NR-TDD;utran-cell-id-3gpp=4600046550B170C23000\n")
	time.Sleep(100 * time.Millisecond)
	out := qmicli(t, "--nas-get-cell-location-info")
	for _, w := range []string{"PLMN: '46000'", "Tracking Area Code: '4609291'", "Global Cell ID: '6186741760'", "Physical Cell ID: '901'"} {
		if !strings.Contains(out, w) {
			t.Errorf("NR: no %q in\n%s", w, out)
		}
	}
	io.WriteString(stdin, "quit\n")
	expect(t, ended, 0)
	checkRecorded(t, stderr.String())
}

// checkRecorded expects that the simulated modem answered the recorded frame, octet by octet but
// for client id and transaction.
func checkRecorded(t *testing.T, log string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "vectors", "modem", "qmi_generated.hex"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(b), "[test_generated_nas_get_cell_location_info_2.response")
	frame, err := hex.DecodeString(strings.Split(text, "\n")[1])
	if err != nil {
		t.Fatal(err)
	}
	if tail := hex.EncodeToString(frame[9:]); !strings.Contains(log, tail) {
		t.Errorf("the recorded frame ...%s was not sent", tail)
	}
}
