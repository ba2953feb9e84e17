package ipc

// To add a method: 1. name it here; 2. give it a line in methodTable; 3. if it has a new
// key, name that in key.go and read it in request.go; 4. give its result an Append
// function in reply.go; 5. describe it in INTERFACES.

// The type of a frame, its first element.
const (
	typeRequest      = 0
	typeResponse     = 1
	typeNotification = 2
)

// A Method is what a request asks for.
type Method uint8

// The methods of the host socket. The zero Method is none.
const (
	MethodHello Method = iota + 1
	MethodStatus
	MethodSend
	MethodAppend
	MethodCancel
	MethodFetch
	MethodDisplayed
	MethodAck
	MethodComposing
	MethodOpen
	MethodAccept
	MethodReject
	MethodClose
	MethodRegister
	MethodDeregister
	MethodNetwork
	MethodMessages
	MethodCapabilities
	MethodSubscribe
	MethodUnsubscribe
)

// methodTable says of each method which keys it reads, and which of them it must have.
var methodTable = [...]struct {
	name  string
	reads keySet
	needs keySet
}{
	MethodHello:        {"hello", set(KeyProtocol, KeyClient), 0},
	MethodStatus:       {"status", 0, 0},
	MethodSend:         {"send", set(KeyTo, KeyBody, KeyContentType, KeyClientID, KeyNotify, KeyMode, KeyExpires, KeyHeaders, KeyMore), set(KeyTo, KeyBody)},
	MethodAppend:       {"append", set(KeyMessageID, KeyBody, KeyLast), set(KeyMessageID)},
	MethodCancel:       {"cancel", set(KeyMessageID), set(KeyMessageID)},
	MethodFetch:        {"fetch", set(KeyMessageID, KeyOffset, KeyLimit), set(KeyMessageID)},
	MethodDisplayed:    {"displayed", set(KeyMessageID), set(KeyMessageID)},
	MethodAck:          {"ack", set(KeyMessageID), set(KeyMessageID)},
	MethodComposing:    {"composing", set(KeyTo, KeyActive), set(KeyTo)},
	MethodOpen:         {"open", set(KeyTo), set(KeyTo)},
	MethodAccept:       {"accept", set(KeySession), set(KeySession)},
	MethodReject:       {"reject", set(KeySession, KeyEverywhere), set(KeySession)},
	MethodClose:        {"close", set(KeySession), set(KeySession)},
	MethodRegister:     {"register", 0, 0},
	MethodDeregister:   {"deregister", 0, 0},
	MethodNetwork:      {"network", set(KeyInterface, KeyAddresses, KeyPCSCF, KeyDNS, KeyMTU, KeyAccessNetwork), 0},
	MethodMessages:     {"messages", set(KeyAfter, KeyLimit), 0},
	MethodCapabilities: {"capabilities", set(KeyTo), set(KeyTo)},
	MethodSubscribe:    {"subscribe", set(KeyTopics), 0},
	MethodUnsubscribe:  {"unsubscribe", set(KeyTopics), 0},
}

// String is the method's name on the socket, "" for none.
func (m Method) String() string {
	if int(m) < len(methodTable) {
		return methodTable[m].name
	}
	return ""
}

// parseMethod finds the method of this name.
func parseMethod(name []byte) (Method, bool) {
	for m := MethodHello; int(m) < len(methodTable); m++ {
		if string(name) == methodTable[m].name {
			return m, true
		}
	}
	return 0, false
}
