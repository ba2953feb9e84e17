package at

// A NoteKind says what a Session learnt.
type NoteKind uint8

// The kinds of notes.
const (
	NoteCell       NoteKind = iota + 1 // the cell changed, or is known for the first time
	NoteReady                          // the modem answers; Text is its maker and model
	NoteSIM                            // the SIM's state changed
	NotePIN                            // the PIN was entered, refused, or kept back; see Text
	NoteSlow                           // a command had no answer in time; Text is the command
	NoteSilent                         // nor had AT: open the device again and Start
	NoteRestarted                      // the modem says that it has just started
	NoteSame                           // the cell was asked for, and is as last noted
	NoteRegistered                     // Registered changed
	NoteChanged                        // an unsolicited line says that Topic may have changed; Text is the line
)

// A Note is one thing that a Session learnt.
type Note struct {
	Kind  NoteKind
	Cell  Cell
	SIM   SIM
	Reg   Registered
	Topic Topic
	Text  string
}

// A Topic is what an unsolicited line is about, where the session asks nothing itself.
type Topic uint8

// The topics.
const (
	TopicBearer Topic = iota + 1 // +CGEV: a PDN connection came or went
	TopicIMS                     // +CIREGU: the modem's own IMS client
	TopicTime                    // +CTZV, +CTZE, +CTZEU: the network told the time
	TopicCard                    // the card's files changed: REFRESH
)

// maxNotes is how many notes wait for Next; one step makes at most a few. Later ones are lost.
const maxNotes = 16

// A notes is a queue of them.
type notes struct {
	ring    [maxNotes]Note
	head, n int
}

func (q *notes) push(n Note) {
	if q.n < maxNotes {
		q.ring[(q.head+q.n)%maxNotes] = n
		q.n++
	}
}

func (q *notes) pop() (n Note, ok bool) {
	if q.n == 0 {
		return n, false
	}
	n, q.ring[q.head] = q.ring[q.head], Note{}
	q.head, q.n = (q.head+1)%maxNotes, q.n-1
	return n, true
}
