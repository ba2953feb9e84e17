package board

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// usbPort is idVendor, idProduct and bInterfaceNumber as sysfs has them.
var usbPort = regexp.MustCompile("^usb(:[0-9a-f]{4}){2}:[0-9a-f]{2}$")

func TestEveryProfileIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range All() {
		t.Run(p.Name, func(t *testing.T) {
			switch {
			case seen[p.Name]:
				t.Error("listed twice")
			case p.Name == "" || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
				t.Errorf("name %q: want lower case, digits and hyphens", p.Name)
			case p.Title == "" || len(p.Title) > 72:
				t.Errorf("title %q", p.Title)
			case p.Protocol != "at" && p.Protocol != "none":
				t.Errorf("protocol %q", p.Protocol)
			case (p.Protocol == "at") != (strings.HasPrefix(p.Device, "/dev/") || usbPort.MatchString(p.Device)):
				t.Errorf("device %q with protocol %q", p.Device, p.Protocol)
			case p.Baud < 9600, p.Memory.Buffers < 16, p.Memory.Buffers > 4096, p.Memory.Sessions < 1, p.Memory.Limit < 4, p.Memory.GC < 10:
				t.Errorf("baud %d, memory %+v", p.Baud, p.Memory)
			case p.Home != "" && (p.Home[0] != '/' || strings.HasPrefix(p.Home, p.State) || p.State == ""):
				t.Errorf("home %q, state %q", p.Home, p.State)
			case p.State != "" && !strings.HasPrefix(p.State, "/"):
				t.Errorf("state %q", p.State)
			}
			oneOf(t, "ESP", p.ESP, Yes, No, Unknown)
			oneOf(t, "Init", p.Init, Systemd, Busybox, Procd, OpenRC, Legato, Own)
			oneOf(t, "Proof", p.Proof, Booted, Emulated, Demo, Unproven)
			if (p.Proof == Booted) != (p.Emulator != Emulator{}) {
				t.Error("a board is proven by booting if and only if there is an emulator")
			}
			switch p.Arch {
			case ARMv5, ARMv6, ARMv7, ARM64, Any:
			default:
				t.Errorf("architecture %q", p.Arch)
			}
			seen[p.Name] = true
		})
	}
}

// oneOf checks a fact that is a word of a list.
func oneOf(t *testing.T, fact, value string, words ...string) {
	t.Helper()
	if !slices.Contains(words, value) {
		t.Errorf("%s %q: want one of %q", fact, value, words)
	}
}

func TestFind(t *testing.T) {
	p, ok := Find("qemu-virt")
	if !ok || p.Name != "qemu-virt" || p != qemuVirt {
		t.Fatalf("Find(qemu-virt) = %+v, %v", p, ok)
	}
	p.Memory.Buffers = 1
	if qemuVirt.Memory.Buffers == 1 {
		t.Error("Find gives away the profile itself")
	}
	if _, ok := Find("QEMU-virt"); ok {
		t.Error("names are in lower case")
	}
}

// TestEveryFactHasASource: a profile without provenance is a rumour.
func TestEveryFactHasASource(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	profiles := 0
	for _, f := range files {
		b, err := os.ReadFile(f.Name())
		if err != nil || !strings.Contains(string(b), "= Profile{") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		profiles++
		if !strings.Contains(string(b), "// Source: ") {
			t.Errorf("%s: no line Source:", f.Name())
		}
	}
	if profiles != len(All()) {
		t.Errorf("%d files with a profile, %d listed", profiles, len(All()))
	}
}
