// Package modemtest is a simulated AT modem behind a real pty or a Unix socket. Its lines are
// literals recorded from real modems; it shares no code with the packages that it tests.
package modemtest
