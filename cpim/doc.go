// Package cpim reads and writes the envelope of a chat message: message/cpim of RFC 3862
// with the headers of IMDN (RFC 5438 §6).
//
// A message is a block of message headers, a blank line, a block of MIME headers, a blank
// line, and the content:
//
//	From: <sip:anonymous@anonymous.invalid>        case-sensitive names, UTF-8, escapes
//	NS: imdn <urn:ietf:params:imdn>                names a namespace by its URI
//	imdn.Message-ID: dc5ebabb21
//
//	Content-Type: text/plain; charset=utf-8        MIME: any case, any order
//	Content-Length: 2                              a hint; the content is what follows
//
//	hi
//
// [Parse] reads a whole message, [ParseHead] the two blocks of a longer one. Both keep
// nothing: a [Message] holds places in the caller's buffer, which must not change while
// they are used. [Envelope.AppendHead] writes the two blocks within the capacity of its
// destination. Nothing here allocates, reads a clock or looks into the content; a body is
// octets, and what it means is in cpim/imdn and cpim/iscomposing.
//
// Headers are found by the URI of their namespace, never by their prefix (§3.4).
//
// Accepted beyond the RFC, because peers send it:
//
//   - MIME headers without a blank line before them (RFC 4975 §11.4 and RFC 5438 §7 print
//     it, China Mobile sends it); [Message.NoSeparator] tells
//   - From and To without <>, or with a URI that was cut (China Mobile)
//   - NS without a space before <, or without <>
//   - a wrong Content-Length (Jio, China Mobile): it is never used
//   - lines ended by LF alone, lines without a colon, blanks around a name
//
// Written is only what RFC 3862 allows.
package cpim
