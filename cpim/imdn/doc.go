// Package imdn reads and writes the payload message/imdn+xml: the notification that a
// message was delivered, displayed or processed, or was not (RFC 5438 §11).
//
// [Parse] takes every spelling of XML: prefixes, entities, comments, CDATA, elements in any
// order. Accepted beyond the RFC, because peers send it: no datetime (UA2 of the reference
// trace), no namespace. [Notification.Append] writes the form of UA1 of the reference trace.
//
// A [Notification] owns what it holds, since text in XML need not stand in one place; its
// size is fixed. Nothing allocates. Whose message an id names, whether the peer may report
// on it and what follows is the agent's business.
package imdn
