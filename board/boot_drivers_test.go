package board_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imsagent/board/image"
)

// drivers are the kernel's for modems on USB, USB/IP's host side to plug in emulated ones, and QRTR.
const drivers = "vhci_hcd option qmi_wwan cdc_wdm qrtr"

// TestBootDrivers runs package modem's tests against the real drivers of the first board's kernel:
// an EC25 emulated by USB/IP behind option, qmi_wwan and cdc-wdm, and QRTR's sockets and name server.
//
//	IMSAGENT_BOOT=1 go test -v -count=1 -run TestBootDrivers ./board      (or make boot-test)
func TestBootDrivers(t *testing.T) {
	if os.Getenv(bootVariable) != "1" {
		t.Skip("boots a machine; " + bootVariable + "=1 or make boot-test")
	}
	p := emulated()[0]
	need(t, p.Emulator.Command, "qemu-system-arm")
	name := p.Name + "-drivers"
	m := &machine{t: t, profile: p, dir: filepath.Join(out, name), work: t.TempDir()}
	if err := os.MkdirAll(m.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"modemsim": "./modem/cmd/modemsim", "mkimage": "./board/cmd/mkimage"} {
		command(t, nil, "go", "build", "-o", filepath.Join("out/boot", name), path)
	}
	command(t, nil, "out/boot/mkimage", "-board", p.Name, "-modules", drivers, "-out", filepath.Join("out/boot", name), "-config", writeAlone(t))
	command(t, []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm", "GOARM=7"}, "go", "test", "-c", "-ldflags=-s -w",
		"-o", filepath.Join("out/boot", name, "share/tests/modem/tests"), "./modem")
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	defer cancel()
	m.ctx = ctx
	socket := filepath.Join(m.work, "at.sock")
	m.modem = start(t, m.dir, "modemsim", nil, filepath.Join(out, "modemsim"), "-unix", socket)
	m.modem.expect(ctx, t, 0, slow, "ready")
	m.qemu = start(t, m.dir, "console", func(line string) { t.Log("| " + line) }, image.Command(p.Emulator, image.Run{
		Kernel: filepath.Join(m.dir, "kernel"), Initramfs: filepath.Join(m.dir, "initramfs.gz"), Share: filepath.Join(m.dir, "share"),
		Append: fmt.Sprintf("board=%s date=%d IMSAGENT_VHCI=1 IMSAGENT_QRTR=1", p.Name, time.Now().Unix()), Modem: socket, Memory: 128,
	})...)
	m.qemu.expect(ctx, t, 0, slow, "init: ready")
	passed := 0
	for _, l := range m.must(5*time.Minute, "in /share/tests/modem ./tests -test.v -test.run Kernel") {
		if strings.Contains(l, "SKIP") {
			t.Error(l)
		} else if strings.HasPrefix(l, "--- PASS") {
			passed++
		}
	}
	if passed < 3 {
		t.Errorf("%d tests passed", passed)
	}
	m.off()
}
