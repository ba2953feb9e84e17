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

// parseKey finds the key of this name; 0 is an unknown one.
func parseKey(name []byte) Key {
	if len(name) == 0 {
		return 0
	}
	for i := keyHash(name); ; i++ {
		k := keyIndex[i%uint8(len(keyIndex))]
		if k == 0 || string(name) == keyName[k] {
			return k
		}
	}
}

// keyHash places a name in keyIndex.
func keyHash[T string | []byte](name T) uint8 {
	return name[0] + 5*name[len(name)-1] + 11*uint8(len(name))
}

// keyIndex is a table of the names, open-addressed; most of it is free.
var keyIndex = func() (t [128]Key) {
	for k := KeyProtocol; int(k) < len(keyName); k++ {
		i := keyHash(keyName[k])
		for t[i%uint8(len(t))] != 0 {
			i++
		}
		t[i%uint8(len(t))] = k
	}
	return t
}()

// A keySet is a set of keys.
type keySet uint32

func set(keys ...Key) (s keySet) {
	for _, k := range keys {
		s |= 1 << k
	}
	return s
}

func (s keySet) has(k Key) bool { return s&(1<<k) != 0 }
