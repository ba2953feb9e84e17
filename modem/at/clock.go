package at

import (
	"bytes"
	"time"
)

// A Clock is what the modem says of the time.
type Clock struct {
	UTC     time.Time // zero where only the zone is told
	HasZone bool
	Zone    int // quarters of an hour, daylight saving counted
	DST     int // of Zone: hours
}

// ParseClock reads +CCLK: "yy/MM/dd,hh:mm:ss±zz" (TS 27.007 §8.15), local time and its zone in quarters of an
// hour, also without quotes or without a zone; then it is taken for UTC and HasZone is false. A year of two digits
// is of 2000 to 2099. Modems that were never told count from 1980 (80/01/06) or 2000 to 2004: ErrSyntax.
func ParseClock(line []byte) (c Clock, err error) {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("+CCLK:"))
	f := bytes.Trim(rest, "\" ")
	if !ok || len(f) < 17 {
		return c, ErrSyntax
	}
	var v [6]int
	for i := range v { // yy/MM/dd,hh:mm:ss
		if i > 0 && f[3*i-1] != "//,::"[i-1] {
			return c, ErrSyntax
		}
		if v[i], ok = number(f[3*i : 3*i+2]); !ok {
			return c, ErrSyntax
		}
	}
	if v[0] < 5 || v[0] >= 80 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 || v[5] > 60 {
		return c, ErrSyntax
	}
	if c.Zone, c.HasZone = quarters(f[17:]); !c.HasZone && len(f) > 17 && string(f[17:]) != "--" {
		return Clock{}, ErrSyntax
	}
	local := time.Date(2000+v[0], time.Month(v[1]), v[2], v[3], v[4], v[5], 0, time.UTC)
	if local.Day() != v[2] {
		return Clock{}, ErrSyntax // 31 February
	}
	c.UTC = local.Add(-time.Duration(c.Zone) * 15 * time.Minute)
	return c, nil
}

// ParseZone reads the unsolicited +CTZV: ±zz, +CTZE: ±zz,dst[,"yy/MM/dd,hh:mm:ss"] and +CTZEU (TS 27.007 §8.41);
// Quectel's and SIMCom's +CTZV have more behind the zone. The time of +CTZE is left to +CCLK.
func ParseZone(line []byte) (c Clock, err error) {
	for _, name := range [...]string{"+CTZV", "+CTZE", "+CTZEU"} {
		l, ok := fields(line, name)
		if !ok {
			continue
		}
		if c.Zone, c.HasZone = quarters(l.at(0)); !c.HasZone {
			return c, ErrSyntax
		}
		if dst, ok := number(l.at(1)); ok && l.n > 1 && name != "+CTZV" && dst <= 2 {
			c.DST = dst
		}
		return c, nil
	}
	return c, ErrSyntax
}

// quarters reads a zone, with or without a sign: -48 to +56 quarters of an hour.
func quarters(f []byte) (int, bool) {
	sign, digits := 1, f
	if len(f) > 0 && (f[0] == '+' || f[0] == '-') {
		digits = f[1:]
		if f[0] == '-' {
			sign = -1
		}
	}
	v, ok := number(digits)
	if v *= sign; !ok || len(digits) > 2 || v < -48 || v > 56 {
		return 0, false
	}
	return v, true
}
