package uicc

import "strings"

// An Identity is who the subscriber is. Empty fields are not known.
type Identity struct {
	IMSI   string
	IMPI   string   // private identity: user@realm
	IMPU   []string // public identities, SIP or tel URIs, the default first
	Domain string   // of the home network
	IMEI   string   // 15 digits
	ISIM   bool     // the card has an ISIM, from which IMPI, IMPU and Domain are
}

// Derive fills in what an ISIM would have said (TS 23.003 §13.2, §13.3, §13.4B) from the IMSI; mnc
// is the length of its MNC, 0 if it is not known. What is there already stays.
func (id *Identity) Derive(mnc int) {
	if _, err := checkIMSI(id.IMSI); err != nil {
		return
	}
	if mnc != 2 && mnc != 3 {
		mnc = mncLength(id.IMSI)
	}
	code := id.IMSI[3 : 3+mnc]
	if mnc == 2 {
		code = "0" + code // TS 23.003 §13.2: a two-digit MNC gets a zero at the beginning
	}
	if id.Domain == "" {
		id.Domain = "ims.mnc" + code + ".mcc" + id.IMSI[:3] + ".3gppnetwork.org"
	}
	if id.IMPI == "" {
		id.IMPI = id.IMSI + "@" + id.Domain
	}
	if len(id.IMPU) == 0 {
		id.IMPU = []string{"sip:" + id.IMPI}
	}
}

// threeDigits are the countries whose networks have an MNC of three digits (ITU-T E.212); only
// asked where the card does not say.
const threeDigits = " 302 310 311 312 313 314 315 316 334 338 342 344 346 348 352 356 358 360 365 366 376 708 722 732 750 "

func mncLength(imsi string) int {
	switch {
	case strings.Contains(threeDigits, " "+imsi[:3]+" "):
		return 3
	case imsi[:3] == "405" && imsi[3:6] >= "750" && imsi[3:6] <= "932": // India has both
		return 3
	}
	return 2
}

// ParseIMSIText returns the IMSI in a line of a modem, else ErrSyntax.
func ParseIMSIText(line string) (string, error) {
	return checkIMSI(strings.Trim(afterColon(line), "\" "))
}

// ParseIMEI returns the IMEI in a line of a modem, with its check digit: 15 digits whose last one
// is right or the 0 that is transmitted for it, 14 without it, or the 16 of an IMEISV, of which the
// last two are a version (TS 23.003 §6.2). A serial number may follow a comma.
func ParseIMEI(line string) (string, error) {
	s, _, _ := strings.Cut(afterColon(line), ",")
	s = strings.Trim(s, "\" \r\n\t")
	if len(s) < 14 || len(s) > 16 || !decimal(s) {
		return "", ErrSyntax
	}
	full := s[:14] + string(rune('0'+luhn(s[:14])))
	if len(s) == 15 && s != full && s[14] != '0' {
		return "", ErrSyntax
	}
	return full, nil
}

// InstanceID returns the URN of an IMEI (RFC 7254 §4), for +sip.instance: the check digit is not
// transmitted, 0 stands in its place (TS 23.003 §6.2.1).
func InstanceID(imei string) string {
	if len(imei) != 15 {
		return ""
	}
	return "urn:gsma:imei:" + imei[:8] + "-" + imei[8:14] + "-0"
}

// luhn returns the check digit of 14 digits (TS 23.003 annex B).
func luhn(s string) int {
	sum := 0
	for i := range len(s) {
		d := int(s[i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return (10 - sum%10) % 10
}

// afterColon returns what follows the prefix of a line like "+CGSN: 3560".
func afterColon(line string) string {
	if strings.HasPrefix(line, "+") {
		_, line, _ = strings.Cut(line, ":")
	}
	return strings.TrimSpace(line)
}

func decimal(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
