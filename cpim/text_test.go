package cpim

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"
)

// TestSubjects: the escapes of the vectors, with what their expectation says.
func TestSubjects(t *testing.T) {
	for name, want := range map[string]string{
		"backslash": `a\b`, "crlf-injection": "x\r\nimdn.Message-ID: evil", "unknown": "aqb",
		"surrogates": "\U0001F642", "utf8": "été 🙂", "short-hex": "u12",
	} {
		b := fixture(t, "cpim/escape/"+name+".cpim")
		var m Message
		if _, err := Parse(b, &m); err != nil {
			t.Fatal(name, err)
		}
		v, ok := m.Lookup(b, Core, "Subject")
		got, err := AppendText(make([]byte, 0, 100), v.In(b))
		if !ok || err != nil || string(got) != want {
			t.Errorf("%s: %q gives %q, %v; want %q", name, v.In(b), got, err, want)
		}
	}
}

func TestAppendText(t *testing.T) {
	for value, want := range map[string]string{
		`\\ \" \' \b\t\n\r`: "\\ \" ' \b\t\n\r",
		`\u00e9\u00E9`:      "éé",
		`\ud83d\ude42`:      "\U0001F642",
		`\ud83d x`:          "\ufffd x",
		`\ude42\ud83d`:      "\ufffd\ufffd",
		`\ud83d\u0041`:      "\ufffdA",
		`\q\u12g4`:          "qu12g4",
		`end\`:              "end",
		"\xff\\\xfe":        "\ufffd\ufffd",
		"":                  "",
	} {
		if got, err := AppendText(make([]byte, 0, 64), []byte(value)); err != nil || string(got) != want {
			t.Errorf("%q gives %q, %v; want %q", value, got, err, want)
		}
		for room := range len(want) {
			if got, err := AppendText(make([]byte, 0, room), []byte(value)); err != ErrNoRoom || len(got) != 0 {
				t.Errorf("%q in %d octets: %q, %v", value, room, got, err)
			}
		}
	}
}

func FuzzAppendText(f *testing.F) {
	f.Add([]byte(`\ud83d\ude42 \\ \x "`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := AppendText(make([]byte, 0, 3*len(b)), b)
		if err != nil || !utf8.Valid(got) {
			t.Fatalf("%q, %v", got, err)
		}
		// Text goes through a header unchanged, but for the blanks around a value.
		e := Envelope{From: "sip:a@b", To: "sip:a@b", Headers: []Field{{Name: "Subject", Value: got}}, Length: -1}
		head, err := e.AppendHead(make([]byte, 0, 6*len(got)+200))
		if err != nil {
			t.Fatal(err)
		}
		var m Message
		if _, err = ParseHead(head, &m); err == ErrTooLong {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		v, _ := m.Lookup(head, Core, "Subject")
		again, err := AppendText(make([]byte, 0, len(head)), v.In(head))
		if err != nil || !bytes.Equal(again, bytes.Trim(got, " ")) || len(m.Headers()) != 4 {
			t.Fatalf("%q came back as %q, %v", got, again, err)
		}
	})
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2015-02-24T06:48:09Z":              "2015-02-24T06:48:09Z",
		"2015-02-24T06:48:26.5388096Z":      "2015-02-24T06:48:26.5388096Z", // UA2: seven digits
		"2015-02-24T06:48:25-00:00":         "2015-02-24T06:48:25Z",         // UA1: unknown offset
		"2015-02-05T17:58:30+08:00":         "2015-02-05T09:58:30Z",
		"2000-12-13t13:40:00-08:00":         "2000-12-13T21:40:00Z",
		"2016-12-31T23:59:60z":              "2017-01-01T00:00:00Z",
		"2016-02-29T00:00:00.123456789123Z": "2016-02-29T00:00:00.123456789Z",
		"2015-02-29T00:00:00Z":              "",
		"2016-12-31 23:59:59":               "",
		"99999-12-31T23:59:59Z":             "",
		"2016-12-31T23:59:59":               "",
		"2016-12-31T23:59:59.Z":             "",
		"2016-12-31T23:59:59Zx":             "",
		"2016-13-01T00:00:00Z":              "",
		"2016-12-01T24:00:00Z":              "",
		"yesterday":                         "",
		"":                                  "",
	} {
		got, ok := ParseTime([]byte(text))
		if ok != (want != "") || ok && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %v, %v; want %q", text, got, ok, want)
		}
	}
}

