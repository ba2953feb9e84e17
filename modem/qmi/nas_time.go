package qmi

import "time"

// A NetworkTime is what the network said of the time (NITZ).
type NetworkTime struct {
	UTC     time.Time
	HasZone bool
	Zone    int8  // local time in quarter hours from UTC, daylight saving counted
	DST     uint8 // of it, in hours
}

// ParseNetworkTime reads the answer to NASGetNetworkTime, or the indication.
func ParseNetworkTime(b []byte, f *Frame) (t NetworkTime, err error) {
	if f.Kind == Indication {
		r, ok := f.Find(b, 0x01)
		if !ok {
			return t, ErrMissing
		}
		if err := t.universal(&r); err != nil {
			return NetworkTime{}, err
		}
		if r, ok := f.Find(b, 0x10); ok {
			t.Zone = int8(r.U8())
			t.HasZone = r.OK()
		}
		if r, ok := f.Find(b, 0x11); ok {
			t.DST = r.U8()
		}
		return t, nil
	}
	if err := f.Result(b); err != nil {
		return t, err
	}
	r, ok := f.Find(b, 0x11) // of 3GPP; 10 is of 3GPP2
	if !ok {
		return t, ErrMissing
	}
	if err := t.universal(&r); err != nil {
		return NetworkTime{}, err
	}
	if t.Zone, t.DST = int8(r.U8()), r.U8(); !r.OK() {
		return NetworkTime{}, ErrValue
	}
	t.HasZone = true
	return t, nil
}

// universal reads year, month, day, hour, minute, second and day of the week.
func (t *NetworkTime) universal(r *Reader) error {
	year, month, day := int(r.U16()), time.Month(r.U8()), int(r.U8())
	hour, minute, second := int(r.U8()), int(r.U8()), int(r.U8())
	r.U8()
	if !r.OK() || year < 1980 || year > 2999 || hour > 23 || minute > 59 || second > 59 {
		return ErrValue
	}
	t.UTC = time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if t.UTC.Month() != month || t.UTC.Day() != day { // 31 April
		return ErrValue
	}
	return nil
}
