// Command bench measures our parsers and builders side by side with those of others, and
// with the least work that the task could be (floors), on the wire texts of testdata.
//
// Every subject runs in short samples, in rounds whose order rotates, so that a machine
// that is now fast and now slow is so for all of them. A ratio is the median over the
// rounds of the ratio within the round; it outlives the machine, the times do not.
// BENCHTIME is the time each subject gets in all (default 1s). It prints one Markdown
// table and fails on nothing: it informs.
//
// C parsers are left out: measured through cgo they would pay for the call, and in a
// program of their own they would not share the rounds.
package main
