package sipmin

import (
	"strings"
	"testing"
)

// parts walks a body and shows type=body for each part, or the error.
func parts(contentType, body string) string {
	b := []byte(contentType + body)
	ct, text := span(0, len(contentType)), span(len(contentType), len(b))
	p, err := OpenParts(b, ct, text)
	if err != nil {
		return err.Error()
	}
	var sb strings.Builder
	for {
		var part Part
		ok, err := p.NextPart(b, &part)
		if err != nil {
			return sb.String() + err.Error()
		}
		if !ok {
			return sb.String()
		}
		sb.WriteString(string(part.ContentType.In(b)) + "=" + string(part.Body.In(b)) + "|")
	}
}

func TestNextPart(t *testing.T) {
	const ct = "multipart/mixed;boundary=b"
	tests := []struct{ name, contentType, body, want string }{
		{"one", ct, "--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--\r\n", "a/b=x|"},
		{"two, preamble, epilogue", ct, "pre\r\n--b\r\nc: a/b\r\n\r\nx\r\n--b\r\n\r\ny\r\n\r\n--b--\r\n--b\r\n", "a/b=x|=y\r\n|"},
		{"quoted boundary", `Multipart/Mixed; Boundary="b b"`, "--b b\r\n\r\nx\r\n--b b--", "=x|"},
		{"white space after a boundary", ct, "--b \t\r\n\r\nx\r\n--b-- \r\n", "=x|"},
		{"boundary in a line", ct, "--b\r\n\r\nx --b y\r\nz--b\r\n--bb\r\n--b x\r\n--b--", "=x --b y\r\nz--b\r\n--bb\r\n--b x|"},
		{"binary", ct, "--b\r\n\r\n\x00\r\r\n\n\r\n--b--", "=\x00\r\r\n\n|"},
		{"no closing delimiter", ct, "--b\r\n\r\nx", "=x|"},
		{"empty body", ct, "--b\r\n\r\n\r\n--b--", "=|"},
		{"fields only", ct, "--b\r\nc: a/b\r\n\r\n--b--", "a/b=|"},
		{"nothing at all", ct, "--b\r\n--b--", "=|"},
		{"fields without blank line", ct, "--b\r\nc: a/b\r\n--b--", ErrMultipart.Error()}, // RFC 2046 §5.1.1
		{"length not believed", ct, "--b\r\nl: 99\r\n\r\nx\r\n--b--", "=x|"},
		{"zero parts", ct, "--b--", ErrMultipart.Error()},
		{"no delimiter", ct, "x", ErrMultipart.Error()},
		{"no body", ct, "", ErrMultipart.Error()},
		{"field without colon", ct, "--b\r\nabc\r\n\r\nx\r\n--b--", ErrMultipart.Error()},
		{"bare LF in fields", ct, "--b\r\nc: a/b\n\r\nx\r\n--b--", ErrMultipart.Error()},
		{"no boundary", "multipart/mixed", "--b\r\n\r\nx\r\n--b--", ErrBoundary.Error()},
		{"empty boundary", `multipart/mixed;boundary=""`, "----", ErrBoundary.Error()},
		{"boundary of 71", "multipart/mixed;boundary=" + strings.Repeat("b", 71), "", ErrBoundary.Error()},
		{"boundary ends in SP", `multipart/mixed;boundary="b "`, "", ErrBoundary.Error()},
		{"NUL in a boundary", "multipart/mixed;boundary=b\x00", "", ErrBoundary.Error()},
		{"other fields", ct, "--b\r\nContent-ID: 1\r\nContent-Disposition: render\r\nContent-Transfer-Encoding: binary\r\nc: a/b\r\nc: c/d\r\n\r\nx\r\n--b--", "a/b=x|"},
		{"no multipart", "text/plain;boundary=b", "", ErrBoundary.Error()},
		{"8 parts", ct, strings.Repeat("--b\r\n\r\nx\r\n", 8) + "--b--", strings.Repeat("=x|", 8)},
		{"9 parts", ct, strings.Repeat("--b\r\n\r\nx\r\n", 9) + "--b--", strings.Repeat("=x|", 8) + ErrParts.Error()},
		{"32 fields", ct, "--b\r\n" + strings.Repeat("x: y\r\n", 32) + "\r\nz\r\n--b--", "=z|"},
		{"33 fields", ct, "--b\r\n" + strings.Repeat("x: y\r\n", 33) + "\r\nz\r\n--b--", ErrTooMany.Error()},
	}
	for _, tt := range tests {
		if got := parts(tt.contentType, tt.body); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestNesting(t *testing.T) {
	inner := "--c\r\nc: multipart/mixed;boundary=d\r\n\r\n--d\r\n\r\nx\r\n--d--\r\n--c--"
	for depth, body := range map[int]string{
		2: "--b\r\nc: multipart/alternative;boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--",
		3: "--b\r\nc: multipart/mixed;boundary=c\r\n\r\n" + inner + "\r\n--b--",
	} {
		ct := "multipart/mixed;boundary=b"
		b := []byte(ct + body)
		err := CheckMultipart(b, span(0, len(ct)), span(len(ct), len(b)))
		if depth == 2 && err != nil || depth == 3 && err != ErrNesting {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
}
