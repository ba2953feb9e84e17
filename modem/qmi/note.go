package qmi

// A NoteKind says what a Session learnt.
type NoteKind uint8

// The kinds of notes.
const (
	NoteCell      NoteKind = iota + 1 // the cell changed, or is known for the first time
	NoteReady                         // the modem answers; Text is its maker and model
	NoteSIM                           // the SIM's state changed
	NotePIN                           // the PIN was entered, refused, or kept back; see Text
	NoteSlow                          // a request had no answer in time; Text is its name
	NoteSilent                        // nor had the ones after it: open the device again and Start
	NoteRestarted                     // the modem has restarted: its client ids are gone
	NoteRefused                       // a service or the proxy refused us; see Text and Err
	NoteSame                          // the cell was asked for, and is as last noted
	NoteBearer                        // a bearer came up, went down or has other settings
	NoteTime                          // the network told the time
	NoteRefresh                       // the card's files changed
	NoteIMS                           // the modem's own IMS client has changed
)

// A Note is one thing that a Session learnt.
type Note struct {
	Kind NoteKind
	Cell Location
	SIM  SIM
	Time NetworkTime
	Text string
	Err  error
}

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
