package cpim

import "time"

// ParseTime reads a date-time (RFC 3339 §5.6) as DateTime headers carry it: any number of
// fraction digits, of which nine count, lower-case t and z, and -00:00 for an unknown
// offset. The result is in UTC; ok is false for anything else, and then the message counts
// as sent when it came.
func ParseTime(b []byte) (t time.Time, ok bool) {
	p := timeParser{b: b, ok: true}
	year := p.digits(4)
	month := p.part('-', 1, 12)
	day := p.part('-', 1, 31)
	p.oneOf('T', 't')
	hour := p.number(0, 23)
	minute := p.part(':', 0, 59)
	second := p.part(':', 0, 60)
	nano := p.fraction()
	offset := p.offset()
	if !p.ok || len(p.b) > 0 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return time.Time{}, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
	return t.Add(-offset), true
}

// A timeParser takes characters from the front of b until one does not fit.
type timeParser struct {
	b  []byte
	ok bool
}

func (p *timeParser) oneOf(c, alternative byte) byte {
	if !p.ok || len(p.b) == 0 || p.b[0] != c && p.b[0] != alternative {
		p.ok = false
		return 0
	}
	got := p.b[0]
	p.b = p.b[1:]
	return got
}

func (p *timeParser) digits(n int) (v int) {
	if !p.ok || len(p.b) < n {
		p.ok = false
		return 0
	}
	for _, c := range p.b[:n] {
		if c < '0' || c > '9' {
			p.ok = false
			return 0
		}
		v = 10*v + int(c-'0')
	}
	p.b = p.b[n:]
	return v
}

func (p *timeParser) number(least, most int) int {
	v := p.digits(2)
	p.ok = p.ok && least <= v && v <= most
	return v
}

func (p *timeParser) part(sep byte, least, most int) int {
	p.oneOf(sep, sep)
	return p.number(least, most)
}

// fraction takes ".digits" and returns nanoseconds.
func (p *timeParser) fraction() (nano int) {
	if !p.ok || len(p.b) == 0 || p.b[0] != '.' {
		return 0
	}
	p.b = p.b[1:]
	unit, n := 100_000_000, 0
	for n < len(p.b) && '0' <= p.b[n] && p.b[n] <= '9' {
		nano += unit * int(p.b[n]-'0')
		unit /= 10
		n++
	}
	p.ok = n > 0
	p.b = p.b[n:]
	return nano
}

// offset takes "Z" or "±hh:mm".
func (p *timeParser) offset() time.Duration {
	if p.ok && len(p.b) > 0 && p.b[0]|0x20 == 'z' {
		p.b = p.b[1:]
		return 0
	}
	sign := p.oneOf('+', '-')
	d := time.Duration(p.number(0, 23))*time.Hour + time.Duration(p.part(':', 0, 59))*time.Minute
	if sign == '-' {
		return -d
	}
	return d
}

// timeForm is that of the reference trace: seconds, UTC.
const timeForm = "2006-01-02T15:04:05Z"

// AppendTime appends t in the form of a DateTime header within the capacity of dst.
func AppendTime(dst []byte, t time.Time) ([]byte, error) {
	var buf [40]byte
	w := writer{b: dst}
	w.bytes(t.UTC().AppendFormat(buf[:0], timeForm))
	if w.full {
		return dst, ErrNoRoom
	}
	return w.b, nil
}
