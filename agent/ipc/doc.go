// Package ipc is the contract with the host application: MessagePack-RPC over a Unix
// stream socket.
//
//	request       [0, msgid, method, [params]]
//	response      [1, msgid, error, result]
//	notification  [2, method, [params]]
//
// The server's side is a codec without state of its own: [Framer] finds the frames of an
// accumulating buffer, [ParseRequest] reads one frame into one flat [Request], and the
// Append functions write responses and notifications. It has no clock, goroutine, lock or
// file, allocates nothing, and never sizes anything by a number from the wire. A Request
// holds places ([Span]) in the caller's buffer; the Append functions write within the
// capacity of dst and return dst unchanged with [ErrNoRoom] where that is not enough.
//
// Errors come in three families. ErrShort asks for more input. Errors for which
// [Error.Closes] is true mean that the frame cannot be trusted: the client gets an error
// where [RequestID] can read a msgid, and is then closed. All others refuse one request;
// its client goes on.
//
// Reading is strict where a second reading is possible: a key given twice, a key that is
// no str, octets after the request, and text that is not UTF-8 are refused. It is lenient
// where versions differ: unknown keys are skipped, missing keys and nil are zero, str and
// bin are the same, and an integer may have any width.
//
// The client (client*.go) is for programs written in Go: it has one goroutine, allocates
// freely, and bounds what it takes from the daemon by the same limits.
package ipc
