// Package msrp is the Message Session Relay Protocol of RFC 4975 as an end point needs it:
// framing, chunks, transactions, reports, and one session.
//
// In: URI (§6), the two-stage [Reader] (§5.1, §9), encoders, and [Session] (§5.3, §7, §10).
// Out: SDP (package msrp/sdp), what a body means (package cpim), sockets, clocks, storage,
// relays (RFC 4976), and the suppression of duplicates, which outlives a session.
//
// # Reading
//
// A [Reader] belongs to one connection. Next yields a head, then pieces of the body as they
// arrive, then the end with its flag. A body is never gathered: a chunk may be longer than
// any buffer. What Next yields aliases the caller's buffer or the Reader and is valid until
// the next call. A broken head that can still be framed is marked (Head.Fault) and answered
// with 400; a stream whose framing is lost is an error, and the connection must be closed.
//
// # One session
//
// A [Session] is fed with Head, Body and End, and yields events by Next. It answers alone
// what needs no decision: earlier chunks, empty SENDs, keep-alives, refusals. The 200 to the
// chunk that completes a message is withheld until Accept, so that a message can be on flash
// before anybody is told that we have it. Incoming messages live in [Slots] slots; their
// octets are passed on at once with their offset, and only the ranges are remembered. While
// Full or Blocked, the caller leaves the rest of the stream unread, and TCP the peer waiting.
//
// Outgoing messages are pulled: Want says which octets are needed, AppendChunk builds the
// SEND around them. AppendPending builds what must go first: responses, REPORTs, the empty
// SEND that opens the session. Each transaction is remembered until it is answered or 30
// seconds have passed (§7.1.1).
//
// Nothing allocates after Init. Time is an argument. Encoders append within capacity.
package msrp
