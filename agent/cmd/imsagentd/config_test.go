package main

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"imsagent/agent"
	"imsagent/cpim"
)

// write puts text into a file of the test's own.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "imsagent.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTraceConfigurationIsGood(t *testing.T) {
	cfg, faults := loadConfig(options{config: "testdata/trace.toml"})
	if len(faults) > 0 {
		t.Fatalf("faults: %v", faults)
	}
	if got := cfg.IMS.Local; got.Host != "[2001::1:4c16:9c0f:4986:9e6d]" || got.Port != 5060 ||
		got.Addr != netip.MustParseAddrPort("[2001:0:0:1:4c16:9c0f:4986:9e6d]:5060") {
		t.Errorf("local = %+v", got)
	}
	if got := cfg.IMS.PCSCF; len(got) != 1 || got[0].Host != "[2001:0:0:1::2]" || got[0].String() != "[2001:0:0:1::2]:5060" {
		t.Errorf("pcscf = %+v", got)
	}
	if cfg.Board != "qemu-virt" || cfg.Modem.Device != "/dev/hvc0" || cfg.Memory.Buffers != 64 {
		t.Errorf("board not applied: %+v", cfg)
	}
}

// TestDefaultsAreThoseOfTheInterface reads a file with every key at its default and expects
// what an empty file gives, but for the keys that have none.
func TestDefaultsAreThoseOfTheInterface(t *testing.T) {
	got, faults := loadConfig(options{config: "testdata/defaults.toml"})
	want := []fault{{where: "testdata/defaults.toml", line: 27, key: "ims.register",
		text: "registration is not yet there; set register = false"}}
	if !reflect.DeepEqual(faults, want) {
		t.Errorf("faults %v, want %v", faults, want)
	}
	def := agent.DefaultConfig()
	def.Board, def.Modem.Device = "qemu-virt", "/dev/ttyUSB2"
	def.Modem.AccessNetwork = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"
	def.IMS.Local, def.IMS.PCSCF = got.IMS.Local, got.IMS.PCSCF
	def.IMS.Domain, def.IMS.IMPI, def.IMS.IMPU = got.IMS.Domain, got.IMS.IMPI, got.IMS.IMPU
	def.IMS.Algorithms, def.Chat.Namespaces, def.Host.AllowUIDs = []string{}, []cpim.Namespace{}, []uint32{}
	def.SIP.T1, def.SIP.T2, def.SIP.T4 = def.SIPTimers()
	if !reflect.DeepEqual(got, def) {
		t.Errorf("got  %+v\nwant %+v", got, def)
	}
}

// TestEveryKeyHasAField: the file of all keys and the table of fields name the same keys.
func TestEveryKeyHasAField(t *testing.T) {
	text, err := os.ReadFile("testdata/defaults.toml")
	if err != nil {
		t.Fatal(err)
	}
	d, syntax := parseFile(string(text))
	if syntax != nil {
		t.Fatal(syntax)
	}
	fields := fieldsOf(new(agent.Config))
	for _, e := range d.entries {
		if _, ok := fields[e.key]; !ok {
			t.Errorf("%s has no field", e.key)
		}
		delete(fields, e.key)
	}
	for key := range fields {
		t.Errorf("%s is not in the file of all keys", key)
	}
}

// TestEveryFieldHasAKey walks agent.Config: a field that no key sets is unreachable.
func TestEveryFieldHasAKey(t *testing.T) {
	var cfg agent.Config
	reached := map[any]bool{}
	for _, p := range fieldsOf(&cfg) {
		reached[reflect.ValueOf(p).Pointer()] = true
	}
	v := reflect.ValueOf(&cfg).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() != reflect.Struct {
			if !reached[f.Addr().Pointer()] {
				t.Errorf("no key sets %s", v.Type().Field(i).Name)
			}
			continue
		}
		for j := range f.NumField() {
			if !reached[f.Field(j).Addr().Pointer()] {
				t.Errorf("no key sets %s.%s", v.Type().Field(i).Name, f.Type().Field(j).Name)
			}
		}
	}
}

