// Package spool is the durable outbox and inbox: a small checked log, made for NAND.
//
// In: entries (messages with their state), which of them is a duplicate (a peer's by its
// imdn.Message-ID, the host's by its client id), the Conversation-ID of each peer, large
// bodies, and the promise that an id is used once. Out: what a state means, when a message
// expires, who is told; the caller decides that.
//
// # Files
//
// One directory, locked by flock, holds
//
//	00000001.log …          segments of the log, 64 KiB, numbered upwards
//	000000000000001f.body   the body of message 0x1f, with a check per 4096 octets
//	identity                the header once more, where no damaged page of a segment reaches it
//	reserve                 one segment of octets without meaning, given up on a full file system
//	set-aside               the last segment in which something was damaged
//
// and nothing that is not in this list, or is no regular file, is touched. A segment begins
// with two copies of its header (version, flags, number, random salt, highest id so far) and
// holds records:
//
//	0 mark 0xC5 · 1 kind · 2 length · 4 check of the head · 8 check of the payload · 12 payload · end mark 0x5C or 0xA3
//
// Both checks are CRC-32C over the salt, the number of the segment and the place, so a record
// is valid only where it was written: neither an old block nor a message body that looks
// like a record is ever taken for one. The end mark 0xA3 says that all before the record was
// durable when it was written.
//
// # What is durable when
//
// Commit writes a batch with one write and one fdatasync; segments are filled with zeros
// when they are made, so that neither has to change the file's size. Mark, Forget and
// SetConversation are written but not synced: losing one repeats something idempotent.
// MarkSync is for a state that nobody would say again; it is part of the batch.
//
// A failed Commit leaves nothing of its batch and everything that was there before. The
// file it failed in is cut back to what is durable and not written again, since after a
// failed fdatasync nobody knows which of its pages are on flash; the next segment begins with
// a record that says where that one ends. Marks and ends that were lost with it are written
// with the next Commit, or by Close.
//
// A segment is synced before the next one is made, and the header of that one says so. Open
// syncs the last segment, and all others that no header vouches for, before it deletes
// anything: what a killed process left may be in the page cache only.
//
// # Space
//
// The log is cleaned from its oldest end only: what is still needed there is copied to the
// newest end with its present state, made durable, and the old segment is deleted. A record
// that says something about an older one (a state, a forgotten message, an ending) is therefore
// never needed in the oldest segment, and never deleted before the record it speaks of. Cleaning
// runs when a segment is full: while the oldest holds nothing needed, while more than half of
// the log (and more than four segments) is garbage, or while max_bytes asks for it.
//
// Messages are refused (ErrFull) while one segment is left of max_bytes, which is for marks
// and ends. When the file system is full before that, the oldest segments give way if nothing
// in them is needed, and the reserve is for marks, ends and cleaning, so that forgetting
// messages always makes room.
//
// Memory: an index of one fixed-size slot a message, taken at Open; no bodies, no texts but
// the Conversation-IDs.
//
// # Damage
//
// What was written since the last sync, and looks as a power cut leaves it (it does not reach
// its end mark, or a sector of it still is zero), is listed as torn: nobody was told that it is
// stored. Everything else that fails its check is left out, listed by Damaged, and its segment
// is set aside once the rest of it has been moved. A page that cannot be read counts as damaged
// at Open, and while cleaning when it cannot be read at the third attempt.
package spool
