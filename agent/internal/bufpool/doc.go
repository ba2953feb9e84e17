// Package bufpool is the agent's only source of I/O memory: a fixed number of buffers of
// two sizes, taken once at the start and never grown.
//
// In: counting, handing out and taking back. Out: what the octets mean, and what to do when
// none is free. Get and GetLarge return nil then, and every caller knows what shedding
// means at its place: a datagram is dropped, a stream is not read (Wait), a host is told
// that the agent is busy.
//
// # Ownership
//
// A [Buf] has exactly one owner. Get makes the caller the owner; sending the Buf in an event
// or an action passes it on; the last owner calls Release. Slices from Bytes and Space are
// valid only while the Buf is held. Releasing twice is a bug and panics. In race builds
// released memory is overwritten and any use of a released Buf panics, so that a slice which
// outlives its buffer fails a test instead of corrupting a message.
package bufpool
