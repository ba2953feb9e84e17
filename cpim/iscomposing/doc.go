// Package iscomposing is the typing indication application/im-iscomposing+xml (RFC 3994):
// its document, and the two state machines that decide when to send one and what to believe
// of one that came.
//
// [Parse] and [Append] are the document. [Sender] is Figure 1 of the RFC, [Receiver] is
// Figure 2. Both are fields and deadlines: whoever owns one passes the time in, calls Expire
// when Deadline has passed, and sends what is asked for. Nothing allocates or keeps what it
// was given.
package iscomposing
