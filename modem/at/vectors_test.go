package at

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// vectors returns the folder of the vectors.
func vectors(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("IMSAGENT_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "testdata", "vectors")
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// load reads a vector. A group that is missing from a folder of the environment is skipped; a
// file that its index names must be there.
func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(vectors(t, name))
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" && !strings.HasPrefix(name, "attacks/at/") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(name, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

// rows returns the lines of a table with their columns, without comments.
func rows(t testing.TB, name string) [][]string {
	t.Helper()
	var out [][]string
	for _, l := range strings.Split(string(load(t, name)), "\n") {
		if l != "" && l[0] != '#' {
			out = append(out, strings.Split(l, "\t"))
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s: no rows", name)
	}
	return out
}

// unescape resolves the C escapes of the tables.
func unescape(t testing.TB, s string) []byte {
	t.Helper()
	u, err := strconv.Unquote(`"` + s + `"`)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return []byte(u)
}

// linesOf cuts octets as the Assembler does; each line is a copy.
func linesOf(b []byte) (lines [][]byte) {
	var a Assembler
	for b = append(bytes.Clone(b), '\n'); len(b) > 0; {
		n, line, _ := a.Next(b)
		if b = b[n:]; line != nil {
			lines = append(lines, bytes.Clone(line))
		}
	}
	return lines
}

func TestVectorsRegistration(t *testing.T) {
	acts := map[string][]uint8{"UNKNOWN": {NoAcT}, "GSM": {0}, "EDGE": {3}, "UMTS": {2}, "LTE": {7}, "5GNR": {11}}
	for _, row := range rows(t, "modem/at_creg.tsv") {
		t.Run(row[0]+" "+row[1]+" "+row[2], func(t *testing.T) {
			line := linesOf(unescape(t, row[3]))[0]
			r, err := ParseRegistration(line, row[2] == "solicited")
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			stat, _, _ := strings.Cut(row[4], " ")
			if strconv.Itoa(int(r.Stat)) != stat {
				t.Errorf("%q: stat %d, want %s", line, r.Stat, stat)
			}
			if got := "0x" + strconv.FormatUint(uint64(r.Area), 16); got != row[5] {
				t.Errorf("%q: area %s, want %s", line, got, row[5])
			}
			if got := "0x" + strconv.FormatUint(r.ID, 16); got != row[6] {
				t.Errorf("%q: cell %s, want %s", line, got, row[6])
			}
			if want := acts[row[7]]; !bytes.Contains(want, []byte{r.AcT}) {
				t.Errorf("%q: AcT %d, want %v", line, r.AcT, want)
			}
			if got := domainPrefix[r.Domain]; got != "+"+row[8] {
				t.Errorf("%q: domain %s, want %s", line, got, row[8])
			}
		})
	}
}

// The lines of spec tables that are not among ModemManager's.
func TestRegistrationMore(t *testing.T) {
	tests := []struct {
		line string
		read bool
		want Registration
	}{
		{`+C5GREG: 2,1,"46550B","0000000170C23000",11,1,"01"`, true, Registration{FiveGS, 1, 11, true, 0x46550B, 0x170C23000}},
		{`+C5GREG: 2,1,"28041B","00000008FE090005",11,1,"01"`, true, Registration{FiveGS, 1, 11, true, 0x28041B, 0x8FE090005}},
		{`+C5GREG: 2,1,"690E0F","9013B004",11,4,"01.000000"`, true, Registration{FiveGS, 1, 11, true, 0x690E0F, 0x9013B004}},
		{`+C5GREG: 2,1,"835500","8350C6180",11,9,01`, true, Registration{FiveGS, 1, 11, true, 0x835500, 0x8350C6180}},
		{`+CREG: 2,1,"FFFE","7CA2803",7`, true, Registration{CS, 1, 7, true, 0xFFFE, 0x7CA2803}},
		{`+CEREG: 5,5,"1A2D","0A265185",7,,,"00001010","11000001"`, true, Registration{EPS, 5, 7, true, 0x1A2D, 0xA265185}},
		{`+CEREG: 5,"1A2D","0A265185",7,0,15`, false, Registration{EPS, 5, 7, true, 0x1A2D, 0xA265185}},
		{`+CEREG: 3,3,,,,0,15`, true, Registration{EPS, 3, NoAcT, false, 0, 0}},
		{`+CEREG: 1,"1A2D","0A265185",7`, true, Registration{EPS, 1, 7, true, 0x1A2D, 0xA265185}}, // unsolicited in mid-command
		{`+CEREG: 4`, false, Registration{EPS, 4, NoAcT, false, 0, 0}},
		{`+CEREG: 0,4`, true, Registration{EPS, 4, NoAcT, false, 0, 0}},
	}
	for _, tt := range tests {
		if got, err := ParseRegistration([]byte(tt.line), tt.read); err != nil || got != tt.want {
			t.Errorf("%s (read %v) = %+v, %v, want %+v", tt.line, tt.read, got, err, tt.want)
		}
	}
	for _, bad := range []string{"", "+CEREG", "+CEREG:", "+CEREG: x", "+CEREG: ,", "+CEREG: 12", "+CEREGX: 1", "CEREG: 1", "+CSQ: 1",
		"+CEREG: 99999999999999999999", "+CEREG: -1"} {
		if r, err := ParseRegistration([]byte(bad), true); err != ErrSyntax {
			t.Errorf("%q = %+v, %v", bad, r, err)
		}
	}
}

func TestVectorsOperator(t *testing.T) {
	want := map[string]string{ // by line of the source; all others are lists or ranges, without a serving PLMN
		"1015": "46000", "1022": "46000",
	}
	for _, row := range rows(t, "modem/at_cops.txt") {
		t.Run(row[0], func(t *testing.T) {
			for _, line := range linesOf(unescape(t, row[1])) {
				op, _ := ParseOperator(line)
				if got := string(op.PLMN.Digits()); got != want[row[0]] {
					t.Errorf("%q: PLMN %q, want %q", line, got, want[row[0]])
				}
			}
		})
	}
}

func TestOperator(t *testing.T) {
	tests := []struct {
		line, plmn string
		act        uint8
	}{
		{`+COPS: 0,2,"46000",12`, "46000", 12},
		{`+COPS: 0,2,"310260",7`, "310260", 7},
		{`+COPS: 0,2,310410,7`, "310410", 7},
		{`+COPS: 0,2,"31026",0`, "310260", 0}, // the third digit that the printer lost
		{`+COPS: 1,2,"003300310031003400380030",7`, "311480", 7},
		{`+COPS: 1,2,"00340036003000300030"`, "46000", NoAcT},
		{`+COPS: 0,2,"3104100",2`, "", 2}, // seven digits: nobody's
		{`+COPS: 0,2,"31O41",2`, "", 2},
		{`+COPS: 0`, "", NoAcT},
		{`+COPS: 0,0,"A,B \"C\"",7`, "", 7},
		{`+COPS: 0,0,"46000",7`, "", 7}, // a name that looks like a number
	}
	for _, tt := range tests {
		op, err := ParseOperator([]byte(tt.line))
		if err != nil || string(op.PLMN.Digits()) != tt.plmn || op.AcT != tt.act {
			t.Errorf("%s = %q %d %v, want %q %d", tt.line, op.PLMN.Digits(), op.AcT, err, tt.plmn, tt.act)
		}
	}
}

func TestVectorsSIM(t *testing.T) {
	want := map[string]SIM{"5214": SIMUnknown, "5215": SIMPIN, "5216": SIMLocked, "5217": SIMPUK, "5218": SIMLocked, "5219": SIMPIN, "5220": SIMLocked}
	for _, row := range rows(t, "modem/at_cpin.txt") {
		t.Run(row[0], func(t *testing.T) {
			expected, known := want[row[0]]
			if sim, err := ParseSIM(unescape(t, row[1])); known && sim != expected || (err == nil) != (sim != SIMUnknown) {
				t.Errorf("%q = %v, %v, want %v", row[1], sim, err, expected)
			}
		})
	}
}

func TestVectorsFraming(t *testing.T) {
	all := rows(t, "modem/at_framing.txt")
	for i := 0; i < len(all); i++ {
		row := all[i]
		if n, _ := strconv.Atoi(row[0]); n >= 36 && n <= 50 && i+1 < len(all) && all[i+1][0] == row[0] {
			i++
			t.Run("echo "+row[0], func(t *testing.T) { // the second form is the first without its echo
				got, want := linesOf(unescape(t, row[1])), linesOf(unescape(t, all[i][1]))
				if len(got) < len(want) || !equalLines(got[len(got)-len(want):], want) {
					t.Errorf("%q: lines %q, want at the end %q", row[1], got, want)
				}
			})
			continue
		}
		t.Run("final "+row[0], func(t *testing.T) { checkFinal(t, unescape(t, row[1])) })
	}
}

func equalLines(a, b [][]byte) bool {
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// checkFinal expects the first line to be the final result, and what follows to be unsolicited.
func checkFinal(t *testing.T, raw []byte) {
	var q Queue
	q.Push(Command{Text: "AT+X"})
	q.Output(now0)
	for i, line := range linesOf(raw) {
		kind, _ := q.Step(line)
		want := Fail
		if string(line) == "OK" {
			want = OK
		}
		if i > 0 {
			want = Unsolicited
		}
		if kind != want {
			t.Errorf("%q: kind %d, want %d", line, kind, want)
		}
	}
}
