package main

import (
	"fmt"
	"strconv"
)

// config is the configuration under which our INVITE is the trace's, but for
// random ids and for what we do better. Paths are relative to the run's directory.
func (t *theatre) config() string {
	own, peer := t.ours(), t.theirs()
	impu := "sip:310410123456789@sharetechnote.com"
	if !t.calls {
		impu = "sip:+14448880000@sharetechnote.com"
	}
	return fmt.Sprintf(`state = "state"
log = "debug"
[modem]
protocol = "at"
device = "modem"
[ims]
access = "cellular"
local = %s
pcscf = [%s]
transport = "udp"
domain = "sharetechnote.com"
impi = "310410123456789@sharetechnote.com"
impu = %s
register = false
auth = "none"
security = "none"
user_agent = "Test IMS 5.0"
compact_headers = true
[msrp]
port = %d
setup = "active"
session_name = "SS VOIP"
user_name = "TEST-IMS-UE"
[chat]
accept = "auto"
content_types = ["text/plain", "message/imdn+xml"]
namespaces = ["MyFeatures <mailto:RCSFeatures@test.com>"]
cpim_pani = "MyFeatures"
[host]
socket = "host.sock"
group = ""
`, strconv.Quote(own.at(own.sip)), strconv.Quote(peer.at(peer.sip)), strconv.Quote(impu), own.msrp)
}
