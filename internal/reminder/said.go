package reminder

import (
	"cmp"
	"slices"
	"time"

	"alongside/internal/push"
	deltasync "alongside/sync"
)

// said reports whether nothing more is to be tried of a message: it was sent, may have been, was dropped for good, or has failed by every way there is.
func (p *planner) said(key string) bool {
	failed := map[string]bool{}
	for _, m := range p.a.Messages {
		if slices.Contains(m.Keys, key) {
			switch {
			case m.Status == "failed":
				failed[m.Way] = true
			case m.Status != "dropped" || m.Why != stoppedThen:
				return true
			}
		}
	}
	if len(failed) == 0 {
		return false
	}
	for _, way := range p.ways() {
		if !failed[string(way)] {
			return false
		}
	}
	return true
}

// sentOn counts the messages of the day of t.
func (p *planner) sentOn(t time.Time) (n int) {
	hours := p.times()
	today := hours.day(t, 0)
	for _, m := range p.a.Messages {
		if m.About == "answer" || m.Status == "failed" || m.Status == "dropped" {
			continue
		}
		if hours.day(m.At, 0).Equal(today) {
			n++
		}
	}
	return n
}

// stoppedThen is why a message was dropped that nobody was to get at the time. If they are to after all, it is claimed again.
const stoppedThen = "stopped"

// told reports whether a message about this time of an appointment has gone, however long before.
func (p *planner) told(id deltasync.RecordID, start time.Time) bool {
	leads := append(slices.Clone(p.set.Leads), p.a.Person.Leads...)
	for _, m := range p.a.Messages {
		if m.Status == "failed" || m.Status == "dropped" {
			continue
		}
		for _, lead := range leads {
			if slices.Contains(m.Keys, p.ids.reminder(id, start, leadText(lead))) {
				return true
			}
		}
	}
	return false
}

// again is a claimed message that nobody is sending: what is to become of it.
type again struct {
	ID   deltasync.RecordID
	What what
	Dues []due // that it is still about
}

type what int

const (
	resend  what = iota
	ask          // the provider
	dropped      // it was never sent, and is not to be any more: Why
	unsure       // nobody can say whether it was sent
)

// askedFor is how long a provider is asked what became of a message.
const askedFor = 48 * time.Hour

// lease is after how long somebody to whom a message is under way is looked at again, so that one that was left behind is found.
const lease = time.Minute

// claims looks again at what was claimed and is not under way: it waits to be tried again, or was left behind by a life of the service that
// ended between the claim and the note.
func (p *planner) claims(wanted map[string]due) {
	for id, m := range p.a.Messages {
		if m.Status != "claimed" || m.About == "answer" {
			continue
		}
		if m.Run == p.run && m.Again.IsZero() { // under way
			p.at(p.now.Add(lease))
			continue
		}
		g := again{ID: id}
		until := m.At.Add(askedFor)
		for _, key := range m.Keys {
			if d, ok := wanted[key]; ok {
				g.Dues = append(g.Dues, d)
				if d.Until.Before(until) {
					until = d.Until
				}
			}
		}
		doubt := m.Doubt || m.Again.IsZero()
		ended := len(g.Dues) == 0 || until.Before(p.now)
		when := p.times().next(p.now)
		wait := !ended && (when.IsZero() || when.After(until))
		kind := push.Kind(m.Way)
		switch {
		case doubt && p.asks[kind] && p.now.Before(m.At.Add(askedFor)):
			g.What, when = ask, p.now
		case doubt && (ended || wait || !repeats(kind)):
			g.What, when = unsure, p.now
		case !doubt && (ended || wait):
			g.What, when = dropped, p.now
		}
		if m.Again.After(when) && g.What != dropped && g.What != unsure {
			when = m.Again
		}
		if when.After(p.now) {
			p.at(when)
			continue
		}
		p.plan.Claims = append(p.plan.Claims, g)
	}
	slices.SortFunc(p.plan.Claims, func(a, b again) int { return cmp.Compare(a.ID, b.ID) })
}

// repeats reports whether a message that is sent again takes the first one's place.
func repeats(k push.Kind) bool { return k != push.SMS }
