package reminder

import (
	"encoding/binary"
	"errors"
	"time"

	"alongside/internal/push"
	deltasync "alongside/sync"
)

// job is what is to be done outside of the transaction that decided it.
type job struct {
	ids names
	id  deltasync.RecordID // of the message
	ask bool               // what became of it, instead of sending it
	msg push.Message
	via push.Kind // whose sender takes it
	how int       // how often it was tried before
}

// desk is one person's agenda in one transaction.
type desk struct {
	s   *Service
	tx  WriteTx
	ids names
	a   *agenda
	now time.Time
}

// agenda reads somebody's; one that another program wrote is made anew.
func (s *Service) agenda(tx Tx, scope deltasync.Scope) (*agenda, error) {
	row, err := tx.Derived(tableAgendas, []byte(scope))
	if err != nil {
		return nil, err
	}
	a, err := readAgenda(row)
	if err != nil {
		return &agenda{}, nil
	}
	return a, nil
}

// sit brings an agenda up to the transaction. Nil: there is nobody any more.
func (s *Service) sit(tx WriteTx, scope deltasync.Scope, a *agenda, now time.Time) (*desk, error) {
	access, err := tx.Access(scope)
	if err != nil || access.Erased || !access.Exists {
		return nil, err
	}
	d := &desk{s: s, tx: tx, ids: namesOf(tx.Secret(), scope), a: a, now: now}
	if a.Rules != s.rules() {
		a.Rules = s.rules()
		return d, d.reader().anew()
	}
	return d, d.refresh()
}

func (d *desk) reader() *reader { return &reader{tx: d.tx, ids: d.ids, a: d.a, set: d.s.Settings} }
func (d *desk) refresh() error  { return d.reader().refresh() }

func (d *desk) plan() plan {
	p := planner{set: d.s.Settings, ids: d.ids, a: d.a, has: d.s.has, asks: d.s.asks, run: d.s.run, now: d.now}
	return p.make()
}

// stay puts the person where the plan says in the queue: at once, if there is something to do. Else what has no effect any more goes.
func (d *desk) stay(p *plan) error {
	if !p.idle() {
		return d.leave(d.now)
	}
	d.a.tidy(d.now, d.s.Settings.Of)
	return d.leave(p.Next)
}

// leave writes the agenda, and its place in the queue.
func (d *desk) leave(next time.Time) error {
	due := int64(0)
	if !next.IsZero() {
		due = max(next.UnixMilli(), 1)
	}
	if due != d.a.Due {
		if d.a.Due != 0 {
			if err := d.tx.DropDerived(tableDue, dueKey(d.a.Due, d.ids.scope)); err != nil {
				return err
			}
		}
		if due != 0 {
			if err := d.tx.PutDerived(tableDue, dueKey(due, d.ids.scope), d.ids.scope, nil); err != nil {
				return err
			}
		}
		d.a.Due = due
	}
	row, err := d.a.row()
	if err != nil {
		return err
	}
	return d.tx.PutDerived(tableAgendas, []byte(d.ids.scope), d.ids.scope, row)
}

func dueKey(due int64, scope deltasync.Scope) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(due)), scope...)
}

// note takes in what has changed about a person, and puts them where they belong in the queue. What is due by then is the queue's to do.
func (s *Service) note(tx WriteTx, scope deltasync.Scope, upTo deltasync.Version, now time.Time) error {
	a, err := s.agenda(tx, scope)
	if err != nil {
		return err
	}
	if a.Rules == s.rules() && a.Seen >= upTo {
		return nil // by a transaction since
	}
	d, err := s.sit(tx, scope, a, now)
	if err != nil || d == nil {
		return err
	}
	p := d.plan()
	return d.stay(&p)
}

// mostRounds bounds how often a desk is looked at again after it has written: what it writes may entail more.
const mostRounds = 8

// settle does what is due about one person, and gives what is to be sent, and when they are due next; 0: never. It claims at most one message,
// and only if there is room.
func (s *Service) settle(tx WriteTx, scope deltasync.Scope, room int, now time.Time) (jobs []job, due int64, err error) {
	a, err := s.agenda(tx, scope)
	if err != nil {
		return nil, 0, err
	}
	d, err := s.sit(tx, scope, a, now)
	if err != nil || d == nil {
		return nil, 0, err
	}
	jobs, err = d.settle(room)
	if refused := (*deltasync.RefusedError)(nil); errors.As(err, &refused) {
		s.Log.Error("what reminders write was refused; it is tried again in an hour", "code", refused.Code)
		err = d.leave(now.Add(time.Hour))
	}
	return jobs, d.a.Due, err
}

func (d *desk) settle(room int) (jobs []job, err error) {
	for range mostRounds {
		p := d.plan()
		if p.idle() {
			return jobs, d.stay(&p)
		}
		more, full, err := d.act(&p, room-len(jobs))
		jobs = append(jobs, more...)
		if err != nil {
			return jobs, err
		}
		if full {
			return jobs, d.leave(d.now)
		}
		if err := d.refresh(); err != nil {
			return jobs, err
		}
	}
	return jobs, d.leave(d.now.Add(time.Minute))
}

// act does what a plan says. Full: some of it waits for room.
func (d *desk) act(p *plan, room int) (jobs []job, full bool, err error) {
	if p.Page {
		_, err := d.s.ensurePage(d.tx, deltasync.RecordID(d.ids.scope.ID())) // and lets go of browsers
		return nil, false, err
	}
	for _, n := range p.Steps {
		if err := d.s.openStep(d.tx, d.ids, n); err != nil {
			return nil, false, err
		}
	}
	for _, e := range p.Ends {
		if err := d.s.endStep(d.tx, d.ids, e); err != nil {
			return nil, false, err
		}
	}
	if p.Check != "" {
		if err := d.s.openCheck(d.tx, d.ids, p.Check, d.now); err != nil {
			return nil, false, err
		}
	}
	for _, drop := range p.Drops {
		if err := d.drop(drop); err != nil {
			return nil, false, err
		}
	}
	for _, g := range p.Claims {
		more, full, err := d.again(g, room-len(jobs))
		if err != nil || full {
			return jobs, full, err
		}
		jobs = append(jobs, more...)
	}
	if p.Send != nil {
		if room-len(jobs) <= 0 {
			return jobs, true, nil
		}
		j, err := d.claim(p.Send)
		if err != nil {
			return jobs, false, err
		}
		jobs = append(jobs, *j)
	}
	return jobs, false, nil
}
