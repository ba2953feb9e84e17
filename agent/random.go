package agent

import "encoding/hex"

// base62 is the alphabet of the ids that we make up.
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// fillID fills dst with random base62 digits, without bias: octets above the largest
// multiple of 62 are thrown away.
func (c *Core) fillID(dst []byte) {
	for n := 0; n < len(dst); {
		c.entropy(c.rawID[:])
		for _, r := range c.rawID {
			if r < 248 && n < len(dst) {
				dst[n] = base62[r%62]
				n++
			}
		}
	}
}

// newMSRPSession is the session-id of an MSRP URI: 16 digits are 95 bits, more than the 80
// that RFC 4975 §14.1 asks for.
func (c *Core) newMSRPSession() string {
	var id [16]byte
	c.fillID(id[:])
	return string(id[:])
}

// newUUID is a Conversation-ID or Contribution-ID: a random UUID (RFC 4122 §4.4), or 32
// hexadecimal digits where [sip] id_form says so.
func (c *Core) newUUID() string {
	var raw [16]byte
	c.entropy(raw[:])
	if c.cfg.SIP.IDForm == "hex" {
		return hex.EncodeToString(raw[:])
	}
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	h := hex.EncodeToString(raw[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// random53 is a random number of 53 bits: it fits wherever a decimal number is read.
func (c *Core) random53() uint64 {
	var raw [8]byte
	c.entropy(raw[:])
	n := uint64(0)
	for _, b := range raw {
		n = n<<8 | uint64(b)
	}
	return n >> 11
}
