// Package modem is what the agent needs of any modem: the value of P-Access-Network-Info while it
// changes, who the subscriber is, SIM authentication, the IMS bearer, the modem's own IMS client,
// and whether the modem is there. Run opens the device, speaks AT or QMI to it by package at or
// qmi, and reports events; it blocks, starts no goroutine and reopens the device for ever. Ask
// wants something of the modem; the answer is an event too.
//
//	Ask → desk ┐
//	           ├→ errand: questions one after the other ─┐
//	due ───────┘                                         ├→ line → device
//	                     the session's queries of the cell ┘
//
// In: ttys in raw mode under the runtime poller, exclusive use, reconnection with back-off,
// silence, devices that vanish and come back; what is asked seldom, as errands between the queries
// of the cell. All decisions about a line or a frame are made in packages at and qmi, those about
// what a card says in package uicc.
//
// Memory: one read buffer and one Session for each Run; a PANI is a string of its own. Identity,
// Bearer and AKA are made once for each reading.
package modem
