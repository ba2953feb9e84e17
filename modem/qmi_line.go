package modem

import (
	"time"

	"imsagent/modem/qmi"
)

// ready reports whether the session takes questions.
func (l *qmiLine) ready() bool { return l.session.Ready() }

// reports asks to be told when the card's files change. Of the other changes the session does.
func (l *qmiLine) reports(r *runner) error {
	b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) { return qmi.AppendRefreshRegister(dst, 0, 0, qmi.GW) })
	if err != nil {
		return err
	}
	return unknown(f.Result(b))
}

// unknown tells a modem that does not know a request from one that refuses it.
func unknown(err error) error {
	if err == qmi.FailureInvalidQMICommand || err == qmi.FailureNotSupported {
		return ErrUnknown
	}
	return err
}

// networkTime asks for the time that the network told last.
func (l *qmiLine) networkTime(r *runner) (Time, error) {
	b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) {
		return qmi.AppendRequest(dst, qmi.NAS, 0, 0, qmi.NASGetNetworkTime)
	})
	if err != nil {
		return Time{}, err
	}
	t, err := qmi.ParseNetworkTime(b, &f)
	if err != nil {
		return Time{}, unknown(err)
	}
	return timeOf(t), nil
}

func timeOf(t qmi.NetworkTime) Time {
	out := Time{UTC: t.UTC}
	if t.HasZone {
		out.Zone, out.DST = time.Duration(t.Zone)*15*time.Minute, time.Duration(t.DST)*time.Hour
	}
	return out
}

// exchange gives the modem a request and waits for its answer, which is valid until the next one.
// An error says that there is none; a failure is an answer. build need not know client id and transaction.
func (l *qmiLine) exchange(r *runner, build func(dst []byte) ([]byte, error)) (b []byte, f qmi.Frame, err error) {
	var room [512]byte
	b, err = build(room[:0])
	if err != nil {
		return nil, f, err
	}
	l.session.Answer() // one that nobody waited for any more
	if err := l.session.Ask(b, 4*l.wait()); err != nil {
		return nil, f, err
	}
	for {
		if b, done, err := l.session.Answer(); done {
			if err == nil {
				_, err = qmi.Parse(b, &f)
			}
			return b, f, err
		}
		if err := r.pump(); err != nil {
			return nil, f, err
		}
	}
}

// wait is how long a simple request may take.
func (l *qmiLine) wait() time.Duration {
	if l.cfg.Answer == 0 {
		return 3 * time.Second
	}
	return l.cfg.Answer
}
