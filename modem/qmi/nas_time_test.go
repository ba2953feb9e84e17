package qmi

import (
	"testing"
	"time"
)

// The frames are written by hand by libqmi's tables: year (two octets), month, day, hour, minute,
// second, day of the week; zone in quarter hours; hours of daylight saving.
func TestParseNetworkTime(t *testing.T) {
	at := time.Date(2031, 8, 7, 13, 5, 9, 0, time.UTC)
	for _, c := range []struct {
		name, frame string
		want        NetworkTime
		err         error
	}{
		{"answer", "01 2100 80 03 01 02 0500 7d00 1500 02 0400 0000 0000 11 0b00 ef07 08 07 0d 05 09 03 1c 01 08", NetworkTime{at, true, 28, 1}, nil},
		{"indication", "01 1f00 80 03 01 04 0000 4c00 1300 01 0800 ef07 08 07 0d 05 09 03 10 0100 ec 11 0100 00", NetworkTime{at, true, -20, 0}, nil},
		{"indication without a zone", "01 1700 80 03 01 04 0000 4c00 0b00 01 0800 ef07 08 07 0d 05 09 03", NetworkTime{UTC: at}, nil},
		{"refused", "01 1300 80 03 01 02 0500 7d00 0700 02 0400 0100 4a00", NetworkTime{}, FailureInfoUnavailable},
		{"of 3GPP2 only", "01 2000 80 03 01 02 0500 7d00 1400 02 0400 0000 0000 10 0a00 ef07 08 07 0d 05 09 03 1c 01", NetworkTime{}, ErrMissing},
		{"answer without the zone", "01 1e00 80 03 01 02 0500 7d00 1200 02 0400 0000 0000 11 0800 ef07 08 07 0d 05 09 03", NetworkTime{}, ErrValue},
		{"31 February", "01 1700 80 03 01 04 0000 4c00 0b00 01 0800 ef07 02 1f 0d 05 09 03", NetworkTime{}, ErrValue},
		{"25 o'clock", "01 1700 80 03 01 04 0000 4c00 0b00 01 0800 ef07 08 07 19 05 09 03", NetworkTime{}, ErrValue},
		{"year 0", "01 1700 80 03 01 04 0000 4c00 0b00 01 0800 0000 08 07 0d 05 09 03", NetworkTime{}, ErrValue},
		{"indication without time", "01 1000 80 03 01 04 0000 4c00 0400 10 0100 ec", NetworkTime{}, ErrMissing},
	} {
		b := unhex(t, c.frame)
		if got, err := ParseNetworkTime(b, one(t, b)); got != c.want || err != c.err {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

func TestRefresh(t *testing.T) {
	checkBuilt(t, "register", unhex(t, "01 1500 00 0b 01 00 0100 4400 0900 01 0200 00 00 02 0100 01"),
		func(d []byte) ([]byte, error) { return AppendRefreshRegister(d, 1, 1, GW) })
	for stage, want := range []bool{false, false, true, false} {
		b := unhex(t, "01 1500 80 0b 01 04 0000 3300 0900 10 0600 02 04 00 00 0000")
		b[16] = byte(stage)
		if got, err := ParseRefreshed(b, one(t, b)); got != want || err != nil {
			t.Errorf("stage %d: %v, %v", stage, got, err)
		}
	}
	b := unhex(t, "01 0c00 80 0b 01 04 0000 3300 0000")
	if _, err := ParseRefreshed(b, one(t, b)); err != ErrMissing {
		t.Errorf("empty: %v", err)
	}
}

// What the session does not follow itself is noted; what cannot be read is counted.
func TestSessionTells(t *testing.T) {
	s := NewSession(Config{})
	s.phase = phaseWorking
	for i := range s.clients {
		s.clients[i] = client{service: [...]Service{DMS, NAS, UIM, WDS, IMS, IMSA}[i], id: 1}
	}
	for _, c := range []struct {
		frame string
		want  NoteKind
	}{
		{"01 1700 80 03 01 04 0000 4c00 0b00 01 0800 ef07 08 07 0d 05 09 03", NoteTime},
		{"01 1500 80 0b 01 04 0000 3300 0900 10 0600 02 04 00 00 0000", NoteRefresh},
		{"01 1100 80 01 ff 04 0000 2200 0500 01 0200 01 00", NoteBearer},
		{"01 0c00 80 01 01 04 0000 8c00 0000", NoteBearer},
		{"01 0c00 80 03 01 04 0000 4c00 0000", 0},
		{"01 0c00 80 0b 01 04 0000 3300 0000", 0},
	} {
		b, strays := unhex(t, c.frame), s.Strays()
		s.Step(time.Unix(1, 0), b, one(t, b))
		if n, _ := s.Next(); n.Kind != c.want || (c.want == 0) != (s.Strays() > strays) {
			t.Errorf("%s: note %d, %d strays", c.frame, n.Kind, s.Strays()-strays)
		}
	}
}
