package agenttest

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

//go:embed testdata/trace
var traceFiles embed.FS

// What the reference trace calls things; these words are put out for those of the run.
const (
	traceUA1     = "2001::1:4c16:9c0f:4986:9e6d"
	traceUA1Full = "2001:0000:0000:0001:4C16:9C0F:4986:9E6D"
	traceUA2     = "2001:0:0:1::2"
	traceUA2Full = "2001:0000:0000:0001:0000:0000:0000:0002"

	tracePath1     = "msrp://[" + traceUA1 + "]:8880/FmnP;tcp"
	tracePath1Full = "msrp://[" + traceUA1Full + "]:8880/FmnP;tcp"
	tracePath2     = "msrp://[" + traceUA2Full + "]:16000/558f02b9d0;tcp"

	traceVia    = "SIP/2.0/TCP [" + traceUA1 + "]:5060;branch=z9hG4bK2563646430smg;transport=TCP"
	traceFrom   = "<sip:310410123456789@sharetechnote.com>;tag=284849603"
	traceTo     = "<sip:+14448880000@sharetechnote.com;user=phone>"
	traceCallID = "508868544@" + traceUA1
	traceTag2   = "b2fbe90a8c2e488ba04ad6d0c0956a6c"
	traceHello  = "wYcJuXBbGOfCtBqIPQqz0I" // imdn.Message-ID of 'Hello'
	traceHi     = "dc5ebabb21"             // imdn.Message-ID of 'hi'
)

// idsOf1 and idsOf2 are the ids that UA1 and UA2 chose in the trace.
var (
	idsOf1 = []string{"6b79b8bc937e4985b1dffd062b687bd7", "d5e4121aeec2cc59546ebaef8966ef185a2f37f0", "z9hG4bK2563646430smg",
		"z9hG4bK1597981393smg", "tag=284849603", "508868544", "FmnP", "kePLNmnn6eCcn7lB9X", "IeGt4q5QsCmzD", "RgGcYXJW2nHr",
		"ZNsPlykpMApMIABRrejarbO37ADMMae", traceHello, "r9n1kGghKfCnHKkwpgZNgV0f6s1", "b3xg0mJ7DkVvK1", "tZLoOeSS8nxrj0Pi4s7JGAyP9GUqJB"}
	idsOf2 = []string{traceTag2, "558f02b9d0", "69172e29", "fd2f8f3e7c", "2252a2757d", "9bc7cfab", "214dbfa419", "3c60188b",
		"c10258ab0f", traceHi}
)

// spelling is one address in the forms in which the trace writes addresses. An
// IPv4 address has one form only.
type spelling struct {
	plain  string // compressed, lower case: in o=, c= and Call-ID
	host   string // the same where a host stands: IPv6 in brackets
	full   string // host with every digit, lower case
	upper  string // full in upper case
	family string // of SDP: IP6 or IP4
}

func spell(a netip.Addr) spelling {
	a = a.Unmap()
	if a.Is4() {
		return spelling{a.String(), a.String(), a.String(), a.String(), "IP4"}
	}
	full := "[" + a.StringExpanded() + "]"
	return spelling{a.String(), "[" + a.String() + "]", full, strings.ToUpper(full), "IP6"}
}

// respell writes the host of an MSRP URI in full and in upper case, as UA2 of
// the trace does; a host that is no address stays.
func respell(uri string) string {
	const scheme = "msrp://"
	if !strings.HasPrefix(uri, scheme) {
		return uri
	}
	authority, rest, _ := strings.Cut(uri[len(scheme):], "/")
	a, err := netip.ParseAddrPort(authority)
	if err != nil {
		return uri
	}
	return scheme + spell(a.Addr()).upper + ":" + strconv.Itoa(int(a.Port())) + "/" + rest
}

// texts makes messages out of the trace's.
type texts struct {
	pairs []string // word of the trace, word of the run
}

// put adds replacements; those put first win.
func (t *texts) put(pairs ...string) { t.pairs = append(t.pairs, pairs...) }

// putAddress replaces the spellings of an address of the trace.
func (t *texts) putAddress(plain, full string, a spelling) {
	t.put("["+plain+"]", a.host, "["+full+"]", a.full, "["+strings.ToUpper(full)+"]", a.upper,
		"IN IP6 "+plain, "IN "+a.family+" "+a.plain, "@"+plain, "@"+a.plain)
}

// putFresh replaces ids of the trace by random ones of the same length.
func (t *texts) putFresh(ids []string) {
	for _, id := range ids {
		fixed := ""
		if i := strings.LastIndexByte(id, '='); i >= 0 {
			fixed, id = id[:i+1], id[i+1:]
		}
		if rest, ok := strings.CutPrefix(id, "z9hG4bK"); ok {
			fixed, id = "z9hG4bK", rest
		}
		t.put(fixed+id, fixed+random(len(id)))
	}
}

// random returns n random hexadecimal digits.
func random(n int) string {
	b := make([]byte, (n+1)/2)
	rand.Read(b)
	return hex.EncodeToString(b)[:n]
}

