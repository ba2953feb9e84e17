package sipmin

// Method is a request method. The zero Method is none.
type Method uint8

// The methods of RFC 3261 and its extensions. MOther is any other token.
const (
	MInvite Method = iota + 1
	MAck
	MBye
	MCancel
	MOptions
	MRegister
	MPrack     // RFC 3262
	MUpdate    // RFC 3311
	MMessage   // RFC 3428
	MInfo      // RFC 6086
	MNotify    // RFC 6665
	MSubscribe // RFC 6665
	MRefer     // RFC 3515
	MPublish   // RFC 3903
	MOther
)

var methodNames = [...]string{
	"", "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "UPDATE",
	"MESSAGE", "INFO", "NOTIFY", "SUBSCRIBE", "REFER", "PUBLISH", "",
}

// String returns the method as it stands in a request line; "" for none and
// for MOther, whose name is in the message.
func (m Method) String() string {
	if int(m) < len(methodNames) {
		return methodNames[m]
	}
	return ""
}

// MethodOf returns the method that name spells. Methods are case-sensitive
// (RFC 3261 §7.1).
func MethodOf(name []byte) Method {
	for m := MInvite; m < MOther; m++ {
		if string(name) == methodNames[m] {
			return m
		}
	}
	return MOther
}