// TestAllFaultsAreListed: each with its key and line, in the order of the lines.
func TestAllFaultsAreListed(t *testing.T) {
	_, faults := loadConfig(options{config: "testdata/faults.toml"})
	var got []string
	for _, f := range faults {
		if f.text == "" || f.where != "testdata/faults.toml" {
			t.Errorf("%+v", f)
		}
		got = append(got, fmt.Sprintf("%d %s", f.line, f.key))
	}
	want := []string{
		"1 log", "2 colour", "4 modem.protocol", "5 modem.device", "6 modem.baud",
		"7 ims.register",
		"8 ims.local", "9 ims.pcscf", "10 ims.transport", "11 ims.impu", "12 ims.auth", "13 ims.expires",
		"16 sip.t2", "18 msrp.port", "19 msrp.tls",
		"21 chat.content_types", "25 chat.typing_refresh", "26 chat.cpim_pani",
		"28 host.mode", "29 host.allow_uids", "31 spool.max_size", "33 memory.limit", "34 network",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, key := range []string{"ims.register", "ims.auth", "msrp.tls"} {
		i := slices.IndexFunc(faults, func(f fault) bool { return f.key == key })
		if i < 0 || !strings.Contains(faults[i].text, "not yet") {
			t.Errorf("%s is not refused with \"not yet\"", key)
		}
	}
}

func TestSyntaxErrorStandsAlone(t *testing.T) {
	path := write(t, "log = \"loud\"\n[ims]\nregister = maybe\n[msrp\nport = 0\n")
	_, faults := loadConfig(options{config: path})
	if len(faults) != 1 || faults[0].line != 3 || faults[0].key != "" || faults[0].text == "" {
		t.Errorf("faults %v, want one, on line 3", faults)
	}
	path = write(t, "[ims]\nregister = false\nregister = true\n")
	if _, faults = loadConfig(options{config: path}); len(faults) != 1 || faults[0].line != 3 {
		t.Errorf("faults %v, want the key that is there twice, on line 3", faults)
	}
}

// TestMissingKeyIsShownAtItsTable: a key that is not there has no line of its own.
func TestMissingKeyIsShownAtItsTable(t *testing.T) {
	missing := func(text string) map[string]int {
		_, faults := loadConfig(options{config: write(t, text)})
		lines := map[string]int{}
		for _, f := range faults {
			lines[f.key] = f.line
		}
		return lines
	}
	lines := missing("log = \"info\"\n\n[ims]\nregister = false\n[modem]\nprotocol = \"none\"\n")
	if lines["ims.local"] != 3 || lines["ims.pcscf"] != 3 || lines["ims.impu"] != 3 || len(lines) != 3 {
		t.Errorf("without a modem: %v", lines)
	}
	lines = missing("log = \"info\"\n\n[ims]\nregister = false\n") // the modem tells who we are and where requests go
	if lines["ims.local"] != 3 || lines["modem.device"] != 1 || len(lines) != 2 {
		t.Errorf("with one: %v", lines)
	}
}

func TestFlagsOverrideTheFileAndTheFileTheBoard(t *testing.T) {
	text, err := os.ReadFile("testdata/trace.toml")
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "state = \"/file\"\nlog = \"warn\"\n"+string(text)+"[memory]\nbuffers = 17\n[host]\nsocket = \"/file.sock\"\n")
	cfg, faults := loadConfig(options{config: path, board: "quectel-rm50x", socket: "/flag.sock", log: "debug"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	got := []any{cfg.Board, cfg.Modem.Device, cfg.Memory.Buffers, cfg.State, cfg.Host.Socket, cfg.Log, cfg.Modem.Protocol}
	want := []any{"quectel-rm50x", "/dev/smd11", 17, "/file", "/flag.sock", "debug", "none"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFaultOfAFlagNamesTheFlag(t *testing.T) {
	_, faults := loadConfig(options{config: "testdata/trace.toml", board: "toaster", log: "loud"})
	if len(faults) != 2 || faults[0].String() == "" || faults[0].where != "-board" || faults[1].where != "-log" {
		t.Fatalf("faults %v", faults)
	}
	if !strings.HasPrefix(faults[0].String(), `-board: board: "toaster" is not a board; known: qemu-virt, `) {
		t.Error(faults[0])
	}
}

func TestBoardOfTheFileIsUnknown(t *testing.T) {
	_, faults := loadConfig(options{config: write(t, "\nboard = \"toaster\"\n")})
	if len(faults) == 0 || !slices.ContainsFunc(faults, func(f fault) bool { return f.key == "board" && f.line == 2 }) {
		t.Errorf("faults %v", faults)
	}
	_, faults = loadConfig(options{config: write(t, "\nboard = 5\n")})
	if !slices.ContainsFunc(faults, func(f fault) bool { return f.key == "board" && f.line == 2 && f.text == "is an integer, want a string" }) {
		t.Errorf("faults %v", faults)
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	_, faults := loadConfig(options{config: "testdata/none.toml"})
	if len(faults) != 1 || faults[0].String() != "testdata/none.toml: no such file or directory" {
		t.Errorf("faults %v", faults)
	}
	if _, faults = loadConfig(options{config: write(t, strings.Repeat("#\n", maxConfig))}); len(faults) != 1 {
		t.Errorf("a huge file: %v", faults)
	}
}

func TestQuotedKeyIsNotTheDottedOne(t *testing.T) {
	_, faults := loadConfig(options{config: write(t, "\"ims.register\" = false\n\"\" = 1\n")})
	var got []string
	for _, f := range faults {
		if f.text == "is not a key" {
			got = append(got, fmt.Sprint(f.line, f.key))
		}
	}
	if want := []string{`1"ims.register"`, `2""`}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		line, fault string
		get         func(*agent.Config) any
		want        any
	}{
		{`memory.limit = "16MiB"`, "", func(c *agent.Config) any { return c.Memory.Limit }, int64(16 << 20)},
		{`memory.limit = 8388608`, "", func(c *agent.Config) any { return c.Memory.Limit }, int64(8 << 20)},
		{`memory.limit = "9223372036854775807GiB"`, "is not", nil, nil},
		{`spool.max_bytes = "512KiB"`, "", func(c *agent.Config) any { return c.Spool.MaxBytes }, int64(512 << 10)},
		{`msrp.port = 0`, "", func(c *agent.Config) any { return c.MSRP.Port }, uint16(0)},
		{`msrp.port = -1`, "-1 is not an integer from 0 to 65535", nil, nil},
		{`chat.idle = "1h30m"`, "", func(c *agent.Config) any { return c.Chat.Idle.String() }, "1h30m0s"},
		{`chat.idle = "300"`, "is not a time", nil, nil},
		{`chat.idle = "-5s"`, "want 1s", nil, nil},
		{`chat.namespaces = ["MyFeatures <mailto:RCSFeatures@test.com>"]`, "",
			func(c *agent.Config) any { return c.Chat.Namespaces[0] }, cpim.Namespace{Prefix: "MyFeatures", URI: "mailto:RCSFeatures@test.com"}},
		{`chat.namespaces = ["MyFeatures"]`, `element 1 "MyFeatures" is not a namespace`, nil, nil},
		{`chat.namespaces = ["imdn <urn:x>"]`, "declared anyway", nil, nil},
		{`chat.namespaces = ["a.b <urn:x>"]`, "is not a prefix", nil, nil},
		{`chat.namespaces = ["a <urn:x>", "a <urn:y>"]`, "declared twice", nil, nil},
		{`host.mode = "0600"`, "", func(c *agent.Config) any { return c.Host.Mode }, "0600"},
		{`host.mode = 432`, "want a string", nil, nil},
		{`host.allow_uids = [0, 4294967295]`, "", func(c *agent.Config) any { return c.Host.AllowUIDs[1] }, uint32(1<<32 - 1)},
		{`ims.pcscf = ["192.0.2.1:5060"]`, "another IP version", nil, nil},
		{`ims.pcscf = ["pcscf.example.org"]`, "not yet", nil, nil},
		{`ims.pcscf = "[::1]:5070"`, "is a string, want an array", nil, nil},
		{`ims.pcscf = ["[::1]:5070", ""]`, `element 2 "" is not an address`, nil, nil},
		{`ims.local = "[::]:5060"`, "no address that a peer could reach", nil, nil},
		{`ims.local = ""`, "not yet", nil, nil},
		{`ims.impu = "sip:a@b\r\nX: y"`, "control character", nil, nil},
		{`ims.user_agent = "a\nb"`, "control character", nil, nil},
		{`ims.security = "tls"`, "not yet", nil, nil},
		{`ims.access = "wlan"`, "", func(c *agent.Config) any { t1, t2, t4 := c.SIPTimers(); return fmt.Sprint(t1, t2, t4) }, "500ms 4s 5s"},
		{`bearer.manage = "modem"`, "no modem of ours", nil, nil},
		{`bearer.interface = "a-name-that-is-too-long"`, "cannot be an interface", nil, nil},
		{`modem.protocol = "host"`, "", func(c *agent.Config) any { return c.Modem.Protocol }, "host"},
		{`ims.pcscf = []`, "no modem to ask", nil, nil},
		{`modem.pin = 1234`, "is an integer, want a string", nil, nil},
		{`modem.pin = "12x4"`, "four to eight digits", nil, nil},
		{`modem.access_network = "IEEE-802.11, GERAN"`, "is not an access type", nil, nil},
		{`msrp.path_host = "token"`, "setup", nil, nil},
		{`register = false`, "ims.register is", nil, nil},
	} {
		t.Run(c.line, func(t *testing.T) {
			cfg, faults := loadConfig(options{config: write(t, withBase(c.line))})
			switch {
			case c.fault == "" && len(faults) > 0:
				t.Fatal(faults)
			case c.fault == "":
				if got := c.get(&cfg); got != c.want {
					t.Errorf("got %v, want %v", got, c.want)
				}
			case len(faults) != 1 || !strings.Contains(faults[0].text, c.fault) || faults[0].line == 0:
				t.Errorf("faults %v, want one with %q", faults, c.fault)
			}
		})
	}
}

// withBase adds the keys without which no configuration is good, unless line sets them.
func withBase(line string) string {
	keys := []string{`modem.protocol = "none"`, `ims.local = "[::1]:5060"`, `ims.pcscf = ["[::1]:5070"]`,
		`ims.impu = "sip:a@b"`, `ims.register = false`}
	name, _, _ := strings.Cut(line, " ")
	text := line + "\n"
	for _, k := range keys {
		if !strings.HasPrefix(k, name+" ") {
			text += k + "\n"
		}
	}
	return text
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"-version", exitStopped, "imsagentd ", ""},
		{"-h", exitStopped, "", "-config FILE"},
		{"-nonsense", exitUsage, "", "-nonsense"},
		{"surplus", exitUsage, "", `unexpected argument "surplus"`},
		{"-board help", exitStopped, "qemu-virt        armv7  at    /dev/hvc0", ""},
		{"-check -board nonsense", exitUsage, "", "is not a board"},
		{"-config testdata/faults.toml", exitUsage, "", "imsagentd: testdata/faults.toml:33: memory.limit: "},
		{"-config testdata/none.toml", exitUsage, "", "no such file"},
	} {
		t.Run(c.args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(strings.Fields(c.args), strings.NewReader(""), &stdout, &stderr)
			if code != c.code || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
				t.Errorf("exit %d, stdout %q, stderr %q", code, &stdout, &stderr)
			}
		})
	}
}

// FuzzLoad: whatever the file holds, every fault has a place and a text.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{"trace", "defaults", "faults"} {
		b, err := os.ReadFile("testdata/" + name + ".toml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("modem = 1\nims = [[1]]\n[[chat]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, syntax := parseFile(text)
		if syntax != nil {
			return
		}
		l := loader{cfg: agent.DefaultConfig(), path: "x", doc: d}
		l.board(options{})
		l.file()
		l.validate()
		for _, f := range l.faults {
			if f.line < 1 || f.text == "" || f.key == "" {
				t.Fatalf("%+v", f)
			}
			io.WriteString(io.Discard, f.String())
		}
	})
}