// made returns the message of the trace that the file holds, with the words of
// the run in it and its lengths true again, or as untrue as they were.
func (t *texts) made(file string, more ...string) []byte {
	raw, err := traceFiles.ReadFile("testdata/trace/" + file)
	if err != nil {
		panic("agenttest: " + err.Error()) // the file is part of the program
	}
	now := []byte(strings.NewReplacer(append(append([]string{}, more...), t.pairs...)...).Replace(string(raw)))
	if bytes.HasPrefix(raw, []byte("MSRP ")) {
		return resizeMSRP(raw, now)
	}
	return resize(now, sipLength, grown(raw, now))
}

var (
	sipLength  = regexp.MustCompile(`(?m)^(?:Content-Length|l): (\d+)\r$`)
	byteRange  = regexp.MustCompile(`(?m)^Byte-Range: 1-(\d+)/(\d+)\r$`)
	mimeLength = regexp.MustCompile(`(?m)^Content-Length: (\d+)\r$`)
)

// body is what follows the first empty line.
func body(b []byte) []byte {
	_, after, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	return after
}

// grown is by how many octets the body is longer than it was.
func grown(was, now []byte) int { return len(body(now)) - len(body(was)) }

// resize adds by to every number in the first match of what.
func resize(b []byte, what *regexp.Regexp, by int) []byte {
	m := what.FindSubmatchIndex(b)
	if m == nil || by == 0 {
		return b
	}
	var out []byte
	from := 0
	for g := 2; g < len(m); g += 2 {
		v, _ := strconv.Atoi(string(b[m[g]:m[g+1]]))
		out = strconv.AppendInt(append(out, b[from:m[g]]...), int64(v+by), 10)
		from = m[g+1]
	}
	return append(out, b[from:]...)
}

// resizeMSRP mends the length inside the CPIM body first, then Byte-Range.
// Ids in the end-line may have another length too, which is no body.
func resizeMSRP(was, now []byte) []byte {
	head, content, ok := bytes.Cut(now, []byte("\r\n\r\n"))
	if !ok {
		return now
	}
	inner := len(body(mime(content))) - len(endOf(content)) - len(body(mime(body(was)))) + len(endOf(was))
	if mime(content) != nil {
		content = resize(content, mimeLength, inner)
	}
	now = append(append(append([]byte{}, head...), "\r\n\r\n"...), content...)
	return resize(now, byteRange, grown(was, now)-len(endOf(now))+len(endOf(was)))
}

// mime is the encapsulated part of a CPIM message; nil where there is none.
func mime(cpim []byte) []byte {
	_, after, ok := bytes.Cut(cpim, []byte("\r\n\r\n"))
	if !ok {
		return nil
	}
	return after
}

// endOf is the CRLF and the end-line at the end of an MSRP request.
func endOf(b []byte) []byte { return b[bytes.LastIndex(b, []byte("\r\n-------")):] }

// word returns what is put for a word of the trace.
func (t *texts) word(trace string) string {
	for i := 0; i < len(t.pairs); i += 2 {
		if t.pairs[i] == trace {
			return t.pairs[i+1]
		}
	}
	return trace
}

// answerTexts are the words of a call that UA2 takes: the UE's INVITE, its MSRP
// path, our two addresses. It returns our own path too.
func answerTexts(m *message, peer string, sip, msrp netip.AddrPort, fresh bool) (*texts, string) {
	t := &texts{}
	own, port := spell(sip.Addr()), strconv.Itoa(int(msrp.Port()))
	user, _, _ := strings.Cut(strings.TrimPrefix(inAngles(m.get("To")), "sip:"), ";")
	if fresh {
		t.putFresh(idsOf2)
	}
	path := "msrp://" + own.full + ":" + port + "/" + t.word("558f02b9d0") + ";tcp"
	t.put(traceVia, m.get("Via"), traceFrom, m.get("From"), traceTo, m.get("To"), traceCallID, m.get("Call-ID"),
		"CSeq: 1 INVITE", "CSeq: "+m.get("CSeq"), tracePath1Full, respell(peer), tracePath1, peer, tracePath2, path,
		"sip:+14448880000@sharetechnote.com", "sip:"+user,
		"["+traceUA2+"]:5060", own.host+":"+strconv.Itoa(int(sip.Port())), "message 16000 ", "message "+port+" ")
	t.putAddress(traceUA2, traceUA2Full, own)
	return t, path
}

// callTexts are the words of a call that UA1 makes: our two addresses and the
// UE's. It returns our own path too.
func callTexts(sip, msrp, ue netip.AddrPort, fresh bool) (*texts, string) {
	t := &texts{}
	if fresh {
		t.putFresh(idsOf1)
	}
	own, port := spell(sip.Addr()), strconv.Itoa(int(msrp.Port()))
	path := "msrp://" + own.host + ":" + port + "/" + t.word("FmnP") + ";tcp"
	t.put("P-Preferred-", "P-Asserted-", tracePath1, path, "message 8880 ", "message "+port+" ",
		"["+traceUA1+"]:5060", own.host+":"+strconv.Itoa(int(sip.Port())),
		"["+traceUA2+"]:5060", spell(ue.Addr()).host+":"+strconv.Itoa(int(ue.Port())))
	t.putAddress(traceUA1, traceUA1Full, own)
	return t, path
}
