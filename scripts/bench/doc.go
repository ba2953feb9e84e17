// Command bench measures our parsers and builders side by side with those of others, and
// with the least work that the task could be (floors), on the wire texts of testdata; then
// what a user feels of the daemon, run as a program: how long a message takes, what it
// costs on the wire, what an hour of silence costs, and what a session costs in memory.
//
// Every subject runs in short samples, in rounds whose order rotates, so that a machine
// that is now fast and now slow is so for all of them. A ratio is the median over the
// rounds of the ratio within the round; it outlives the machine, the times do not.
// It prints one Markdown table and fails on nothing: it informs.
//
// BENCHTIME is the time each subject gets in all (default 1s). ONLY, a regular expression,
// chooses sections: sip sdp msrp bulk cpim ipc floor options chat wire hour memory.
//
// The Go peers are the modules of go.mod. The C parsers are programs of their own, peers/*.c,
// compiled at the start against what Debian has (scripts/setup bench); each tells the CPU
// time that its part of a round cost, so that no call through cgo is charged to it.
package main
