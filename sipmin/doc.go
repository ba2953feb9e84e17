// Package sipmin is SIP for one UE: a codec and, on top of it, a user agent.
//
// # Codec
//
// [Parse] reads one message, a datagram or the front of a stream, into a [Msg]
// of places ([Span]) in the caller's buffer; nothing is copied, kept or
// allocated. [Framer] cuts a stream into messages in linear time. The grammar
// of a field is read by who needs it: [ParseNameAddr], [ParseURI], [ParseVia],
// [NextElement] and [Param], the numbers of [ParseUint] and its siblings,
// [Parts] for multipart bodies. [Writer] builds a message within the capacity
// of the caller's buffer.
//
// What Parse itself guarantees of a message it accepts: it is framed in one
// way only; the start line, every Via, From, To, Call-ID, CSeq, Max-Forwards
// and Content-Length are well-formed, and the latter five occur once. All
// other fields are opaque to it.
//
// Line ends are CRLF. CR or LF alone in the head makes a message malformed
// (RFC 3261 §7 and §25.1), so that nobody reads other fields than we do. The
// octets of a body are free. CR and LF before a message are keep-alives.
//
// Accepted although no grammar allows it, because peers send it: blanks before
// a colon (also RFC 3261 §7.3.1), empty values, empty parameters (";;", as RFC
// 3428 §10 prints), a quoted string that is not closed or is quoted by \" in a
// field other than From, To and Via, two Content-Type (the first counts), a
// branch without the magic cookie, a From without tag outside dialogs, a field
// repeated octet by octet (but Content-Length), a comment after a Via, addresses in brackets in received, any
// order of fields. None of it is ever written.
//
// Clauses: RFC 3261 §7, §8.1.1, §8.2, §18.3, §19.1, §20, §25; RFC 2046 §5.1;
// RFC 3262 §7.2; RFC 3581; RFC 3966; RFC 4028 §4; RFC 5118; RFC 5626 §4.4.1.
package sipmin
