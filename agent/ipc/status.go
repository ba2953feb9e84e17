package ipc

// A Status is the result of `status`.
type Status struct {
	Registration  Registration
	AccessNetwork AccessNetwork
	Modem         ModemState
	Identity      Identity
	Bearer        Bearer
	Sessions      []SessionState
	Buffers       Buffers
	Spool         SpoolState
	Counters      []Counter
}

// Registration is our binding at the registrar.
type Registration struct {
	State   string
	Expires int64 // seconds from now
	Code    int   // of the last final response, or 0
}

// SessionState is one MSRP session.
type SessionState struct {
	Session uint32
	Peer    string
	State   string
	Age     int64 // seconds since it began
}

// Buffers counts the I/O buffers.
type Buffers struct{ Total, Free int }

// SpoolState says how full the spool is.
type SpoolState struct {
	Bytes, MaxBytes       int64
	Messages, MaxMessages int
}

// Counter is one number of the daemon's statistics.
type Counter struct {
	Name  string
	Value uint64
}

// AppendStatus appends the response of `status`.
func AppendStatus(dst []byte, id uint32, s *Status) ([]byte, error) {
	w := NewWriter(dst)
	w.begin(id)
	w.Map(9)
	w.Str("registration")
	w.registration(s.Registration.State, s.Registration.Expires, s.Registration.Code)
	w.Str("access_network")
	w.accessNetwork(&s.AccessNetwork)
	w.Str("modem")
	w.modemState(&s.Modem)
	w.Str("identity")
	w.identity(&s.Identity)
	w.Str("bearer")
	w.bearer(&s.Bearer)
	w.Str("sessions")
	w.sessions(s.Sessions)
	w.Str("buffers")
	w.Map(2)
	w.int("total", int64(s.Buffers.Total))
	w.int("free", int64(s.Buffers.Free))
	w.Str("spool")
	w.spool(&s.Spool)
	w.Str("counters")
	w.Map(len(s.Counters))
	for i := range s.Counters {
		w.Str(s.Counters[i].Name)
		w.Uint(s.Counters[i].Value)
	}
	return w.Bytes()
}

func (w *Writer) sessions(list []SessionState) {
	w.Array(len(list))
	for i := range list {
		s := &list[i]
		w.Map(4)
		w.Str("session")
		w.Session(s.Session)
		w.str("peer", s.Peer)
		w.str("state", s.State)
		w.int("age", s.Age)
	}
}

func (w *Writer) spool(s *SpoolState) {
	w.Map(4)
	w.int("bytes", s.Bytes)
	w.int("max_bytes", s.MaxBytes)
	w.int("messages", int64(s.Messages))
	w.int("max_messages", int64(s.MaxMessages))
}