func TestAppendTime(t *testing.T) {
	at := time.Date(2015, 2, 24, 6, 48, 9, 999, time.UTC)
	const want = "2015-02-24T06:48:09Z"
	if got, err := AppendTime(make([]byte, 0, len(want)), at); err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := AppendTime(make([]byte, 0, len(want)-1), at); err != ErrNoRoom || len(got) != 0 {
		t.Errorf("%q, %v", got, err)
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add([]byte("2015-02-24T06:48:26.5388096+01:00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := ParseTime(b)
		want, err := time.Parse(time.RFC3339Nano, string(bytes.ToUpper(b)))
		if err == nil && ok && !got.Equal(want) {
			t.Fatalf("%q: %v, package time has %v", b, got, want)
		}
	})
}

func TestParseAddress(t *testing.T) {
	for value, want := range map[string][2]string{
		`<sip:a@b>`:                              {"", "sip:a@b"},
		`sip:anonymous@anonymous.invalid`:        {"", "sip:anonymous@anonymous.invalid"},
		`MR SANDERS <im:piglet@100akerwood.com>`: {"MR SANDERS", "im:piglet@100akerwood.com"},
		`"MR SANDERS"<im:piglet@x>`:              {"MR SANDERS", "im:piglet@x"},
		`"a \"b\" <c>" <sip:d@e>`:                {`a \"b\" <c>`, "sip:d@e"},
		`"open <sip:d@e>`:                        {`"open`, "sip:d@e"},
		`+8613900000001<sip:+8613900000001@zj.ims.mnc000.mcc460.3gppnetwo`: {"+8613900000001", "sip:+8613900000001@zj.ims.mnc000.mcc460.3gppnetwo"},
		`<>`:        {"", ""},
		``:          {"", ""},
		`""<sip:x>`: {"", "sip:x"},
	} {
		a := ParseAddress([]byte(value), Span{0, uint16(len(value))})
		got := [2]string{string(a.Display.In([]byte(value))), string(a.URI.In([]byte(value)))}
		if got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}

func TestContentIsDecoded(t *testing.T) {
	for path, want := range map[string]string{
		"cpim/trace/cmcc-base64.cpim":          "\u5783\u573e",
		"cpim/malformed/quoted-printable.cpim": "été",
		"cpim/seed/hi.cpim":                    "hi",
	} {
		b := fixture(t, path)
		var m Message
		if _, err := Parse(b, &m); err != nil {
			t.Fatal(err)
		}
		got, err := m.AppendContent(make([]byte, 0, len(b)), b)
		if err != nil || string(got) != want || m.Encoded(b) == (path == "cpim/seed/hi.cpim") {
			t.Errorf("%s: %q, %v", path, got, err)
		}
		if got, err = m.AppendContent(make([]byte, 0, 1), b); err != ErrNoRoom || len(got) != 0 {
			t.Errorf("%s without room: %q, %v", path, got, err)
		}
	}
	for text, want := range map[string]string{
		"a=20b=\r\nc=\nd": "a bcd", "=3D=3d": "==", "end=": "end",
	} {
		if got, err := appendQuoted(make([]byte, 0, 20), []byte(text)); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"=4", "=XY", "=\r"} {
		if got, err := appendQuoted(make([]byte, 0, 20), []byte(text)); err != ErrEncoding || len(got) != 0 {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestErrorsNameTheirClause(t *testing.T) {
	for e := ErrShort; e <= ErrNoRoom; e++ {
		if e.Error() == "cpim: " || e.Clause() == "" {
			t.Errorf("error %d: %q, %q", e, e.Error(), e.Clause())
		}
	}
	if Error(200).Error() == "" || Error(200).Clause() != "" {
		t.Error("an unknown error has a clause")
	}
}
