package reminder

import (
	"cmp"
	"slices"
	"time"

	"alongside/internal/push"
	deltasync "alongside/sync"
)

// planner says of one person what is to be done at a moment, and when to look again. It only reads.
type planner struct {
	set  Settings
	ids  names
	a    *agenda
	has  map[push.Kind]bool // ways that there are senders for
	asks map[push.Kind]bool // those whose provider can be asked later
	run  string             // the present life of the service
	now  time.Time
	plan plan
}

// plan is what is to be done now, and the next moment at which there may be something; zero: none.
type plan struct {
	Page   bool      // they need a page
	Steps  []newStep // to be opened
	Ends   []endStep // to be ended
	Check  string    // a worker is to look at how they are reached, and why
	Drops  []drop    // what goes unsaid
	Send   *sending  // to be claimed
	Claims []again   // claimed messages that are to be looked at again
	Next   time.Time
}

// due is one thing that could be said: about an appointment, at its time.
type due struct {
	Key         string
	About       string
	Appointment deltasync.RecordID
	Start       time.Time
	Lead        string
	window
}

type drop struct {
	dues []due
	why  string
}

// sending is a message that is to go now.
type sending struct {
	About string
	Dues  []due
	Until time.Time
}

// idle reports whether there is nothing to do now.
func (p *plan) idle() bool {
	return !p.Page && len(p.Steps)+len(p.Ends)+len(p.Drops)+len(p.Claims) == 0 && p.Check == "" && p.Send == nil
}

func (p *planner) at(t time.Time) {
	if t.IsZero() {
		return
	}
	if p.plan.Next.IsZero() || t.Before(p.plan.Next) {
		p.plan.Next = t
	}
}

func (p *planner) times() allowed {
	return allowed{zone: p.set.Zone, quiet: p.set.Quiet, days: p.set.QuietDays, safe: p.a.Person.Safe}
}

// make works out the plan.
func (p *planner) make() plan {
	p.plan = plan{}
	if !p.a.Person.Made {
		return p.plan
	}
	p.page()
	p.ladders()
	p.callsBefore()
	p.checks()
	wanted := p.wanted()
	p.claims(wanted)
	p.messages(wanted)
	return p.plan
}

func (p *planner) page() {
	if _, ok := p.a.consented(); !ok || p.a.Person.Stopped {
		return
	}
	for _, used := range p.a.Pages {
		if used {
			return
		}
	}
	p.plan.Page = true
}

// leads are how long before this appointment messages go. To who has said that they are coming only the last one goes.
func (p *planner) leads(at *appointment) []time.Duration {
	leads := p.set.Leads
	if p.a.Person.Own {
		leads = p.a.Person.Leads
	}
	if len(leads) > 1 && (at.Status == "confirmed" || at.Reply == string(Coming)) {
		leads = leads[len(leads)-1:]
	}
	return leads
}

// wanted are all messages that may be sent, whatever has been sent already, by their keys.
func (p *planner) wanted() map[string]due {
	since, ok := p.a.consented()
	if !ok || p.a.Person.Stopped || p.a.Person.Unclear {
		return nil
	}
	if p.a.Person.Since.After(since) {
		since = p.a.Person.Since
	}
	all := map[string]due{}
	hours := p.times()
	for id, at := range p.a.Appointments {
		if !at.Start.After(p.now) || !p.a.coming(at) {
			continue
		}
		from := since
		if at.Since.After(from) {
			from = at.Since
		}
		leads := p.leads(at)
		for lead, w := range hours.windows(at.Start, from, leads) {
			if w.MadeUp && p.told(id, at.Start) {
				continue
			}
			d := due{About: "coming", Appointment: id, Start: at.Start, Lead: leadText(lead), window: w}
			d.Key = p.ids.reminder(id, at.Start, d.Lead)
			all[d.Key] = d
		}
	}
	for id, at := range p.a.Appointments {
		if d, ok := p.kind(id, at, since); ok {
			all[d.Key] = d
		}
	}
	return all
}

// messages plans what is still to be said.
func (p *planner) messages(wanted map[string]due) {
	var open []due
	for _, d := range wanted {
		if !p.said(d.Key) {
			open = append(open, d)
		}
	}
	if len(open) == 0 {
		return
	}
	slices.SortFunc(open, func(a, b due) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Key, b.Key))
	})
	if len(p.ways()) == 0 {
		p.unreachable(open)
		return
	}
	hours := p.times()
	var ready []due
	for _, d := range open {
		switch {
		case d.From.After(p.now):
			p.at(d.From)
			continue
		case d.None:
			p.drop("no_time", d)
			continue
		}
		why, when := "late", hours.next(p.now)
		if !when.IsZero() && p.sentOn(when) >= p.set.PerDay {
			why, when = "per_day", hours.next(hours.day(when, 1))
		}
		switch {
		case when.IsZero() || when.After(d.Until):
			p.drop(why, d)
		case when.After(p.now):
			p.at(when)
		default:
			ready = append(ready, d)
		}
	}
	if len(ready) > 0 {
		p.send(ready, open)
	}
}

func (p *planner) drop(why string, d due) {
	for i := range p.plan.Drops {
		if p.plan.Drops[i].why == why {
			p.plan.Drops[i].dues = append(p.plan.Drops[i].dues, d)
			return
		}
	}
	p.plan.Drops = append(p.plan.Drops, drop{[]due{d}, why})
}

// Messages that are due within this long of each other go as one.
const together = 15 * time.Minute

// mostKeys is how many things one message may stand for.
const mostKeys = 50

// send makes one message of what is ready. What is due soon goes along; and with the last message that the day allows, all that the day
// would have brought.
func (p *planner) send(ready, open []due) {
	about := ready[0].About
	until := p.now.Add(together)
	if p.sentOn(p.now)+1 >= p.set.PerDay {
		until = p.times().day(p.now, 1)
	}
	s := &sending{About: about}
	for _, d := range open {
		if d.About != about || d.None || len(s.Dues) == mostKeys {
			continue
		}
		if !slices.Contains(ready, d) && (!d.From.Before(until) || d.Until.Before(p.now)) {
			continue
		}
		s.Dues = append(s.Dues, d)
		if s.Until.IsZero() || d.Until.Before(s.Until) {
			s.Until = d.Until
		}
	}
	p.plan.Send = s
}
