package ipc

// Topics is a set of kinds of notification.
type Topics uint8

// The topics of `subscribe`. `dropped` belongs to none: it goes to every subscriber.
const (
	TopicMessage Topics = 1 << iota
	TopicMessageStatus
	TopicComposing
	TopicSession
	TopicRegistration
	TopicAccessNetwork
	TopicModem
	TopicTrace

	// AllTopics is every topic. AllEvents leaves out the trace, which is for whoever
	// asks for it: it is what `subscribe` without topics means.
	AllTopics Topics = 1<<8 - 1
	AllEvents        = AllTopics &^ TopicTrace
)

var topicName = [...]string{"message", "message_status", "composing", "session", "registration", "access_network", "modem", "trace"}

// String is the name of the topic, for a set of one; else "".
func (t Topics) String() string {
	for i, name := range topicName {
		if t == 1<<i {
			return name
		}
	}
	return ""
}

// ParseTopic returns the topic of this name, or 0.
func ParseTopic[T string | []byte](name T) Topics {
	for i := range topicName {
		if string(name) == topicName[i] {
			return 1 << i
		}
	}
	return 0
}

// Notify is a set of the notifications that a message asks for (RFC 5438 §6.3).
type Notify uint8

// The notifications that may be asked for.
const (
	NotifyDelivery Notify = 1 << iota
	NotifyDisplay

	// NotifyBoth is what an absent `notify` means.
	NotifyBoth = NotifyDelivery | NotifyDisplay
)

func parseNotify(name []byte) Notify {
	switch string(name) {
	case "delivery":
		return NotifyDelivery
	case "display":
		return NotifyDisplay
	}
	return 0
}
