// Package agenttest simulates an IMS network around one UE: the P-CSCF and the
// remote UE behind it, in one process, on real sockets (SIP on UDP and TCP, an
// MSRP listener and dialler).
//
// In: the wire text of the reference trace (testdata/trace), octet for octet,
// into which only addresses, ids and lengths of the run are put, and a small
// line reader of its own. Every spelling and quirk of the trace survives: the
// 100 with Max-Forwards, the answer without t=, three spellings of one IPv6
// address, `MSRP id 200` without a comment, a Byte-Range that is one octet off.
//
// Out: the project's codecs. Nothing here imports them, so that the two can
// disagree.
//
// A script plays one side of a chat, one step after the other. What the UE
// sends is checked on its octets; the first thing that is wrong or missing ends
// the script, and [Network.Wait] names the step. Once a script has ended the
// network still answers BYE, OPTIONS, REGISTER and retransmissions until
// [Network.Close].
//
// To add a script: write its function in a file of its own and name it in the
// table of script.go.
package agenttest
