// Package modemtest is a simulated modem behind a real pty (or a Unix socket), by AT or by QMI. It
// answers commands, sends unsolicited lines, moves between cells, loses coverage, falls silent, vanishes
// with its device and comes back under another pty.
//
// Its lines are literals in the forms that real modems were recorded to use, with the source
// beside each; it shares no code with the packages that it tests, so that it can disagree.
//
// In: what a profile's modem says of itself, of SIM, registration, operator and serving cell; a card
// with USIM and ISIM, its files, logical channels and AKA with sequence numbers.
// Out: PDN connections, SMS.
//
// It starts goroutines: one for each open device. Close ends them all.
package modemtest
