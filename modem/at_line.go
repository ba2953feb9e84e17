package modem

import (
	"time"

	"imsagent/modem/at"
)

// ready reports whether the session takes questions.
func (l *atLine) ready() bool { return l.session.Ready() }

// wait is how long a simple command may take.
func (l *atLine) wait() time.Duration {
	if l.cfg.Answer == 0 {
		return 3 * time.Second
	}
	return l.cfg.Answer
}

// exchange gives the modem a command and waits for its answer. An error says that there is none;
// a failure is an answer.
func (l *atLine) exchange(r *runner, command string, wait time.Duration) (*at.Reply, error) {
	l.session.Answer() // one that nobody waited for any more
	if err := l.session.Ask(command, wait); err != nil {
		return nil, err
	}
	for {
		if reply, done, err := l.session.Answer(); done {
			return reply, err
		}
		if err := r.pump(); err != nil {
			return nil, err
		}
	}
}

// changed takes an unsolicited line about what the session does not ask for.
func (l *atLine) changed(r *runner, n at.Note) {
	switch n.Topic {
	case at.TopicBearer:
		r.errands.want(errandBearer)
	case at.TopicIMS:
		r.errands.want(errandIMS)
	case at.TopicTime:
		if c, err := at.ParseZone([]byte(n.Text)); err == nil {
			r.emit(Event{Kind: Clock, Time: Time{Zone: time.Duration(c.Zone) * 15 * time.Minute, DST: time.Duration(c.DST) * time.Hour}})
		}
		r.errands.want(errandTime)
	case at.TopicCard:
		r.refreshed()
	}
}

// reports switches unsolicited lines on, each by itself: what the modem does not know is an error
// that nobody needs.
func (l *atLine) reports(r *runner) error {
	for _, command := range [...]string{"AT+CGEREP=2,1", "AT+CIREG=2", "AT+CTZR=1"} {
		if _, err := l.exchange(r, command, l.wait()); err != nil {
			return err
		}
	}
	return nil
}

// networkTime asks for the clock, which the modem sets by the network (+CTZR was switched on with the other
// reports; without NITZ it may be wrong, and then it is refused or old).
func (l *atLine) networkTime(r *runner) (Time, error) {
	reply, err := l.exchange(r, "AT+CCLK?", l.wait())
	if err != nil {
		return Time{}, err
	}
	for line := range reply.Lines() {
		if c, err := at.ParseClock(line); err == nil {
			return Time{UTC: c.UTC, Zone: time.Duration(c.Zone) * 15 * time.Minute, DST: time.Duration(c.DST) * time.Hour}, nil
		}
	}
	return Time{}, ErrUnknown
}
