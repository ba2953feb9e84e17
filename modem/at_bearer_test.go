package modem

import (
	"fmt"
	"testing"
	"time"

	"imsagent/modem/modemtest"
)

func TestBearerOverAT(t *testing.T) {
	for profile, pcscf := range map[string]string{"quectel-ec25": "[2001:db8:0:1::1]", "quectel-rg801h": "[]"} { // whose answer ends before them
		t.Run(profile, func(t *testing.T) {
			b := begin(t, modemtest.Options{Profile: profile}, quick)
			b.await(BearerDown, "")
			for n := 1; n <= 2; n++ {
				b.Bearer(true) // +CGEV tells
				got := b.await(BearerUp, "").Bearer
				want := fmt.Sprintf("ims.mnc410.mcc310.gprs [2001:db8:0:2::%d/64] 2001:db8:0:2::ff %s [2001:db8:0:53::1]", n, pcscf)
				if said := fmt.Sprint(got.APN, " ", got.Addresses, " ", got.Gateway, " ", got.PCSCF, " ", got.DNS); said != want {
					t.Errorf("%s\nwant %s", said, want)
				}
				if pcscf != "[]" && (got.MTU != 1428 || !got.Signalling) {
					t.Errorf("%+v", got)
				}
				b.Bearer(false)
				b.await(BearerDown, "")
			}
			b.never(BearerUp, 2*quick.Poll)
		})
	}
}

// A line that cannot be used leaves what was known, and is counted.
func TestBearerMalformed(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.Bearer(true)
	b.await(BearerUp, "")
	b.Say(`+CGCONTRDP=3`, `+CGCONTRDP: 1,5,"ims","999.1.1.1.255.255.255.0","",""`)
	if ev := b.await(Status, "dropped"); ev.Err == nil {
		t.Error("no cause")
	}
	b.never(BearerDown, 2*quick.Poll)
}

func TestNetworkTimeOverAT(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	if ev := b.await(Clock, ""); !ev.Time.UTC.Equal(time.Date(2031, 8, 7, 13, 5, 9, 0, time.UTC)) || ev.Time.Zone != time.Hour {
		t.Errorf("%+v", ev.Time)
	}
	b.Send("\r\n+CTZE: \"-28\",1\r\n")
	if ev := b.await(Clock, ""); ev.Time.Zone != -7*time.Hour || ev.Time.DST != time.Hour || !ev.Time.UTC.IsZero() {
		t.Errorf("%+v", ev.Time)
	}
}
