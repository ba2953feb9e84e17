// Package modem is what the agent needs of any modem: the value of P-Access-Network-Info while
// it changes, and whether the modem is there. Run opens the device, speaks AT to it by package
// at, and reports events; it blocks, starts no goroutine and reopens the device for ever.
//
// In: ttys in raw mode under the runtime poller, exclusive use, reconnection with back-off,
// silence, devices that vanish and come back. All decisions about lines are made in package at.
//
// Out: QMI, SIM authentication and PDN connections.
//
// Memory: one read buffer and one at.Session for each Run; a PANI is a string of its own.
package modem
