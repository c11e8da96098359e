package reminder

import (
	"context"
	"time"

	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// Between tries of a message that a provider did not take.
const (
	firstWait = 30 * time.Second
	mostWait  = 30 * time.Minute
)

// A provider has sendFor to answer, and lastWords when the service ends.
const (
	sendFor   = time.Minute
	lastWords = 5 * time.Second
)

// patience is a context for asking a provider.
func patience(ctx context.Context) (context.Context, func()) {
	bounded, end := context.WithTimeout(context.WithoutCancel(ctx), sendFor)
	forget := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(lastWords):
			end()
		case <-bounded.Done():
		}
	})
	return bounded, func() { forget(); end() }
}

// do sends a message, or asks after one, and writes down what became of it.
func (s *Service) do(ctx context.Context, j job) error {
	sender := s.Senders[j.via]
	asking, end := patience(ctx)
	defer end()
	var o push.Outcome
	if j.ask {
		found := false
		if o, found = sender.(push.Asker).Ask(asking, string(j.id)); !found && o.Status != push.Later {
			o = push.Outcome{Status: never}
		} else if o.Status == push.Later {
			o.Status = doubtful
		}
	} else {
		o = sender.Send(asking, []push.Message{j.msg})[0]
	}
	defer s.stir()
	// What was sent is sent, also where the server is about to end.
	return s.Store.Write(context.WithoutCancel(ctx), func(tx WriteTx) error { return s.became(tx, j, o, s.now()) })
}

// What asking may come to beside what a Sender says.
const (
	never    push.Status = "never"    // the provider never got it
	doubtful push.Status = "doubtful" // it cannot be asked now
)

// became writes down what became of a message.
func (s *Service) became(tx WriteTx, j job, o push.Outcome, now time.Time) error {
	a, err := s.agenda(tx, j.ids.scope)
	if err != nil {
		return err
	}
	d, err := s.sit(tx, j.ids.scope, a, now)
	if err != nil || d == nil {
		return err
	}
	m := d.a.Messages[j.id]
	if m == nil || m.Status != "claimed" {
		p := d.plan() // a receipt was faster
		return d.stay(&p)
	}
	set := map[string]any{}
	switch o.Status {
	case push.Sent:
		set["status"], set["sent_at"] = "sent", now
	case push.Gone, push.Refused:
		set["status"] = "failed"
	case push.Later:
		m.wait(now, o.After, j.how, false)
	case never:
		m.Again, m.Doubt = now, false
	case doubtful:
		m.wait(now, o.After, j.how, true)
	default:
		if !s.asks[j.via] && !repeats(j.via) || j.how >= mostTries {
			set["status"] = "unknown"
			break
		}
		m.wait(now, o.After, j.how, true)
	}
	if len(set) > 0 {
		if o.Why != "" {
			set["why"] = o.Why
		}
		if err := s.write(tx, j.ids, edit{kind: casework.KindMessage, record: j.id, set: set}); err != nil {
			return err
		}
	}
	if o.Status == push.Gone {
		if err := d.fails(j.msg.To, o.Why); err != nil {
			return err
		}
	}
	if err := d.refresh(); err != nil {
		return err
	}
	p := d.plan()
	return d.stay(&p)
}

// mostTries is how often a message is repeated that may have been sent.
const mostTries = 6

// wait says when a message is looked at again.
func (m *message) wait(now time.Time, asked time.Duration, tries int, doubt bool) {
	pause := min(firstWait<<min(tries, 10), mostWait)
	m.Again, m.Tries, m.Doubt = now.Add(max(pause, asked)), tries+1, doubt
}

// fails writes down that a way leads nowhere.
func (d *desk) fails(to push.Target, why string) error {
	if to.Kind == push.SMS {
		return d.s.numberFails(d.tx, d.ids, to.Value, why, d.now)
	}
	for id, w := range d.a.Ways {
		if w.Kind != string(to.Kind) || w.Failing != 0 {
			continue
		}
		rec, err := d.tx.Record(id)
		if err != nil {
			return err
		}
		if rec.Text("value") == to.Value {
			return d.s.write(d.tx, d.ids, edit{kind: casework.KindWay, record: id, set: map[string]any{"failing_since": d.now, "why": why}})
		}
	}
	return nil
}

// numberFails writes down that a number does not work.
func (s *Service) numberFails(tx WriteTx, ids names, number, why string, now time.Time) error {
	id := ids.number(Number(number))
	set := map[string]any{"failing_since": now, "why": why}
	if rec, err := tx.Record(id); err != nil {
		return err
	} else if rec == nil {
		set["kind"], set["value"] = "sms", number
	}
	return s.write(tx, ids, edit{kind: casework.KindWay, record: id, set: set})
}

// NumberFails has the planner know of a number that a provider found not to work after it had taken a message. A worker is asked to check it.
func (s *Service) NumberFails(tx WriteTx, person deltasync.RecordID, number, why string) error {
	return s.numberFails(tx, namesOf(tx.Secret(), deltasync.PersonOf(person)), number, why, s.now())
}
