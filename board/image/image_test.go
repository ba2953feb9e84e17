package image

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imsagent/board"
)

// TestArchiveOctets: the expected octets are written by hand from the kernel's
// buffer-format: magic, then 13 fields of 8 hexadecimal digits.
func TestArchiveOctets(t *testing.T) {
	var b bytes.Buffer
	a := newArchive(&b)
	a.file("a/b", 0o755, []byte("hello"))
	a.char("c", 5, 1)
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	want := "070701" + "00000001" + "000041ED" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" +
		"00000000" + "00000000" + "00000000" + "00000000" + "00000002" + "00000000" + "a\x00" +
		"070701" + "00000002" + "000081ED" + "00000000" + "00000000" + "00000001" + "00000000" + "00000005" +
		"00000000" + "00000000" + "00000000" + "00000000" + "00000004" + "00000000" + "a/b\x00" + "\x00\x00" + "hello\x00\x00\x00" +
		"070701" + "00000003" + "00002180" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" +
		"00000000" + "00000000" + "00000005" + "00000001" + "00000002" + "00000000" + "c\x00" +
		"070701" + "00000004" + "00000000" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" +
		"00000000" + "00000000" + "00000000" + "00000000" + "0000000B" + "00000000" + "TRAILER!!!\x00" + "\x00\x00\x00"
	got := b.String()
	if b.Len()%512 != 0 || strings.TrimRight(got, "\x00") != strings.TrimRight(want, "\x00") || !strings.HasPrefix(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestModulesOfNoKernel(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"modules.builtin": "kernel/drivers/virtio/virtio-ring.ko\n", "broken.ko": "no ELF"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if order, err := moduleOrder(dir, []string{"virtio_ring"}); err != nil || len(order) > 0 {
		t.Errorf("built in: %v, %v", order, err)
	}
	for name, want := range map[string]string{"absent": "no module absent", "broken": "broken.ko"} {
		if _, err := moduleOrder(dir, []string{name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCommandOfEveryEmulator(t *testing.T) {
	for _, p := range board.All() {
		if p.Emulator == (board.Emulator{}) {
			continue
		}
		line := Quote(Command(p.Emulator, Run{Kernel: "k", Initramfs: "i", Append: "a=1", Modem: "m", Netdev: "user", Share: "s", QMP: "q"}))
		wanted := []string{p.Emulator.Command + " -M ", " -nodefaults -no-reboot ", " -kernel k -initrd i -append 'console=" + p.Emulator.Console + " panic=-1 quiet ", "a=1'", "-qmp unix:q,"}
		if p.Emulator.Net != "" {
			wanted = append(wanted, " -chardev socket,id=modem,path=m ", "chardev=modem", " -netdev user,id=net ", "netdev=net", "fsdev=share")
		}
		for _, want := range wanted {
			if !strings.Contains(line, want) {
				t.Errorf("%s: no %q in\n%s", p.Name, want, line)
			}
		}
	}
}

func TestQuote(t *testing.T) {
	if got, want := Quote([]string{"a", "b c", "it's", "$x"}), `a 'b c' 'it'\''s' '$x'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestKernelInTheCache(t *testing.T) {
	cache := t.TempDir()
	e := board.Emulator{Package: "linux-image-x", DebArch: "y"}
	dir := filepath.Join(cache, "linux-image-x_y")
	for _, d := range []string{"boot", "lib/modules/9.9-x"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "boot/vmlinuz-9.9-x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	k, err := FetchKernel(e, cache)
	if err != nil || k.Version != "9.9-x" || k.Modules != filepath.Join(dir, "lib/modules/9.9-x") {
		t.Errorf("%+v, %v", k, err)
	}
}
