package modemtest

import (
	"fmt"
	"strconv"
	"strings"
)

// A radio is the access technology of a cell.
type radio uint8

const (
	radioGSM radio = iota
	radioWCDMA
	radioLTE
	radioNR
)

// A cell is where the modem camps; all of it as text, as in P-Access-Network-Info.
type cell struct {
	radio    radio
	tdd      bool
	access   string // access type, to be kept when only digits are given
	param    string
	mcc, mnc string
	area, id string
}

// kinds are the access types that can be simulated, with the digits of area and cell.
var kinds = []struct {
	access, param string
	radio         radio
	tdd           bool
	area, id      int
}{
	{"3GPP-E-UTRAN-FDD", "utran-cell-id-3gpp", radioLTE, false, 4, 7},
	{"3GPP-E-UTRAN-TDD", "utran-cell-id-3gpp", radioLTE, true, 4, 7},
	{"3GPP-NR-FDD", "utran-cell-id-3gpp", radioNR, false, 6, 9},
	{"3GPP-NR-TDD", "utran-cell-id-3gpp", radioNR, true, 6, 9},
	{"3GPP-UTRAN-FDD", "utran-cell-id-3gpp", radioWCDMA, false, 4, 7},
	{"3GPP-GERAN", "cgi-3gpp", radioGSM, false, 4, 4},
}

// parseCell reads a P-Access-Network-Info value, or only its digits in the access of old.
func parseCell(value string, old cell) (cell, error) {
	access, param, digits := old.access, old.param, value
	if head, tail, ok := strings.Cut(value, ";"); ok {
		access = head
		if param, digits, ok = strings.Cut(tail, "="); !ok {
			return old, fmt.Errorf("modemtest: cell %q: no cell identity", value)
		}
	}
	digits = strings.ToUpper(strings.Trim(digits, `"`))
	for _, k := range kinds {
		if k.access != access || k.param != param {
			continue
		}
		mnc := len(digits) - 3 - k.area - k.id
		if mnc != 2 && mnc != 3 || strings.Trim(digits, "0123456789ABCDEF") != "" || strings.Trim(digits[:3+mnc], "0123456789") != "" {
			return old, fmt.Errorf("modemtest: cell %q: %s has an MNC of 2 or 3 digits and %d more after the MCC", value, access, k.area+k.id)
		}
		c := cell{radio: k.radio, tdd: k.tdd, access: access, param: param}
		c.mcc, digits = digits[:3], digits[3:]
		c.mnc, digits = digits[:mnc], digits[mnc:]
		c.area, c.id = digits[:k.area], digits[k.area:]
		return c, nil
	}
	return old, fmt.Errorf("modemtest: cell %q: not an access type that is simulated", value)
}

// duplex returns FDD or TDD.
func (c cell) duplex() string {
	if c.tdd {
		return "TDD"
	}
	return "FDD"
}

// act returns the access technology number of 3GPP TS 27.007 §7.3.
func (c cell) act() string {
	return [...]string{radioGSM: "0", radioWCDMA: "2", radioLTE: "7", radioNR: "11"}[c.radio]
}

// qeng returns Quectel's serving-cell report; what is not of the cell is from the recorded lines.
func (c cell) qeng(covered bool) string {
	if !covered {
		return `+QENG: "servingcell","SEARCH"`
	}
	switch head := `+QENG: "servingcell","NOCONN",`; c.radio {
	case radioLTE:
		band := map[bool]string{false: "1357,3", true: "38950,40"}[c.tdd]
		return head + `"LTE","` + c.duplex() + `",` + c.mcc + "," + c.mnc + "," + c.id + ",247," + band + ",3,3," + c.area + ",-95,-13,-66,41,28"
	case radioNR:
		return head + `"NR5G-SA","` + c.duplex() + `",` + c.mcc + "," + c.mnc + "," + c.id + ",901," + c.area + ",504990,41,-,-54,-10,16,-,-"
	case radioWCDMA:
		return head + `"WCDMA",` + c.mcc + "," + c.mnc + "," + c.area + "," + c.id + ",10564,296,1,-79,-6,-,-,-,-,-"
	default:
		return head + `"GSM",` + c.mcc + "," + c.mnc + "," + c.area + "," + c.id + ",55,,,,"
	}
}

// cpsi returns SIMCom's: the cell decimal, the area hexadecimal.
func (c cell) cpsi(covered bool) string {
	if !covered {
		return "+CPSI: NO SERVICE,Online"
	}
	id, _ := strconv.ParseUint(c.id, 16, 64)
	head := "," + "Online," + c.mcc + "-" + c.mnc + ",0x" + c.area + "," + strconv.FormatUint(id, 10)
	switch c.radio {
	case radioLTE:
		band := map[bool]string{false: "EUTRAN-BAND8,3740", true: "EUTRAN-BAND40,39092"}[c.tdd]
		return "+CPSI: LTE" + head + ",203," + band + ",3,3,-92,-672,-418,14"
	case radioWCDMA:
		return "+CPSI: WCDMA" + head + ",WCDMA IMT 2000,296,10564,0,7,-79,-6,-,-"
	default:
		return "+CPSI: GSM" + head + ",55 EGSM 900,-79,0,33-33"
	}
}
