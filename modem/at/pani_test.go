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
// registration lines: Telit's form for GSM and #SERVINFO, u-blox, an over-long NCI.
var unread = regexp.MustCompile(`^(#SERVINFO|\+UCGED|[0-9]+,[0-9]+,|#RFSTS: "204 04"|\^MONSC: NR)`)

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
		if unread.MatchString(read[0]) && !strings.HasPrefix(read[0], "1,4,") {
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
		5730: FDD, 7450: DuplexUnknown, 35999: FDD, 36000: TDD, 38950: TDD, 43390: TDD, 65535: TDD, 65536: FDD, 66935: FDD, -1: DuplexUnknown} {
		if got := DuplexOfEARFCN(n); got != want {
			t.Errorf("EARFCN %d: %d, want %d", n, got, want)
		}
	}
	for n, want := range map[int]Duplex{0: DuplexUnknown, 1: FDD, 20: FDD, 33: TDD, 40: TDD, 48: TDD, 49: DuplexUnknown, 53: TDD, 66: FDD, 999: DuplexUnknown} {
		if got := DuplexOfLTEBand(n); got != want {
			t.Errorf("band %d: %d, want %d", n, got, want)
		}
	}
}
