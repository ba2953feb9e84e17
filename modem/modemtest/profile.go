package modemtest

import (
	"slices"
	"strings"
)

// A profile is what one kind of modem says.
type profile struct {
	name           string
	maker, model   string
	nr             bool     // knows +C5GREG
	lte            bool     // knows +CEREG
	id             [2]int   // least digits of the cell in registration lines: of LTE, of NR
	quote          string   // around area and cell in registration lines
	cme            bool     // knows +CMEE
	strangeAT      bool     // a bare AT is an ERROR
	serving        string   // the vendor's serving-cell command, "" for none
	imei           string   // what +CGSN says
	noCCHO         bool     // knows no logical channels
	noCSIM         bool     // does not pass commands to the card's basic channel
	wholeAID       bool     // +CCHO wants the whole identifier
	chains         bool     // asks for the response itself where the card says 61xx
	session        int      // what +CCHO says for channel 0
	truncates      bool     // +CGCONTRDP ends after the DNS servers, as an EC200U's does
	uimSession     byte     // QMI's session type for the ISIM: 6 or 4
	noAuthenticate bool     // knows no UIM Authenticate
	banner         []string // said when the modem has started
	simOut, simIn  []string // said when the SIM is taken out or put in
}

// profiles; the first one is the default.
var profiles = []profile{
	{ // EC25: serving-cell line as recorded in luci-app-3ginfo-lite, registration as u-blox Toby-L2's
		// (ModemManager test-modem-helpers.c:1391), quoted and with leading zeros dropped like SIM7000's.
		name: "quectel-ec25", uimSession: 6, imei: "359225050039973", maker: "Quectel", model: "EC25", lte: true, cme: true, quote: `"`,
		serving: `+QENG="servingcell"`, banner: []string{"RDY", "+CFUN: 1", "+CPIN: READY", "+QIND: SMS DONE", "+QIND: PB DONE"},
		simOut: []string{"+CPIN: NOT READY"}, simIn: []string{"+CPIN: READY"},
	},
	{ // RG801H: log in github.com/FUjr/QModem; NCI padded to 16 digits.
		name: "quectel-rg801h", truncates: true, uimSession: 4, imei: "867223020000014", wholeAID: true, chains: true, maker: "Quectel", model: "RG801H", lte: true, nr: true, cme: true, quote: `"`, id: [2]int{0, 16},
		serving: `+QENG="servingcell"`, banner: []string{"RDY", "+CPIN: READY"},
		simOut: []string{"+CPIN: NOT READY"}, simIn: []string{"+CPIN: READY"},
	},
	{ // SIM7600: +CPSI as recorded in luci-app-3ginfo-lite.
		name: "simcom-sim7600", uimSession: 6, noAuthenticate: true, imei: "354237065082224", noCCHO: true, maker: "SIMCOM INCORPORATED", model: "SIMCOM_SIM7600E", lte: true, cme: true,
		serving: "+CPSI?", banner: []string{"RDY", "+CPIN: READY", "SMS DONE", "PB DONE"},
		simOut: []string{"+SIMCARD: NOT AVAILABLE", "+CPIN: SIM REMOVED"}, simIn: []string{"+CPIN: READY"},
	},
	{ // ModemManager's fake modem (plugins/tests/gsm-port.conf) with LTE: no vendor command.
		name: "generic", imei: "356936001568844,NL2A62Z0N5", noCCHO: true, noCSIM: true, maker: "Some vendor", model: "Some model", lte: true, cme: true, quote: `"`,
		simOut: []string{"+CPIN: NOT INSERTED"}, simIn: []string{"+CPIN: READY"},
	},
	{ // ofono phonesim 2.0, run: AT and +CMEE are errors, no +CEREG.
		name: "phonesim", imei: "1234567890", wholeAID: true, chains: true, session: 256, maker: "MeeGo", model: "Synthetic Device", quote: `"`, strangeAT: true,
	},
}

// Profiles returns the names of the profiles, the default first.
func Profiles() []string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.name
	}
	return names
}

func findProfile(name string) *profile {
	if name == "" {
		return &profiles[0]
	}
	i := slices.IndexFunc(profiles, func(p profile) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &profiles[i]
}

// registrationFields returns area and cell as this modem prints them.
func (p *profile) registrationFields(c cell) (area, id string) {
	area, id = c.area, c.id
	if c.radio == radioNR {
		id = strings.Repeat("0", max(0, p.id[1]-len(id))) + id
	}
	return p.quote + area + p.quote, p.quote + id + p.quote
}

// Known reports whether a profile has this name; "" is the default's.
func Known(name string) bool { return findProfile(name) != nil }
