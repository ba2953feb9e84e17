package main

import (
	"fmt"
	"strings"
	"time"
)

// printModem prints what the daemon knows of modem, card, cell, identity and bearer, each with its age.
func (c *console) printModem(r object) {
	m, a, id, b := member(r, "modem"), member(r, "access_network"), member(r, "identity"), member(r, "bearer")
	c.line("modem", joined(text(m, "state"), strings.TrimPrefix(text(m, "text"), text(m, "state")+": ")), number(m, "age"))
	c.line("SIM", text(m, "sim"), number(m, "sim_age"))
	c.line("network", text(m, "registration"), number(m, "registration_age"))
	c.line("own IMS client", text(m, "own_ims"), number(m, "own_ims_age"))
	c.line("access network", text(a, "value"), unknownAge)
	c.line("cell", cellText(a), number(a, "age"))
	c.line("identity", joined(append([]string{text(id, "impi")}, texts(id, "impu")...)...), unknownAge)
	c.line("card", cardText(id), number(id, "age"))
	c.line("bearer", joined(text(b, "state"), text(b, "interface"), text(b, "apn"), strings.Join(texts(b, "addresses"), " "), mtuText(b)), number(b, "age"))
	c.line("P-CSCF", strings.Join(texts(b, "pcscf"), " "), unknownAge)
	if dns := texts(b, "dns"); len(dns) > 0 {
		c.line("DNS", strings.Join(dns, " "), unknownAge)
	}
}

// unknownAge is how the daemon says that something was never told.
const unknownAge = -1

// line prints one line of the report, with how long ago it was told.
func (c *console) line(name, value string, age int64) {
	if value = show(value); value == "" {
		value = "-"
	} else if age >= 0 {
		value += fmt.Sprintf("  (%v ago)", time.Duration(age)*time.Second)
	}
	c.print(nil, "%-15s %s", name, value)
}

// joined puts what is not empty behind each other.
func joined(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, ", ")
}

// texts is a list of strings.
func texts(o object, key string) (list []string) {
	all, _ := o[key].([]any)
	for _, v := range all {
		list = append(list, text(object{"": v}, ""))
	}
	return list
}

// cellText is a decoded access network: "LTE FDD, band 3, PLMN 310-410, TAC 0001, cell 0000000".
func cellText(a object) string {
	band, place := "", ""
	if n := number(a, "band"); n != 0 {
		band = fmt.Sprint("band ", n)
	}
	if plmn := text(a, "plmn"); len(plmn) > 3 {
		place = "PLMN " + plmn[:3] + "-" + plmn[3:]
	}
	area, cell := text(a, "area"), text(a, "cell")
	if area != "" {
		name := "TAC "
		if radio := text(a, "radio"); radio == "GSM" || radio == "UMTS" {
			name = "LAC "
		}
		area = name + area
	}
	if cell != "" {
		cell = "cell " + cell
	}
	return joined(strings.TrimSpace(text(a, "radio")+" "+text(a, "duplex")), band, place, area, cell)
}

// cardText is what was read from the card.
func cardText(id object) string {
	if number(id, "age") < 0 {
		return ""
	}
	from := "USIM only: identity derived from the IMSI"
	if flagged(id, "isim") {
		from = "ISIM"
	}
	parts := []string{from}
	for _, key := range []string{"imsi", "imei"} {
		if v := text(id, key); v != "" {
			parts = append(parts, strings.ToUpper(key)+" "+v)
		}
	}
	return joined(parts...)
}

func mtuText(b object) string {
	if n := number(b, "mtu"); n != 0 {
		return fmt.Sprint("MTU ", n)
	}
	return ""
}
