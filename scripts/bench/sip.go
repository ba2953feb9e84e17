package main

import (
	"bytes"

	"github.com/emiago/sipgo/sip"

	"imsagent/sipmin"
)

func sipGroups() []group {
	return []group{beside(sipParse("invite.sip", aim{bound: 0.30, alloc: true}), "parse"), sipParse("200ok.sip", aim{alloc: true}), beside(sipBuild(), "build")}
}

// eager reads what sipgo reads of every message, and what an agent needs of an INVITE:
// Request-URI, From, To, Via, Contact, Route, CSeq, Content-Length, Call-ID. What is not
// here Parse has read.
func eager(b []byte, m *sipmin.Msg) error {
	if _, err := sipmin.Parse(b, m, false); err != nil {
		return err
	}
	if _, err := sipmin.ParseURI(b, m.From.URI); err != nil {
		return err
	}
	if _, err := sipmin.ParseURI(b, m.To.URI); err != nil {
		return err
	}
	for _, id := range [...]sipmin.HeaderID{sipmin.HContact, sipmin.HRoute, sipmin.HRecordRoute} {
		for i := m.Find(id, 0); i >= 0; i = m.Find(id, i+1) {
			if err := addresses(b, m.Headers()[i].Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func addresses(b []byte, rest sipmin.Span) error {
	for {
		elem, next, ok := sipmin.NextElement(b, rest)
		if !ok {
			return nil
		}
		na, err := sipmin.ParseNameAddr(b, elem)
		if err != nil {
			return err
		}
		if _, err := sipmin.ParseURI(b, na.URI); err != nil {
			return err
		}
		rest = next
	}
}

func sipParse(name string, a aim) group {
	text := wire(name)
	msg, parser := new(sipmin.Msg), sip.NewParser()
	return group{what: "SIP parse " + name, subjects: []*subject{
		{name: "eager", run: func(n int) {
			for range n {
				must(eager(text, msg))
			}
		}},
		{name: "emiago/sipgo", run: func(n int) {
			for range n {
				_, err := parser.ParseSIP(text)
				must(err)
			}
		}},
		{name: "Parse", run: func(n int) {
			for range n {
				_, err := sipmin.Parse(text, msg, false)
				must(err)
			}
		}},
		{name: "lines and colons", run: func(n int) {
			for range n {
				splitLines(text)
			}
		}},
	}, pairs: []pair{{0, 1, a}, {2, 1, aim{}}, {2, 3, aim{}}}}
}

var lines int

// splitLines is the floor: where the lines are and where their colons.
func splitLines(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 2 {
			return
		}
		lines += bytes.IndexByte(b[:i], ':')
		b = b[i+1:]
	}
}

func sipBuild() group {
	text := wire("invite.sip")
	_, body, _ := bytes.Cut(text, []byte("\r\n\r\n"))
	m, err := sip.NewParser().ParseSIP(text)
	must(err)
	req := m.(*sip.Request)
	buf := make([]byte, 0, 4096)
	var theirs bytes.Buffer
	return group{what: "SIP build invite.sip", subjects: []*subject{
		{name: "Writer", run: func(n int) {
			for range n {
				w := sipmin.NewWriter(buf, true)
				writeInvite(&w, body)
				_, err := w.Bytes()
				must(err)
			}
		}},
		{name: "sipgo String", run: func(n int) {
			for range n {
				_ = req.String()
			}
		}},
		{name: "sipgo StringWrite, buffer reused", run: func(n int) {
			for range n {
				theirs.Reset()
				req.StringWrite(&theirs)
			}
		}},
	}, pairs: []pair{{0, 1, aim{bound: 0.15, alloc: true}}, {0, 2, aim{}}}}
}

// writeInvite writes the trace's INVITE, in the order of its fields.
func writeInvite(w *sipmin.Writer, body []byte) {
	w.RequestLine(sipmin.MInvite, "sip:+14448880000@sharetechnote.com;user=phone")
	w.Header(sipmin.HConversationID, "6b79b8bc937e4985b1dffd062b687bd7")
	w.Header(sipmin.HContributionID, "d5e4121aeec2cc59546ebaef8966ef185a2f37f0")
	w.Header(sipmin.HPPreferredService, "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session")
	w.Header(sipmin.HPPreferredIdentity, "<sip:310410123456789@sharetechnote.com>")
	w.Header(sipmin.HPEarlyMedia, "supported")
	w.Header(sipmin.HAllow, "INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,INFO,REFER,NOTIFY,MESSAGE,PRACK")
	w.Header(sipmin.HUserAgent, "Test IMS 5.0")
	w.Begin(sipmin.HCSeq)
	w.Uint(1)
	w.Text(" INVITE")
	w.End()
	w.HeaderUint(sipmin.HMaxForwards, 70)
	w.Header(sipmin.HPAccessNetworkInfo, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000")
	w.Header(sipmin.HRoute, "<sip:[2001:0:0:1::2]:5060;lr>")
	w.Extension("a", `*;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"`)
	w.Header(sipmin.HContentType, "application/sdp")
	w.Header(sipmin.HFrom, "<sip:310410123456789@sharetechnote.com>;tag=284849603")
	w.Header(sipmin.HCallID, "508868544@2001::1:4c16:9c0f:4986:9e6d")
	w.Header(sipmin.HSupported, "timer")
	w.ContentLength(len(body))
	w.Header(sipmin.HContact, `<sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060;transport=UDP>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"`)
	w.Header(sipmin.HTo, "<sip:+14448880000@sharetechnote.com;user=phone>")
	w.Header(sipmin.HVia, "SIP/2.0/TCP [2001::1:4c16:9c0f:4986:9e6d]:5060;branch=z9hG4bK2563646430smg;transport=TCP")
	w.Body("application/sdp", body)
}
