package at

import (
	"testing"
	"time"
)

func TestSessionPIN(t *testing.T) {
	locked := func() map[string]string {
		a := ec25()
		a["AT+CPIN?"], a["AT+CEREG=2"], a["AT+CEREG?"] = "+CPIN: SIM PIN|OK", "+CME ERROR: 11", "+CEREG: 2,0|OK"
		a[`AT+CPINR="SIM PIN"`] = "+CPINR: SIM PIN,3,3|OK"
		return a
	}
	t.Run("accepted", func(t *testing.T) {
		a := locked()
		// The modem takes its time: the first poll still finds the SIM locked.
		r := start(t, Config{PIN: "1234"}, a).want("SIM asks for its PIN", "PIN accepted", "ready Quectel EC25",
			"SIM asks for its PIN", "cell ")
		for c, answer := range ec25() {
			a[c] = answer
		}
		delete(a, "AT+CEREG=2")
		r.wait(6*time.Second).want("SIM ready", "cell "+trace)
		for range 3 { // it asks again, as after a restart: never a second time
			a["AT+CPIN?"] = "+CPIN: SIM PIN|OK"
			r.say("RDY")
			r.wait(time.Minute)
		}
		if n := r.asked("AT+CPIN="); n != 1 || r.asked(`AT+CPIN="1234"`) != 1 {
			t.Errorf("entered %d times", n)
		}
	})
	t.Run("refused", func(t *testing.T) {
		a := locked()
		a[`AT+CPIN="1234"`] = "+CME ERROR: 16"
		r := start(t, Config{PIN: "1234"}, a).want("SIM asks for its PIN", "PIN refused; it is not tried again", "ready Quectel EC25", "cell ")
		r.s.Start(r.now)
		if r.wait(10 * time.Minute); r.asked("AT+CPIN=") != 1 {
			t.Errorf("entered %d times", r.asked("AT+CPIN="))
		}
	})
	t.Run("unanswered", func(t *testing.T) {
		a := locked()
		a[`AT+CPIN="1234"`] = "-"
		r := start(t, Config{PIN: "1234"}, a)
		if r.wait(10 * time.Minute); r.asked("AT+CPIN=") != 1 {
			t.Errorf("entered %d times", r.asked("AT+CPIN="))
		}
	})
	for pin, why := range map[string]string{"": "none", "123": "short", "123456789": "long", "12\r\nAT": "injection", `12";+CFUN=0`: "injection"} {
		t.Run("not entered: "+why, func(t *testing.T) {
			r := start(t, Config{PIN: pin}, locked())
			if r.asked("AT+CPIN=") != 0 || r.asked("AT+CPINR") != 0 {
				t.Errorf("%q", r.commands)
			}
		})
	}
	t.Run("last try", func(t *testing.T) {
		a := locked()
		a[`AT+CPINR="SIM PIN"`] = "+CPINR: SIM PIN,1,3|OK"
		r := start(t, Config{PIN: "1234"}, a).want("SIM asks for its PIN", "PIN not entered: its last try is kept", "ready Quectel EC25", "cell ")
		if r.asked("AT+CPIN=") != 0 {
			t.Error("entered")
		}
	})
	t.Run("PUK", func(t *testing.T) {
		a := locked()
		a["AT+CPIN?"] = "+CPIN: SIM PUK|OK"
		if r := start(t, Config{PIN: "1234"}, a); r.asked("AT+CPIN=") != 0 {
			t.Error("entered")
		}
	})
	t.Run("tries unknown", func(t *testing.T) {
		a := locked()
		a[`AT+CPINR="SIM PIN"`] = "ERROR"
		if r := start(t, Config{PIN: "1234"}, a); r.asked("AT+CPIN=") != 1 {
			t.Error("not entered")
		}
	})
}

func TestSessionSIMGone(t *testing.T) {
	answers := ec25()
	r := start(t, Config{}, answers)
	r.notes = nil
	answers["AT+CPIN?"], answers["AT+CEREG?"], answers["AT+COPS?"] = "+CME ERROR: 10", "+CEREG: 2,0|OK", "+COPS: 0|OK"
	r.say("+CPIN: NOT READY", "+CEREG: 0")
	r.wait(time.Second).want("SIM missing", "cell ")
	r.commands = nil
	if r.wait(20 * time.Second); r.asked("AT+CPIN?") < 3 {
		t.Error("does not look for a SIM")
	}
	r.answers = ec25()
	r.wait(10*time.Second).want("SIM ready", "cell "+trace)
}
