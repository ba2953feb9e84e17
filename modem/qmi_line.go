package modem

// ready reports whether the session takes questions.
func (l *qmiLine) ready() bool { return l.session.Ready() }

func (l *qmiLine) reports(r *runner) error                                    { return ErrUnknown }
func (l *qmiLine) identity(r *runner) (*Identity, error)                      { return nil, ErrUnknown }
func (l *qmiLine) authenticate(r *runner, rand, autn *[16]byte) (*AKA, error) { return nil, ErrUnknown }
func (l *qmiLine) bearer(r *runner) (*Bearer, error)                          { return nil, ErrUnknown }
func (l *qmiLine) ownIMS(r *runner) (Client, error)                           { return Client{}, ErrUnknown }
func (l *qmiLine) disableIMS(r *runner) error                                 { return ErrUnknown }
func (l *qmiLine) networkTime(r *runner) (Time, error)                        { return Time{}, ErrUnknown }
