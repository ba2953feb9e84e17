// Package xmlscan is a small bounded reader for the XML that peers send: IMDN and
// isComposing (RFC 5438 §11, RFC 3994 §6), and registration information later.
//
// It is a pull reader: [Reader.Next] returns the start of an element, its text, its end.
// Tokens are places in the caller's buffer; nothing is copied, allocated or kept but in the
// Reader itself, whose size is fixed. Every octet is looked at a fixed number of times.
//
// In: well-formed XML 1.0 in UTF-8 with namespaces, the five predefined entities, character
// references, comments, CDATA and processing instructions (both skipped). Limits L12: a
// document has at most [MaxDocument] octets, [MaxDepth] levels and [MaxAttributes] a tag.
//
// Out: DOCTYPE is always refused, so there are no entities to define, expand or fetch; no
// validation, no other encoding.
//
// Accepted beyond the standard, because it is seen in the field: white space before the XML
// declaration, and a declared encoding of ISO-8859-1 as long as the octets are UTF-8.
package xmlscan
