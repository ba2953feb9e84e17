package main

import (
	pion "github.com/pion/sdp/v3"

	"imsagent/msrp/sdp"
)

func sdpGroups() []group {
	text, buf := wire("sdp_offer.sdp"), make([]byte, 0, 1024)
	offer := &sdp.Offer{User: "TEST-IMS-UE", SessionID: 1234562, Host: "2001::1:4c16:9c0f:4986:9e6d", Name: "SS VOIP", Port: 8880,
		Types: "message/cpim application/im-iscomposing+xml", Wrapped: "text/plain message/imdn+xml", Setup: sdp.SetupActive,
		Path: "msrp://[2001::1:4c16:9c0f:4986:9e6d]:8880/FmnP;tcp", CEMA: true, Direction: "sendrecv"}
	var parsed pion.SessionDescription
	must(parsed.Unmarshal(text))
	return []group{
		beside(group{what: "SDP parse sdp_offer.sdp", subjects: []*subject{
			{name: "Parse, normalised and bounded", run: func(n int) {
				for range n {
					_, err := sdp.Parse(text)
					must(err)
				}
			}},
			{name: "pion/sdp Unmarshal", run: func(n int) {
				for range n {
					var d pion.SessionDescription
					must(d.Unmarshal(text))
				}
			}},
			{name: "lines and colons", run: func(n int) {
				for range n {
					splitLines(text)
				}
			}},
		}, pairs: []pair{{0, 1, aim{}}, {0, 2, aim{}}}}, "sdp"),
		{what: "SDP build sdp_offer.sdp", subjects: []*subject{
			{name: "Append", run: func(n int) {
				for range n {
					_, err := offer.Append(buf)
					must(err)
				}
			}},
			{name: "pion/sdp Marshal", run: func(n int) {
				for range n {
					_, err := parsed.Marshal()
					must(err)
				}
			}},
		}, pairs: []pair{{0, 1, aim{}}}},
	}
}
