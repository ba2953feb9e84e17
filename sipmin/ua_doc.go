// # User agent
//
// [UA] is the SIP core of one UE above the codec: one value, one owner, no
// clock and no I/O. Messages go in by [UA.Receive], time by [UA.Expire] (due at
// [UA.Deadline]), wishes by its other methods; messages come out through
// [Wire], and what happened by [UA.Next].
//
// In: the four transactions (RFC 3261 §17) with the Accepted states of RFC
// 6026, tables in txn.go with their timers in txn_clock.go; dialogs (§12); INVITE
// sessions of both sides with forks, CANCEL and the repetition of 2xx and ACK
// (§9, §13-§15); PRACK where the peer requires it (RFC 3262); re-INVITE and
// UPDATE of both sides with 491 and 500 (§14, RFC 3311); session timers (RFC
// 4028); the checks of §8.2 that need nobody's opinion (400, 405, 406, 415, 416,
// 420, 422, 481, 482, 501, 505; OPTIONS 200); the choice of the transport by size
// and the way back to UDP (§18.1.1); received and rport (§18.2, RFC 3581).
//
// Out, and the owner's: whom to hear at all (the source filter), what an offer
// means, whom to answer, how long to ring, authentication, registration and
// subscriptions (Request and EvRequest carry them), connections and their
// keep-alives (RFC 5626 §4.4.1), rates.
//
// Every request goes to the configured proxy, at the port that its first Route
// names if that is at the proxy's address. Nothing is ever sent to a Contact or
// to a route elsewhere, so what a peer writes there cannot aim us at a third
// party. Which transport a Contact names is not looked at.
//
// Memory is taken once, by [New]: two tables and one buffer for the message
// being written. What may have to be sent again lies in [Memory]: one buffer a
// client transaction until its final response (INVITE: then its ACK), one a
// server transaction. Of the latter it first holds the headers that responses
// copy (Via, Record-Route, From, To, Call-ID, CSeq), so that nothing of the
// request need be kept, and then the final response. Without memory an INVITE of
// ours is refused with [ErrBusy], one of the peer's gets 503; a BYE is sent once.
// Requests that are answered without a transaction (errors, OPTIONS, PRACK) cost
// nothing (§8.2.7), so a flood of them fills no table. A full table or memory gives up the
// transactions that only wait for repetitions.
//
// A [Call] or [Txn] is a place in its table with a generation: an old handle is
// refused. Events name the message at hand by [Msg] and the octets given to
// Receive; both are to be used before the next input.
//
// Headers are written in the order of the handset in the reference trace.
package sipmin
