package ipc

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValidAddress(t *testing.T) {
	for _, good := range []string{"+1", "+14448880000", "+123456789012345", "sip:a@h", "sips:a@h", "SIP:a@h", "sip:h", "sip:[::1]", "sip:[2001:db8::1]:5060",
		"sip:+14448880000@sharetechnote.com;user=phone", "sip:a%20b@h", "sip:a:pw@h:5060;lr?Subject=x", "tel:+1-444-888-0000", "tel:+1(444)8880000;ext=5",
		"TEL:+14448880000", "sip:_~!*'()&=+$,;?/@h"} {
		if err := ValidAddress([]byte(good)); err != 0 {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "+", "1", "14448880000", "+1234567890123456", "+1 2", "+1-2", "+1a", "sip:", "sip:@h", "sip:a@", "sip:a@b@c", "sip:;x", "sip:a@h SIP/2.0",
		"sip:a@h>", "<sip:a@h>", "sip:a@h\"", "sip:a\\b@h", "sip:a@h\r\nX: y", "sip:a%0d%0aX@h", "sip:a%7f@h", "sip:a%7F@h", "sip:a%4", "sip:a%zz@h", "sip:ë@h",
		"tel:+1-800-FLOWERS", "tel:", "tel:911", "tel:+", "tel:+1;x=<", "msrp://h:1/x;tcp", "mailto:a@h", "Via", "sip", "sip :a@h", "sip:a@h\x00", "sip:a@\u0085h"} {
		if err := ValidAddress([]byte(bad)); err == 0 {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestValidContentType(t *testing.T) {
	for _, good := range []string{"text/plain", "text/plain;charset=UTF-8", "text/plain; charset=\"utf-8\"", "application/vnd.gsma.rcs-ft-http+xml", "a/b ; c=d ;e=\"\\\"\"",
		"message/cpim", "a/b;c=\"ë\""} {
		if err := ValidContentType([]byte(good)); err != 0 {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "text", "text/", "/plain", "text/plain;", "text/plain;charset", "text/plain;charset=", "text/plain;=x", "text/plain;a=\"x", "text/plain;a=\"x\\",
		"text/plain\r\nX: y", "text/plain;a=\"\r\n\"", "text plain", "te xt/plain", "text/plain,text/html", "text/plain; a=b c", "text/pla\u00ebn", "Via", "text/plain\x00",
		"text/plain;a=\"b\"c"} {
		if err := ValidContentType([]byte(bad)); err == 0 {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestValidHeaderName(t *testing.T) {
	for _, good := range []string{"MyFeatures.PANI", "a.b", "a.b.c", "imdnx.a"} {
		if err := ValidHeaderName([]byte(good)); err != 0 {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", ".", "a.", ".b", "Via", "Authorization", "From", "imdn.Message-ID", "IMDN.x", "X-Foo: a\r\nX-Bar", "a.b:", "a.b c", "a.\"", "ë.b"} {
		if err := ValidHeaderName([]byte(bad)); err == 0 {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestValidFieldControls: every control character of Unicode is refused in every place,
// and nothing else is.
func TestValidFieldControls(t *testing.T) {
	for r := range rune(0x300) {
		for _, text := range []string{string(r), "a" + string(r), string(r) + "a"} {
			control := r < 0x20 || r >= 0x7f && r < 0xa0
			if err := ValidField([]byte(text)); (err == ErrControl) != control {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

// TestTextCheckSplits: a text is UTF-8 or not, wherever its pieces are cut.
func TestTextCheckSplits(t *testing.T) {
	for _, text := range []string{"", "Hello", "Zoë", "日本語", "👍🏽", "a\xff", "\xc3", "日\xe6\x9c", "\xed\xa0\x80", "\xf0\x9f\x91", "\xc3\xc3\xab", "\x80", "ab\xe6\x9cx"} {
		for i := range len(text) + 1 {
			for j := i; j <= len(text); j++ {
				var c TextCheck
				early := c.Add([]byte(text[:i])) && c.Add([]byte(text[i:j])) && c.Add([]byte(text[j:]))
				if got := early && c.End(); got != utf8.ValidString(text) {
					t.Errorf("%q cut at %d and %d: %v", text, i, j, got)
				}
			}
		}
		var c TextCheck
		for i := range len(text) {
			c.Add([]byte(text[i : i+1]))
		}
		if c.End() != utf8.ValidString(text) {
			t.Errorf("%q octet by octet: %v", text, c.End())
		}
	}
}

func TestIsText(t *testing.T) {
	for contentType, want := range map[string]bool{"": true, "text/plain": true, "TEXT/x;a=b": true, "text/": false, "application/json": false, "textual/x": false} {
		if IsText([]byte(contentType)) != want {
			t.Errorf("%q: %v", contentType, !want)
		}
	}
}

func TestTopics(t *testing.T) {
	names := "message message_status composing session registration access_network modem trace"
	var all Topics
	for _, name := range strings.Fields(names) {
		topic := ParseTopic(name)
		if topic == 0 || topic.String() != name || all&topic != 0 {
			t.Errorf("%s is topic %b, which is %q", name, topic, topic)
		}
		all |= topic
	}
	if all != AllTopics || AllEvents != AllTopics&^TopicTrace || ParseTopic("") != 0 || AllTopics.String() != "" {
		t.Errorf("all topics are %b, not %b", all, AllTopics)
	}
}
