package at

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// accesses by the access type or class that a header begins with.
var accesses = map[string]Cell{
	"3GPP-E-UTRAN-FDD": {Access: EUTRAN, Duplex: FDD}, "3GPP-E-UTRAN-TDD": {Access: EUTRAN, Duplex: TDD}, "3GPP-E-UTRAN": {Access: EUTRAN},
	"3GPP-NR-FDD": {Access: NR, Duplex: FDD}, "3GPP-NR-TDD": {Access: NR, Duplex: TDD}, "3GPP-NR": {Access: NR},
	"3GPP-UTRAN-FDD": {Access: UTRAN, Duplex: FDD}, "3GPP-UTRAN-TDD": {Access: UTRAN, Duplex: TDD}, "3GPP-GERAN": {Access: GERAN},
}

func hexOf(t *testing.T, s string) uint64 {
	t.Helper()
	v, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func pani(t testing.TB, c Cell) string {
	t.Helper()
	b, err := c.AppendPANI(make([]byte, 0, MaxPANI))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestVectorsPANI(t *testing.T) {
	for _, row := range rows(t, "modem/pani_examples.txt") {
		if len(row) < 6 {
			continue // other forms: value and source only
		}
		t.Run(row[0], func(t *testing.T) {
			head, _, _ := strings.Cut(row[0], ";")
			c, ok := accesses[head]
			if !ok {
				t.Skip("an access that no modem reports")
			}
			c.PLMN, c.Located = NewPLMN([]byte(row[1]+row[2])), true
			c.Area, c.ID = uint32(hexOf(t, row[3])), hexOf(t, row[4])
			if got := pani(t, c); !strings.EqualFold(got, row[0]) {
				t.Errorf("%s, want %s", got, row[0])
			}
			if back, err := ParsePANI([]byte(row[0])); err != nil || back != c {
				t.Errorf("%v %+v, want %+v", err, back, c)
			}
		})
	}
}

func TestPANIWithoutCell(t *testing.T) {
	whole := Cell{Access: EUTRAN, Duplex: FDD, PLMN: NewPLMN([]byte("310410")), Located: true, Area: 1}
	tests := []struct {
		name string
		edit func(c *Cell)
		want string
	}{
		{"whole", func(*Cell) {}, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"},
		{"no coverage", func(c *Cell) { c.Access = AccessNone }, ""},
		{"unknown access", func(c *Cell) { c.Access = 99 }, ""},
		{"no place", func(c *Cell) { c.Located = false }, "3GPP-E-UTRAN-FDD"},
		{"no network", func(c *Cell) { c.PLMN = PLMN{} }, "3GPP-E-UTRAN-FDD"},
		{"network 000", func(c *Cell) { c.PLMN = NewPLMN([]byte("00000")) }, "3GPP-E-UTRAN-FDD"},
		{"area 0", func(c *Cell) { c.Area = 0 }, "3GPP-E-UTRAN-FDD"},
		{"area deleted", func(c *Cell) { c.Area = 0xFFFE }, "3GPP-E-UTRAN-FDD"},
		{"area unknown", func(c *Cell) { c.Area = 0xFFFF }, "3GPP-E-UTRAN-FDD"},
		{"area of NR", func(c *Cell) { c.Area = 0x10000 }, "3GPP-E-UTRAN-FDD"},
		{"cell unknown", func(c *Cell) { c.ID = 0xFFFFFFF }, "3GPP-E-UTRAN-FDD"},
		{"cell too long", func(c *Cell) { c.ID = 1 << 28 }, "3GPP-E-UTRAN-FDD"},
		{"cell of 64 bits", func(c *Cell) { c.ID = 1<<64 - 1 }, "3GPP-E-UTRAN-FDD"},
		{"duplex unknown", func(c *Cell) { c.Duplex = DuplexUnknown }, "3GPP-E-UTRAN;utran-cell-id-3gpp=31041000010000000"},
		{"NR longest", func(c *Cell) { c.Access, c.Area, c.ID = NR, 0xABCDEF, 0xFFFFFFFFE }, "3GPP-NR-FDD;utran-cell-id-3gpp=310410ABCDEFFFFFFFFFE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := whole
			tt.edit(&c)
			if got := pani(t, c); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	short := make([]byte, 3, MaxPANI+2)
	if b, err := whole.AppendPANI(short); err != ErrNoRoom || len(b) != 3 {
		t.Errorf("no room: %q, %v", b, err)
	}
}

var decode = regexp.MustCompile(`^=> (?:(\d{3}) (\d{2,3}) )?(?:tac|lac)=([0-9A-Fa-f]+) (?:eci|nci|ci)=(?:\d+\(dec\)=)?([0-9A-Fa-f]+)\b(.*)`)

// The reports that the vectors list only to be refused, or that dialects leave to the
// registration lines: Telit's form for GSM and #SERVINFO, an over-long NCI.
var unread = regexp.MustCompile(`^(#SERVINFO|2,4,,|#RFSTS: "204 04"|\^MONSC: NR)`)

func TestVectorsServingCell(t *testing.T) {
	vendor, section := -1, ""
	var c Cell
	var read []string
	for n, line := range strings.Split(string(load(t, "modem/at_vendor_cell.txt")), "\n") {
		switch line = strings.TrimRight(line, "\r"); {
		case strings.HasPrefix(line, "["):
			section = line
			vendor = dialectOf([]byte(strings.ToLower(line[1:])))
		case line == "", line[0] == '#' && !strings.HasPrefix(line, "#RFSTS") && !strings.HasPrefix(line, "#SERVINFO"):
		case strings.HasPrefix(line, "=>"):
			if vendor >= 0 {
				checkServing(t, section+" line "+strconv.Itoa(n+1), line, read, c)
			}
			c, read = Cell{}, nil
		default:
			read = append(read, line)
			if vendor >= 0 {
				dialects[vendor].read([]byte(line), &c)
			}
		}
	}
}

// checkServing compares a cell with its "=>" line.
func checkServing(t *testing.T, name, want string, read []string, c Cell) {
	t.Run(name, func(t *testing.T) {
		if unread.MatchString(read[0]) {
			if c.Located {
				t.Errorf("%q was read as %+v", read, c)
			}
			return
		}
		m := decode.FindStringSubmatch(want)
		if strings.Contains(want, "ci=2D54,lac=57B2") { // Huawei's GSM line gives them in a comment
			m = []string{"", "460", "00", "57B2", "2D54", ""}
		}
		if m == nil {
			if c.Located {
				t.Errorf("%q was read as %+v; %s", read, c, want)
			}
			return
		}
		if hexOf(t, m[4]) == 0 { // "firmware did not know it"
			if c.Located {
				t.Errorf("%q: cell 0 taken", read)
			}
			return
		}
		if string(c.PLMN.Digits()) != m[1]+m[2] || uint64(c.Area) != hexOf(t, m[3]) || c.ID != hexOf(t, m[4]) || !c.Located {
			t.Errorf("%q = %+v, want %s", read, c, want)
		}
		for word, d := range map[string]Duplex{" FDD": FDD, " TDD": TDD} {
			if strings.Contains(m[5], word) && c.Duplex != d && !strings.Contains(m[5], "NB") && !truncated(read) {
				t.Errorf("%q: duplex %d, want%s", read, c.Duplex, word)
			}
		}
		if b := bandOf.FindStringSubmatch(m[5]); b != nil && strconv.Itoa(int(c.Band)) != b[1] && c.Access >= EUTRAN {
			t.Errorf("%q: band %d, want %s", read, c.Band, b[1])
		}
		if i := strings.LastIndex(m[5], "PANI "); i >= 0 && !strings.HasSuffix(pani(t, c), "="+strings.Fields(m[5][i+5:])[0]) {
			t.Errorf("%q: %s, want %s", read, pani(t, c), want)
		}
	})
}

// truncated reports whether the recording ends before the band.
func truncated(read []string) bool {
	return strings.HasSuffix(read[len(read)-1], ",") && strings.HasPrefix(read[0], "+CPSI")
}

func TestVectorsSMONI(t *testing.T) {
	want := map[string]string{"1593": "26202BF750345103", "1611": "26202BF750345103", "1620": "26202BF750345103",
		"1629": "26202C096027430F", "1638": "26202C096027430F"} // 2G and 3G: the registration lines serve
	for _, row := range rows(t, "modem/at_cinterion_smoni.txt") {
		var c Cell
		readSMONI(unescape(t, row[1]), &c)
		_, got, _ := strings.Cut(pani(t, c), "=")
		if w, known := want[row[0]]; got != w && (known || c.Located) {
			t.Errorf("%s: %q, want %q", row[1], got, w)
		}
	}
}

func TestDuplex(t *testing.T) {
	for n, want := range map[int]Duplex{0: FDD, 1357: FDD, 4949: FDD, 4950: DuplexUnknown, 5009: DuplexUnknown, 5010: FDD, 5400: DuplexUnknown,
		5730: FDD, 7450: DuplexUnknown, 9919: FDD, 9700: DuplexUnknown, 10360: DuplexUnknown, 35999: DuplexUnknown, 36000: TDD, 38950: TDD, 43390: TDD, 60304: TDD, 60305: DuplexUnknown, 65535: DuplexUnknown, 65536: FDD, 67400: DuplexUnknown, 70705: FDD, 70706: DuplexUnknown, 66935: FDD, -1: DuplexUnknown} {
		if got := DuplexOfEARFCN(n); got != want {
			t.Errorf("EARFCN %d: %d, want %d", n, got, want)
		}
	}
	for n, want := range map[int]Duplex{0: DuplexUnknown, 1: FDD, 20: FDD, 33: TDD, 40: TDD, 48: TDD, 49: TDD, 15: DuplexUnknown, 29: DuplexUnknown, 53: TDD, 66: FDD, 999: DuplexUnknown} {
		if got := DuplexOfLTEBand(n); got != want {
			t.Errorf("band %d: %d, want %d", n, got, want)
		}
	}
}

func TestParsePANI(t *testing.T) {
	for value, want := range map[string]error{
		"3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=310260ABCDEFFF":                        ErrSyntax, // 14 characters
		`3GPP-E-UTRAN-FDD;utran-cell-id-3gpp="3102600abcdef";network-provided`:      ErrSyntax, // 13
		`3GPP-E-UTRAN-FDD; utran-cell-id-3gpp="3102600001abcdefa";network-provided`: nil,
		"3gpp-e-utran-tdd;utran-cell-id-3gpp=4405112341234123":                      nil,
		"3GPP-E-UTRAN-FDD":                                      nil,
		"3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=":                  ErrSyntax,
		"3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=310410000100000G0": ErrSyntax,
		"3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31A41000010000000": ErrSyntax,
		"IEEE-802.11a;i-wlan-node-id=283b82a9d534":              ErrNoCell,
		"": ErrNoCell,
	} {
		if c, err := ParsePANI([]byte(value)); err != want {
			t.Errorf("%q: %v %+v, want %v", value, err, c, want)
		}
	}
	c, _ := ParsePANI([]byte("3GPP-E-UTRAN-TDD;utran-cell-id-3gpp=4405112341234123"))
	if string(c.PLMN.Digits()) != "44051" || c.Area != 0x1234 || c.ID != 0x1234123 || c.Duplex != TDD {
		t.Errorf("%+v", c)
	}
}

// bandOf finds the band that a "=>" line names, or the one of its channel.
var bandOf = regexp.MustCompile(`band(\d+)`)

func TestBand(t *testing.T) {
	for earfcn, want := range map[int]int{900: 2, 1357: 3, 1795: 3, 1300: 3, 6100: 19, 6300: 20, 5035: 12, 3740: 8, 39092: 40, 66786: 66, 66935: 66,
		38950: 40, 43390: 42, 2525: 5, 70400: 85, 35000: 0, -5: 0} {
		if got := LTEBandOf(earfcn); got != want {
			t.Errorf("EARFCN %d: band %d, want %d", earfcn, got, want)
		}
	}
}

// The other forms of the examples: over WLAN, and the last cell beside it.
func TestVectorsOtherForms(t *testing.T) {
	seen := 0
	for _, row := range rows(t, "modem/pani_examples.txt") {
		if len(row) >= 6 {
			continue
		}
		if value, ok := strings.CutPrefix(row[0], "Cellular-Network-Info: "); ok {
			head, age, _ := strings.Cut(value, ";cell-info-age=")
			seconds, err := strconv.ParseUint(age, 10, 32)
			c, err2 := ParsePANI([]byte(head))
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if b, err := c.AppendCellularInfo(make([]byte, 0, 128), uint32(seconds)); err != nil || string(b) != value {
				t.Errorf("%q %v, want %q", b, err, value)
			}
			seen++
		}
		if standard, node, ok := strings.Cut(row[0], ";i-wlan-node-id="); ok && !strings.Contains(node, ";") {
			var mac [6]byte
			for i := range mac {
				mac[i] = byte(hexOf(t, node[2*i:2*i+2]))
			}
			if b, err := AppendWLAN(make([]byte, 0, 64), standard, mac); err != nil || string(b) != row[0] {
				t.Errorf("%q %v, want %q", b, err, row[0])
			}
			seen++
		}
	}
	if seen < 3 {
		t.Errorf("%d forms seen", seen)
	}
	if b, err := (Cell{Access: EUTRAN}).AppendCellularInfo(make([]byte, 0, 128), 1); len(b) != 0 || err != nil {
		t.Errorf("cell unknown: %q %v", b, err)
	}
	if _, err := AppendWLAN(make([]byte, 0, 8), "IEEE-802.11", [6]byte{}); err != ErrNoRoom {
		t.Error(err)
	}
}
