package agenttest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Sizes of script chunks, in octets.
const (
	chunkSize = 2048  // of every chunk that we send: the largest that need not be interruptible (RFC 4975 §7.1.1)
	largeText = 20000 // of the text that we send back
	slack     = 16384 // the longest chunk that is taken from the UE
)

// playChunks takes a message in at least two chunks, reports it, and sends a
// large one back.
func (n *Network) playChunks() error {
	c, err := n.take()
	if err != nil {
		return err
	}
	content, err := c.takeChunks()
	if err != nil {
		return err
	}
	e, err := parseCPIM(content)
	if err != nil {
		return at(row(stepHello), err)
	}
	var k check
	if l := e.mimeHeader("Content-Length"); l != "" {
		k.same("Content-Length in CPIM", l, strconv.Itoa(len(e.content)))
	}
	k.want(e.imdn("Message-ID") != "", "imdn.Message-ID is missing")
	if err := k.err(); err != nil {
		return at(row(stepHello), err)
	}
	if err := c.give(stepReceipt, "10-send-imdn.msrp", stepReceiptOK, traceHello, e.imdn("Message-ID")); err != nil {
		return err
	}
	return c.giveChunks()
}

// takeChunks takes one message and answers each of its chunks.
func (c *chat) takeChunks() ([]byte, error) {
	var all []byte
	id, total := "", ""
	for chunk := 1; ; chunk++ {
		f, err := c.s.next("chunk "+strconv.Itoa(chunk), isContent("message/cpim"))
		if err != nil {
			return nil, at(row(stepHello), err)
		}
		c.n.note(row(stepHello), "tcp", false, f.raw)
		var k check
		if chunk == 1 {
			id = f.get("Message-ID")
			_, total, _ = strings.Cut(f.get("Byte-Range"), "/")
		}
		k.same("Message-ID", f.get("Message-ID"), id)
		k.want(len(f.body) <= slack, "the chunk has %d octets", len(f.body))
		from, to := len(all)+1, strconv.Itoa(len(all)+len(f.body))
		r := f.get("Byte-Range")
		k.want(r == fmt.Sprintf("%d-%s/%s", from, to, total) || r == fmt.Sprintf("%d-*/%s", from, total), "Byte-Range is %q, want %d-%s/%s", r, from, to, total)
		k.want(f.flag == '+' || f.flag == '$', "the flag is %q", f.flag)
		k.want(f.flag == '+' || total == to, "the last chunk ends at %s of %s", to, total)
		k.want(f.flag == '+' || chunk > 1, "the message came in one chunk")
		if err := errors.Join(c.s.checkSend(f), k.err()); err != nil {
			return nil, at(row(stepHello), err)
		}
		all = append(all, f.body...)
		if err := c.respond(row(stepHelloOK), "09-200-noreason.msrp", "RgGcYXJW2nHr", f); err != nil || f.flag == '$' {
			return all, err
		}
	}
}

// largeBody is 'hi' of the trace with a long text: lines of 40 octets that look
// like end-lines of other transactions.
func (c *chat) largeBody() []byte {
	text := strings.Repeat("-------3c60188a$ of another message ..\r\n", largeText/40)
	f, err := parseFrame(c.made("14-send-hi.msrp", "\r\nhi\r\n", "\r\n"+text+"\r\n"))
	if err != nil {
		panic("agenttest: " + err.Error()) // the text is ours
	}
	return f.body
}

// giveChunks sends the large message and takes its delivery notification.
func (c *chat) giveChunks() error {
	all := c.largeBody()
	for i, from := 0, 0; from < len(all); i, from = i+1, from+chunkSize {
		to, flag := from+chunkSize, "+"
		if to >= len(all) {
			to, flag = len(all), "$"
		}
		id := fmt.Sprintf("%s%02x", c.word("3c60188b")[:6], i)
		b := fmt.Appendf(nil, "MSRP %s SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: %s\r\nByte-Range: %d-%d/%d\r\nContent-Type: message/cpim\r\n\r\n%s\r\n-------%s%s\r\n",
			id, respell(c.s.peer), c.s.own, c.word("c10258ab0f"), from+1, to, len(all), all[from:to], id, flag)
		if err := c.s.write(b); err != nil {
			return at(row(stepHi), err)
		}
		c.n.note(row(stepHi), "tcp", true, b)
		if err := c.answered(row(stepHiOK), b); err != nil {
			return err
		}
	}
	e, err := parseCPIM(all)
	if err != nil {
		return at(row(stepHi), err)
	}
	return c.takeReceipt(e)
}
