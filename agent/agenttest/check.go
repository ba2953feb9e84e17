package agenttest

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// check collects what is wrong with one message.
type check struct{ faults []error }

// want notes a fault unless ok.
func (c *check) want(ok bool, format string, args ...any) {
	if !ok {
		c.faults = append(c.faults, fmt.Errorf(format, args...))
	}
}

// same notes a fault unless got is want.
func (c *check) same(what, got, want string) {
	c.want(got == want, "%s is %q, want %q", what, got, want)
}

// match notes a fault unless got has the form.
func (c *check) match(what, got string, form *regexp.Regexp) {
	c.want(form.MatchString(got), "%s is %q, want the form %v", what, got, form)
}

func (c *check) err() error { return errors.Join(c.faults...) }

const (
	icsi    = "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session"
	icsiRef = `+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"`
)

var (
	formID     = regexp.MustCompile(`^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
	formVia    = regexp.MustCompile(`^SIP/2\.0/(TCP|UDP) (\[[0-9a-fA-F:.]+\]|[0-9.]+):\d+;branch=z9hG4bK[^;, ]{8,}(;rport)?$`)
	formMedia  = regexp.MustCompile(`^message ([1-9]\d*) TCP/MSRP \*$`)
	formPath   = regexp.MustCompile(`^msrp://([^/ ]+):(\d+)/([^; ]+);tcp$`)
	formTID    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+%=-]{3,31}$`)
	formRange  = regexp.MustCompile(`^(\d+)-(\d+|\*)/(\d+|\*)$`)
	formPANI   = regexp.MustCompile(`^[0-9A-Z][0-9A-Za-z-]*(;[^;]+)*$`)
	formNumber = regexp.MustCompile(`^[1-9]\d* INVITE$`)
)

// sdp is one description, read by lines.
type sdp struct{ lines []string }

// get returns what follows the first line that begins with prefix.
func (d sdp) get(prefix string) string {
	for _, l := range d.lines {
		if v, ok := strings.CutPrefix(l, prefix); ok {
			return v
		}
	}
	return ""
}

func (d sdp) has(line string) bool {
	for _, l := range d.lines {
		if l == line {
			return true
		}
	}
	return false
}

// types reports whether all of names stand in a list such as accept-types.
func (d sdp) types(attribute string, names ...string) bool {
	have := " " + d.get("a="+attribute+":") + " "
	for _, name := range names {
		if !strings.Contains(have, " "+name+" ") && have != " * " {
			return false
		}
	}
	return true
}

// address is where m= and c= say that MSRP connections are taken.
func (d sdp) address() string {
	c := strings.Fields(d.get("c=IN "))
	port := strings.Fields(d.get("m=message "))
	if len(c) != 2 || len(port) == 0 {
		return ""
	}
	a, err := netip.ParseAddr(c[1])
	if err != nil {
		return ""
	}
	return spell(a).host + ":" + port[0]
}

// description reads and checks the SDP of an offer or answer of the UE.
func (c *check) description(m *message, setup ...string) sdp {
	c.same("Content-Type", m.get("Content-Type"), "application/sdp")
	text := string(m.body)
	c.want(strings.HasSuffix(text, "\r\n"), "the SDP has no CRLF at its end")
	d := sdp{strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")}
	order := ""
	for _, l := range d.lines {
		if len(l) < 2 || l[1] != '=' {
			c.want(false, "not an SDP line: %q", l)
			continue
		}
		order += l[:1]
	}
	c.want(strings.HasPrefix(order, "vosctm"), "the SDP lines come as %q, want v o s c t m", order)
	c.same("v=", d.get("v="), "0")
	c.match("m=", d.get("m="), formMedia)
	c.match("a=path", d.get("a=path:"), formPath)
	c.want(d.types("accept-types", "message/cpim", "application/im-iscomposing+xml"), "a=accept-types is %q", d.get("a=accept-types:"))
	c.want(d.types("accept-wrapped-types", "text/plain", "message/imdn+xml"), "a=accept-wrapped-types is %q", d.get("a=accept-wrapped-types:"))
	got := d.get("a=setup:")
	ok := false
	for _, s := range setup {
		ok = ok || s == got
	}
	c.want(ok, "a=setup is %q, want %q", got, setup)
	c.want(d.has("a=msrp-cema"), "a=msrp-cema is missing")
	c.want(!strings.Contains(text, "a=connection"), "a=connection must not be used (RFC 6135 §4.4)")
	c.want(d.address() != "", "c= and m= give no address")
	return d
}

// checkInvite checks step 1 of a UE that originates.
func (n *Network) checkInvite(m *message) (sdp, error) {
	var c check
	proxy := "<sip:" + spell(n.Addr().Addr()).host + ":" + strconv.Itoa(int(n.Addr().Port())) + ";lr>"
	c.match("Via", m.get("Via"), formVia)
	c.want(strings.HasPrefix(m.get("Via"), "SIP/2.0/"+strings.ToUpper(m.flow.transport)+" "), "Via is %q, but it came by %s", m.get("Via"), m.flow.transport)
	c.same("To", m.get("To"), "<"+m.uri()+">")
	c.want(param(m.get("From"), "tag") != "", "From has no tag")
	c.want(m.get("Call-ID") != "", "Call-ID is missing")
	c.match("CSeq", m.get("CSeq"), formNumber)
	c.same("Max-Forwards", m.get("Max-Forwards"), "70")
	c.same("Route", m.get("Route"), proxy)
	c.want(strings.HasSuffix(m.get("Contact"), ">;"+icsiRef), "Contact is %q", m.get("Contact"))
	c.same("Supported", m.get("Supported"), "timer")
	c.same("Accept-Contact", m.get("Accept-Contact"), "*;"+icsiRef)
	c.same("P-Preferred-Service", m.get("P-Preferred-Service"), icsi)
	c.want(inAngles(m.get("P-Preferred-Identity")) != "", "P-Preferred-Identity is missing")
	c.same("P-Early-Media", m.get("P-Early-Media"), "supported")
	c.match("Conversation-ID", m.get("Conversation-ID"), formID)
	c.match("Contribution-ID", m.get("Contribution-ID"), formID)
	for _, method := range []string{"INVITE", "ACK", "OPTIONS", "CANCEL", "BYE", "UPDATE", "PRACK"} {
		c.want(strings.Contains(","+strings.ReplaceAll(m.get("Allow"), " ", "")+",", ","+method+","), "Allow lacks %s", method)
	}
	c.match("P-Access-Network-Info", m.get("P-Access-Network-Info"), formPANI)
	if n.cfg.PANI != "" {
		c.same("P-Access-Network-Info", m.get("P-Access-Network-Info"), n.cfg.PANI)
	}
	c.want(m.has("User-Agent"), "User-Agent is missing")
	d := c.description(m, "active", "actpass")
	c.want(d.has("a=sendrecv"), "a=sendrecv is missing")
	return d, c.err()
}

// checkAck checks the ACK to a 2xx: it goes to the Contact of the 2xx, through
// its Record-Route (RFC 3261 §12.1.2, §13.2.2.4).
func checkAck(m, invite *message, ok *message) error {
	var c check
	c.same("Request-URI", m.uri(), inAngles(ok.get("Contact")))
	c.same("Route", m.get("Route"), ok.get("Record-Route"))
	c.same("From", m.get("From"), invite.get("From"))
	c.same("To", m.get("To"), ok.get("To"))
	c.same("CSeq", m.get("CSeq"), strings.TrimSuffix(invite.get("CSeq"), "INVITE")+"ACK")
	c.same("Max-Forwards", m.get("Max-Forwards"), "70")
	c.match("Via", m.get("Via"), formVia)
	c.want(m.get("Via") != invite.get("Via"), "the branch is the INVITE's; an ACK to a 2xx has its own")
	c.same("Contact", m.get("Contact"), "")
	c.want(len(m.body) == 0, "it has a body")
	return c.err()
}

// checkSend checks the outside of a SEND of the UE.
func (s *session) checkSend(f *frame) error {
	var c check
	c.same("To-Path", f.get("To-Path"), s.own)
	c.same("From-Path", f.get("From-Path"), s.peer)
	c.match("transaction id", f.id, formTID)
	c.want(len(f.get("Message-ID")) >= 4, "Message-ID is %q", f.get("Message-ID"))
	if f.hasBody {
		c.match("Byte-Range", f.get("Byte-Range"), formRange)
		c.want(f.has("Content-Type"), "Content-Type is missing")
		c.want(f.raw[0] == 'M' && f.fields[len(f.fields)-1].name == "Content-Type", "Content-Type is not the last header field")
	}
	return c.err()
}

// checkEmpty checks the empty SEND that opens a session: as in the trace it has
// both report fields and neither Byte-Range nor Content-Type.
func (s *session) checkEmpty(f *frame) error {
	var c check
	c.same("Success-Report", f.get("Success-Report"), "no")
	c.same("Failure-Report", f.get("Failure-Report"), "yes")
	c.want(!f.has("Byte-Range"), "it has a Byte-Range")
	c.want(!f.has("Content-Type"), "it has a Content-Type")
	c.want(!f.hasBody, "it has an empty line before its end-line")
	c.want(f.flag == '$', "its flag is %q", f.flag)
	return errors.Join(s.checkSend(f), c.err())
}

// checkWhole checks a SEND that carries a whole message.
func (s *session) checkWhole(f *frame) error {
	var c check
	size := strconv.Itoa(len(f.body))
	c.same("Byte-Range", f.get("Byte-Range"), "1-"+size+"/"+size)
	c.want(f.flag == '$', "its flag is %q", f.flag)
	return errors.Join(s.checkSend(f), c.err())
}

// checkAnswer checks the UE's answer to our SEND, whose octets are ours.
func (s *session) checkAnswer(f *frame, ours []byte) error {
	var c check
	sent, err := parseFrame(ours)
	if err != nil {
		return err
	}
	c.same("status", f.code(), "200")
	c.same("To-Path", f.get("To-Path"), sent.get("From-Path"))
	c.same("From-Path", f.get("From-Path"), s.peer)
	c.want(!f.hasBody, "it has a body")
	return c.err()
}

// envelope is a CPIM message, read by lines.
type envelope struct {
	head, mime []field
	content    string
}

// parseCPIM splits a CPIM message at its two empty lines.
func parseCPIM(b []byte) (envelope, error) {
	part := strings.SplitN(string(b), "\r\n\r\n", 3)
	if len(part) != 3 {
		return envelope{}, errors.New("a CPIM message has two empty lines")
	}
	e := envelope{content: part[2]}
	for i, to := range []*[]field{&e.head, &e.mime} {
		for _, l := range strings.Split(part[i], "\r\n") {
			name, value, ok := strings.Cut(l, ": ")
			if !ok {
				return e, fmt.Errorf("not a CPIM header: %q", l)
			}
			*to = append(*to, field{name, value})
		}
	}
	return e, nil
}

// get returns a CPIM header (case-sensitive), "" if there is none.
func (e envelope) get(name string) string { return lookup(e.head, name, false) }

// mimeHeader returns a MIME header (not case-sensitive), "" if there is none.
func (e envelope) mimeHeader(name string) string { return lookup(e.mime, name, true) }

func lookup(fields []field, name string, fold bool) string {
	for _, f := range fields {
		if f.name == name || fold && strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// imdnPrefix returns the prefix that the message binds to the IMDN namespace.
func (e envelope) imdnPrefix() string {
	for _, f := range e.head {
		if f.name != "NS" {
			continue
		}
		prefix, uri, _ := strings.Cut(f.value, " ")
		if uri == "<urn:ietf:params:imdn>" {
			return prefix
		}
	}
	return ""
}

// imdn returns an IMDN header of the message.
func (e envelope) imdn(name string) string { return e.get(e.imdnPrefix() + "." + name) }

// checkEnvelope checks what every CPIM message of a UE has.
func checkEnvelope(f *frame) (envelope, error) {
	var c check
	c.same("Content-Type", f.get("Content-Type"), "message/cpim")
	e, err := parseCPIM(f.body)
	if err != nil {
		return e, err
	}
	c.want(inAngles(e.get("From")) != "" && inAngles(e.get("To")) != "", "From or To has no URI in <>")
	_, err = time.Parse(time.RFC3339Nano, e.get("DateTime"))
	c.want(err == nil, "DateTime is %q", e.get("DateTime"))
	c.want(e.imdnPrefix() != "", "the IMDN namespace is not declared")
	c.want(e.imdn("Message-ID") != "", "imdn.Message-ID is missing")
	if l := e.mimeHeader("Content-Length"); l != "" {
		c.same("Content-Length in CPIM", l, strconv.Itoa(len(e.content)))
	}
	return e, c.err()
}

// checkText checks a text of the UE.
func checkText(f *frame, text string) (envelope, error) {
	e, err := checkEnvelope(f)
	var c check
	c.match("Content-type in CPIM", e.mimeHeader("Content-Type"), regexp.MustCompile(`(?i)^text/plain; ?charset=utf-8$`))
	notify := e.imdn("Disposition-Notification")
	c.want(strings.Contains(notify, "positive-delivery") && strings.Contains(notify, "display"), "imdn.Disposition-Notification is %q", notify)
	if text != "" {
		c.same("the text", e.content, text)
	}
	return e, errors.Join(err, c.err())
}

// checkReceipt checks the UE's delivery notification for our message.
func checkReceipt(f *frame, id, dateTime string) error {
	e, err := checkEnvelope(f)
	var c check
	c.same("Content-type in CPIM", e.mimeHeader("Content-Type"), "message/imdn+xml")
	c.same("Content-Disposition in CPIM", e.mimeHeader("Content-Disposition"), "notification")
	// RFC 5438 §8: an IMDN "MUST NOT" itself request a notification.
	c.same("imdn.Disposition-Notification", e.imdn("Disposition-Notification"), "")
	c.want(e.imdn("Message-ID") != id, "the notification has the id of the message")
	c.same("message-id", element(e.content, "message-id"), id)
	c.want(strings.Contains(e.content, "<delivery-notification>"), "it is no delivery notification")
	c.want(strings.Contains(e.content, "<delivered/>") || strings.Contains(e.content, "<delivered />"), "it does not say delivered")
	// RFC 5438 §11.1.2: the DateTime "of the IM".
	want, _ := time.Parse(time.RFC3339Nano, dateTime)
	got, bad := time.Parse(time.RFC3339Nano, element(e.content, "datetime"))
	c.want(bad == nil && got.Truncate(time.Second).Equal(want.Truncate(time.Second)), "datetime is %q, the message's was %q", element(e.content, "datetime"), dateTime)
	return errors.Join(err, c.err())
}

// element returns the text of an XML element without attributes.
func element(xml, name string) string {
	_, after, _ := strings.Cut(xml, "<"+name+">")
	text, _, _ := strings.Cut(after, "</"+name+">")
	return text
}
