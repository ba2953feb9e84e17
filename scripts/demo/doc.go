// Command demo runs the chat of the reference trace between real processes: a
// simulated modem behind a pty (modemsim), a simulated IMS network (imsnet), the
// daemon (imsagentd) and the command line (imsctl). First our agent calls, then
// it is called, and then the modem moves to another cell between two messages. Exit
// status 0 only if all 17 steps went over the wire both times, and the new cell with
// the next request.
//
//	go run ./scripts/demo [-world auto|trace|ipv6|ipv4] [-out out]
//
// Where the kernel lets it, it runs in a user and network namespace of its own
// (no root needed), on the trace's very addresses and ports; else on [::1]; else,
// and it says so, on 127.0.0.1. It leaves no process. Its files are under out/:
//
//	demo.txt           the ladders, and the change of the cell
//	demo.pcapng        what `imsctl flow -pcapng` wrote of the first run
//	demo-answering.pcapng   … and of the second
//	demo-wire.pcap     the loopback of the namespace, both runs
//	demo/              the programs; a directory a run: configuration, logs, spool, messages
package main
