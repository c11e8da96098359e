package reminder

import (
	"context"
	"errors"
	"slices"
	"time"

	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// check holds what was sent against the oracle.
func (m *machine) check() {
	said := map[string]int{}
	days := map[string]int{}
	about := map[*visit][]taking{}
	for _, sent := range m.taken {
		rec := m.w.record(sent.id)
		if rec == nil {
			m.t.Errorf("at %s a message was sent that nobody had claimed", local(sent.at))
			continue
		}
		if !m.open(sent.who, sent.at) {
			m.t.Errorf("%s was written to at %s, which is not allowed", number(sent.who), local(sent.at))
		}
		day := number(sent.who) + sent.at.In(london).Format(time.DateOnly)
		if days[day]++; days[day] > m.w.set.PerDay {
			m.t.Errorf("%s got %d messages on one day, %s", number(sent.who), days[day], local(sent.at))
		}
		lead, _ := time.ParseDuration(rec.Text("lead"))
		timely := false
		for _, id := range rec.Elements("appointments") {
			v := sent.who.visits[slices.IndexFunc(sent.who.visits, func(v *visit) bool { return string(v.id) == id })]
			start, ok := v.at(sent.at)
			if !ok {
				m.t.Errorf("%s was reminded at %s of what was not to be reminded of: %s", number(sent.who), local(sent.at), local(v.start))
			}
			if !sent.at.Before(start) {
				m.t.Errorf("%s was reminded at %s of what was over: %s", number(sent.who), local(sent.at), local(start))
			}
			late := sent.at.Sub(start.Add(-lead))
			timely = timely || late <= min(lead/2, 12*time.Hour) || start.Sub(sent.at) >= time.Hour && lead == 3*time.Hour
			about[v] = append(about[v], sent)
		}
		if !timely {
			m.t.Errorf("%s was reminded late, at %s, %s before", number(sent.who), local(sent.at), lead)
		}
		for _, key := range rec.Elements("keys") {
			if said[key]++; said[key] > 1 {
				m.t.Errorf("%s was told the same thing %d times, again at %s: %v", number(sent.who), said[key], local(sent.at), rec.Elements("appointments"))
			}
		}
	}
	for _, p := range m.people {
		for _, v := range p.visits {
			m.possible(p, v, about[v])
		}
	}
	m.store()
}

// store makes sure that the file is whole, that each agenda stands in the queue once, and that a planner that reads everything anew comes to
// the same.
func (m *machine) store() {
	if err := m.w.db.Check(context.Background(), func(f boltstore.Fault) { m.t.Errorf("the store: %s", f) }); err != nil {
		m.t.Error(err)
	}
	if err := m.w.stop(); !errors.Is(err, context.Canceled) {
		m.t.Errorf("the service ended with %v", err)
	}
	s := m.w.service()
	m.w.must(s.prepare())
	m.w.must(m.w.store().Write(context.Background(), func(tx WriteTx) error {
		queued := map[string]int{}
		err := tx.EachDerived(tableDue, nil, func(key []byte, _ deltasync.Scope, _ []byte) (bool, error) {
			queued[string(key)]++
			return true, nil
		})
		if err != nil {
			return err
		}
		for _, p := range m.people {
			a, err := s.agenda(tx, p.scope)
			if err != nil {
				return err
			}
			if queued[string(dueKey(a.Due, p.scope))] != 1 && a.Due != 0 {
				m.t.Errorf("%s is not in the queue at %s", number(p), time.UnixMilli(a.Due))
			}
			delete(queued, string(dueKey(a.Due, p.scope)))
			d, err := s.sit(tx, p.scope, &agenda{Rules: a.Rules, Due: a.Due}, time.Now())
			if err != nil {
				return err
			}
			if again := d.plan(); !again.idle() {
				m.t.Errorf("read anew, there is something to do about %s: %+v", number(p), again)
			}
		}
		if len(queued) > 0 {
			m.t.Errorf("the queue has rows that lead to nobody: %d", len(queued))
		}
		return nil
	}))
}

// at is how an appointment stood at a moment. What was written at that very moment may have come before or after.
func (v *visit) at(t time.Time) (start time.Time, ok bool) {
	for _, s := range v.was {
		switch {
		case s.at.Before(t):
			start, ok = s.start, s.ok
		case s.at.Equal(t) && s.ok:
			start, ok = s.start, true
		}
	}
	return start, ok
}

// open reports whether somebody may be written to at a moment, by the clock on the wall.
func (m *machine) open(p *supported, t time.Time) bool {
	wall := t.In(london)
	minute := wall.Hour()*60 + wall.Minute()
	if minute < 9*60 || minute >= 20*60 || wall.Weekday() == time.Sunday {
		return false
	}
	in := func(h Hours) bool { return h == (Hours{}) || h.From <= minute && minute < h.Until }
	held, now := Hours{}, false
	for _, h := range p.hours {
		switch {
		case h.at.Before(t):
			held = h.safe
		case h.at.Equal(t):
			now = now || in(h.safe)
		}
	}
	return in(held) || now
}

// possible makes sure that somebody was reminded of an appointment if there was a time for it.
func (m *machine) possible(p *supported, v *visit, sent []taking) {
	last := v.was[len(v.was)-1]
	if last.start.After(time.Now()) || !last.ok {
		return
	}
	since := last.at
	for _, h := range p.hours {
		if h.at.After(since) && h.at.Before(last.start) {
			since = h.at
		}
	}
	for _, s := range m.troubled {
		if s.until.After(since.Add(-time.Hour)) && s.from.Before(last.start) {
			return
		}
	}
	full := map[string]int{}
	for _, x := range m.taken {
		if x.who == p {
			full[x.at.In(london).Format(time.DateOnly)]++
		}
	}
	chance := false
	for t := since.Add(time.Minute); !t.After(last.start.Add(-time.Hour)); t = t.Add(time.Minute) {
		chance = chance || m.open(p, t)
		if full[t.In(london).Format(time.DateOnly)] >= m.w.set.PerDay {
			return
		}
	}
	of := slices.ContainsFunc(sent, func(x taking) bool { start, _ := v.at(x.at); return start.Equal(last.start) })
	if chance {
		m.certain++
	}
	if chance && !of {
		m.t.Errorf("%s was never reminded of %s, though it was possible since %s", number(p), local(last.start), local(since))
	}
}
