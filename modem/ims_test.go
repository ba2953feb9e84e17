package modem

import (
	"errors"
	"strings"
	"testing"

	"imsagent/modem/modemtest"
)

// client waits until the modem's own IMS client is reported in a state.
func (b *bench) client(s ClientState) Event {
	b.t.Helper()
	for {
		if ev := b.await(OwnIMS, ""); ev.IMS.State == s {
			return ev
		}
	}
}

func TestOwnIMSOverAT(t *testing.T) {
	b := begin(t, modemtest.Options{}, quick)
	b.client(ClientOff)
	check(t, b.IMS("registered")) // it says so by itself
	if ev := b.client(ClientRegistered); !strings.Contains(ev.Text, `AT+QCFG="ims",2`) || !strings.Contains(ev.Text, "own_ims") {
		t.Errorf("%q does not say what to do", ev.Text)
	}
	check(t, b.IMS("on"))
	b.client(ClientOn)
	check(t, b.modem.Ask(Request{Kind: DisableIMS}))
	b.await(Status, "switched off")
	b.await(Gone, "")
	b.await(Back, "")
	b.client(ClientOff)
	check(t, b.IMS("on")) // the carrier's settings did it
	if ev := b.client(ClientOn); !strings.Contains(ev.Text, "QMBNCFG") {
		t.Errorf("%q", ev.Text)
	}
	check(t, b.modem.Ask(Request{Kind: DisableIMS}))
	if ev := b.await(Status, "cannot be switched off"); !errors.Is(ev.Err, ErrUnknown) { // else it would restart for ever
		t.Error(ev.Err)
	}
}

// TestOwnIMSOfOthers: by +CIREG alone it is known whether it is registered, not whether it is on.
func TestOwnIMSOfOthers(t *testing.T) {
	b := begin(t, modemtest.Options{Profile: "simcom-sim7600"}, quick)
	b.client(ClientIdle)
	check(t, b.IMS("registered"))
	b.client(ClientRegistered)
	check(t, b.modem.Ask(Request{Kind: DisableIMS}))
	b.await(Status, "cannot be switched off")
}

func TestOwnIMSOverQMI(t *testing.T) {
	b := beginQMI(t, modemtest.Options{}, quickQMI, true)
	b.client(ClientOff)
	check(t, b.IMS("registered"))
	if ev := b.client(ClientRegistered); !strings.Contains(ev.Text, "own_ims") {
		t.Errorf("%q does not say what to do", ev.Text)
	}
	check(t, b.modem.Ask(Request{Kind: DisableIMS}))
	b.await(Status, "switched off")
	b.client(ClientOff)
}
