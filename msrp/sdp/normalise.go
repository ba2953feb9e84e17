package sdp

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a description.
const (
	MaxBody       = 16 << 10 // octets; ErrSize
	MaxLines      = 512      // ErrSize
	MaxMedias     = 8        // m= lines; ErrMedia
	MaxAttributes = 64       // per m= line, and before the first; ErrAttributes
	MaxURIs       = 8        // of a path; ErrPath
	MaxTypes      = 64       // of a=accept-types; ErrTypes
)

// A section is the session part, or one m= line with what belongs to it.
type section struct {
	media string // value of m=, "" in the session part
	conn  string // value of c=
	attrs []string
}

// A sheet is a description cut into lines, as far as they matter here.
type sheet struct {
	origin, name string
	sections     []section // the session part first
}

// cut divides b into lines and keeps those that matter: v o s c m a. The rest is skipped
// without a look, in whatever order it stands: networks leave out t= and s=, write c= after
// a=, end lines with LF, or put an empty line in the middle.
func cut(b []byte) (*sheet, error) {
	if len(b) > MaxBody {
		return nil, ErrSize
	}
	s := &sheet{sections: make([]section, 1, 2)}
	text := strings.TrimPrefix(string(b), "\ufeff")
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if lines++; lines > MaxLines {
			return nil, ErrSize
		}
		if err := s.line(line, lines == 1); err != nil {
			return nil, err
		}
	}
	if s.origin == "" {
		return nil, ErrSyntax
	}
	return s, nil
}

func (s *sheet) line(line string, first bool) error {
	if len(line) < 2 || line[1] != '=' || !clean(line) {
		return ErrSyntax
	}
	if first != (line[0] == 'v') {
		return ErrSyntax
	}
	value := strings.TrimSpace(line[2:])
	x := &s.sections[len(s.sections)-1]
	switch line[0] {
	case 'v':
		if value != "0" {
			return ErrVersion
		}
	case 'o':
		s.origin = value
	case 's':
		s.name = value
	case 'c':
		if x.conn == "" {
			x.conn = value
		}
	case 'm':
		if len(s.sections) > MaxMedias {
			return ErrMedia
		}
		s.sections = append(s.sections, section{media: value})
	case 'a':
		if len(x.attrs) == MaxAttributes {
			return ErrAttributes
		}
		x.attrs = append(x.attrs, value)
	}
	return nil
}

// clean reports whether a line is UTF-8 without control characters but HTAB.
func clean(line string) bool {
	for i := range len(line) {
		if c := line[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return utf8.ValidString(line)
}

// strict writes s so that pion/sdp takes it: with the lines and in the order of RFC 8866 §5,
// the origin replaced (it is opaque to us and often not a number), the protocol in capitals.
// Media that are not MSRP are no business of ours: they keep their place and nothing else.
func (s *sheet) strict() []byte {
	b := append(make([]byte, 0, MaxBody/4), "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\n"...)
	for i, x := range s.sections {
		if i > 0 {
			proto := msrpProto(x.media)
			if proto == "" {
				b = append(b, "m=audio 0 RTP/AVP 0\r\n"...)
				continue
			}
			f := strings.Fields(x.media)
			b = appendLine(b, 'm', "message "+f[1]+" "+proto+" *")
		}
		if x.conn != "" {
			b = appendLine(b, 'c', unbracket(x.conn))
		}
		if i == 0 {
			b = append(b, "t=0 0\r\n"...)
		}
		for _, a := range x.attrs {
			b = appendLine(b, 'a', a)
		}
	}
	return b
}

func appendLine(b []byte, kind byte, value string) []byte {
	b = append(b, kind, '=')
	b = append(b, value...)
	return append(b, "\r\n"...)
}

// msrpProto returns the protocol of an m= value in capitals (tcp/msrp is seen) if it is one
// of MSRP, else "".
func msrpProto(media string) string {
	f := strings.Fields(media)
	if len(f) < 3 || !strings.EqualFold(f[0], "message") {
		return ""
	}
	if p := strings.ToUpper(f[2]); p == "TCP/MSRP" || p == "TCP/TLS/MSRP" {
		return p
	}
	return ""
}

// mediaPort reads the port of an m= value: port ["/" count].
func mediaPort(media string) (uint16, bool) {
	f := strings.Fields(media)
	if len(f) < 3 {
		return 0, false
	}
	port, count, ranged := strings.Cut(f[1], "/")
	if v, err := strconv.ParseUint(count, 10, 31); ranged && (err != nil || v == 0) {
		return 0, false
	}
	v, err := strconv.ParseUint(port, 10, 16)
	return uint16(v), err == nil
}

// unbracket removes the brackets that some put around IPv6 in a c= line.
func unbracket(conn string) string {
	return strings.NewReplacer("[", "", "]", "").Replace(conn)
}
