package main

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"net/textproto"
	"time"

	"imsagent/cpim"
	"imsagent/cpim/imdn"
	"imsagent/cpim/iscomposing"
)

func cpimGroups() []group {
	return []group{cpimParse(), imdnParse(), composingParse(), cpimBuild(), imdnBuild()}
}

// cpimParse is against Go's reader of such headers, twice: message headers, MIME headers.
func cpimParse() group {
	text, m := wire("hello.cpim"), new(cpim.Message)
	return group{what: "CPIM parse hello.cpim", subjects: []*subject{
		{name: "Parse", run: func(n int) {
			for range n {
				_, err := cpim.Parse(text, m)
				must(err)
			}
		}},
		{name: "net/textproto", run: func(n int) {
			for range n {
				r := textproto.NewReader(bufio.NewReader(bytes.NewReader(text)))
				_, err := r.ReadMIMEHeader()
				must(err)
				_, err = r.ReadMIMEHeader()
				must(err)
			}
		}},
		{name: "lines and colons", run: func(n int) {
			for range n {
				splitLines(text)
			}
		}},
	}, pairs: []pair{{0, 1, aim{alloc: true}}, {0, 2, aim{}}}}
}

// imdnParse reads the CPIM around it too.
func imdnParse() group {
	text, m, x := wire("imdn.cpim"), new(cpim.Message), new(imdn.Notification)
	_, err := cpim.Parse(text, m)
	must(err)
	doc := m.Content(text)
	var v struct {
		ID string `xml:"message-id"`
	}
	return group{what: "CPIM + IMDN parse imdn.cpim", subjects: []*subject{
		{name: "cpim.Parse, imdn.Parse", run: func(n int) {
			for range n {
				_, err := cpim.Parse(text, m)
				must(err)
				must(imdn.Parse(m.Content(text), x))
			}
		}},
		{name: "encoding/xml, the document only", run: func(n int) {
			for range n {
				must(xml.Unmarshal(doc, &v))
			}
		}},
	}, pairs: []pair{{0, 1, aim{alloc: true}}}}
}

func composingParse() group {
	text, s := wire("iscomposing.xml"), new(iscomposing.Status)
	var v struct {
		State string `xml:"state"`
	}
	return group{what: "isComposing parse iscomposing.xml", subjects: []*subject{
		{name: "Parse", run: func(n int) {
			for range n {
				must(iscomposing.Parse(text, s))
			}
		}},
		{name: "encoding/xml", run: func(n int) {
			for range n {
				must(xml.Unmarshal(text, &v))
			}
		}},
	}, pairs: []pair{{0, 1, aim{alloc: true}}}}
}

func cpimBuild() group {
	text, buf := wire("hello.cpim"), make([]byte, 0, 1024)
	e := cpim.Envelope{
		From: "sip:anonymous@anonymous.invalid", To: "sip:anonymous@anonymous.invalid",
		DateTime:   time.Date(2015, 2, 24, 6, 48, 9, 0, time.UTC),
		Namespaces: []cpim.Namespace{{Prefix: "MyFeatures", URI: "mailto:RCSFeatures@test.com"}},
		Headers: []cpim.Field{{Prefix: "MyFeatures", Name: "PANI",
			Value: []byte("3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000")}},
		MessageID: []byte("wYcJuXBbGOfCtBqIPQqz0I"), Notify: cpim.PositiveDelivery | cpim.Display,
		ContentType: []byte("text/plain;charset=UTF-8"), Length: 5,
	}
	return group{what: "CPIM build hello.cpim", subjects: []*subject{
		{name: "AppendHead", run: func(n int) {
			for range n {
				_, err := e.AppendHead(buf)
				must(err)
			}
		}},
		{name: "memcpy of the result", run: func(n int) {
			for range n {
				copy(buf[:len(text)], text)
			}
		}},
	}, pairs: []pair{{0, 1, aim{alloc: true}}}}
}

func imdnBuild() group {
	buf := make([]byte, 0, 1024)
	p := &imdn.Payload{MessageID: []byte("wYcJuXBbGOfCtBqIPQqz0I"), DateTime: []byte("2015-02-24T06:48:09Z"),
		Report: imdn.Report{Kind: imdn.Delivery, Status: imdn.Delivered}}
	var v struct {
		XMLName  xml.Name `xml:"urn:ietf:params:xml:ns:imdn imdn"`
		ID       string   `xml:"message-id"`
		DateTime string   `xml:"datetime"`
		Status   struct{} `xml:"delivery-notification>status>delivered"`
	}
	v.ID, v.DateTime = string(p.MessageID), string(p.DateTime)
	return group{what: "IMDN build", subjects: []*subject{
		{name: "Append", run: func(n int) {
			for range n {
				_, err := imdn.Append(buf, p)
				must(err)
			}
		}},
		{name: "encoding/xml", run: func(n int) {
			for range n {
				_, err := xml.Marshal(&v)
				must(err)
			}
		}},
	}, pairs: []pair{{0, 1, aim{alloc: true}}}}
}

// copyGroup shows what moving the octets alone costs.
func copyGroup() group {
	invite, chunk, dst := wire("invite.sip"), wire("chunk2k.msrp"), make([]byte, 4096)
	return group{what: "floor", subjects: []*subject{
		{name: "memcpy invite.sip", run: func(n int) {
			for range n {
				copy(dst, invite)
			}
		}},
		{name: "memcpy chunk2k.msrp", run: func(n int) {
			for range n {
				copy(dst, chunk)
			}
		}},
	}, pairs: []pair{{0, 1, aim{}}}}
}
