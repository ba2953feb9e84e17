package ipc

// A Key is a key of a request's parameters. A key means the same, and has the same type,
// in every method that reads it.
type Key uint8

// The keys of requests. The zero Key is none.
const (
	KeyProtocol Key = iota + 1
	KeyClient
	KeyTo
	KeyBody
	KeyContentType
	KeyClientID
	KeyNotify
	KeyMode
	KeyExpires
	KeyHeaders
	KeyMore
	KeyMessageID
	KeyLast
	KeyOffset
	KeyLimit
	KeyActive
	KeySession
	KeyEverywhere
	KeyInterface
	KeyAddresses
	KeyPCSCF
	KeyDNS
	KeyMTU
	KeyAccessNetwork
	KeyAfter
	KeyTopics
)

var keyName = [...]string{
	KeyProtocol: "protocol", KeyClient: "client", KeyTo: "to", KeyBody: "body", KeyContentType: "content_type",
	KeyClientID: "client_id", KeyNotify: "notify", KeyMode: "mode", KeyExpires: "expires", KeyHeaders: "headers",
	KeyMore: "more", KeyMessageID: "message_id", KeyLast: "last", KeyOffset: "offset", KeyLimit: "limit",
	KeyActive: "active", KeySession: "session", KeyEverywhere: "everywhere", KeyInterface: "interface",
	KeyAddresses: "addresses", KeyPCSCF: "pcscf", KeyDNS: "dns", KeyMTU: "mtu", KeyAccessNetwork: "access_network",
	KeyAfter: "after", KeyTopics: "topics",
}

// String is the key as it is written, "" for none.
func (k Key) String() string { return keyName[k] }

// parseKey finds the key of this name; 0 is an unknown one. A switch over constants is
// faster than any table.
func parseKey(name []byte) Key {
	switch string(name) {
	case "protocol":
		return KeyProtocol
	case "client":
		return KeyClient
	case "to":
		return KeyTo
	case "body":
		return KeyBody
	case "content_type":
		return KeyContentType
	case "client_id":
		return KeyClientID
	case "notify":
		return KeyNotify
	case "mode":
		return KeyMode
	case "expires":
		return KeyExpires
	case "headers":
		return KeyHeaders
	case "more":
		return KeyMore
	case "message_id":
		return KeyMessageID
	case "last":
		return KeyLast
	case "offset":
		return KeyOffset
	case "limit":
		return KeyLimit
	case "active":
		return KeyActive
	case "session":
		return KeySession
	case "everywhere":
		return KeyEverywhere
	case "interface":
		return KeyInterface
	case "addresses":
		return KeyAddresses
	case "pcscf":
		return KeyPCSCF
	case "dns":
		return KeyDNS
	case "mtu":
		return KeyMTU
	case "access_network":
		return KeyAccessNetwork
	case "after":
		return KeyAfter
	case "topics":
		return KeyTopics
	}
	return 0
}

// A keySet is a set of keys.
type keySet uint32

func set(keys ...Key) (s keySet) {
	for _, k := range keys {
		s |= 1 << k
	}
	return s
}

func (s keySet) has(k Key) bool { return s&(1<<k) != 0 }
