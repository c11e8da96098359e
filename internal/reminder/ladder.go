package reminder

import (
	"cmp"
	"slices"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// newStep is a follow-up that is to be written.
type newStep struct {
	ID          deltasync.RecordID
	Step        string
	Appointment deltasync.RecordID
	Start       time.Time
	Due         string // a date or a time
}

// endStep is a follow-up that is to be ended, how, and why in words.
type endStep struct {
	ID    deltasync.RecordID
	How   string
	Words string
}

// ladders plans what follows appointments that are over.
func (p *planner) ladders() {
	p.ends()
	for id, at := range p.a.Appointments {
		switch at.Status {
		case "planned", "confirmed":
			p.outcome(id, at)
		case "missed":
			p.miss(id, at)
		}
	}
	slices.SortFunc(p.plan.Steps, func(a, b newStep) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
}

// ends takes back the steps that nobody need take any more.
func (p *planner) ends() {
	for id, s := range p.a.Steps {
		at := p.a.Appointments[s.Of]
		if s.Ended != undone || at == nil {
			continue
		}
		over := p.a.Person.Stopped || at.Stopped || at.Status != "planned" && at.Status != "confirmed"
		switch {
		case id != p.ids.step(s.Name, s.Of, at.Start):
			p.end(id, "stopped", "The appointment is at another time now, or not at all.")
		case s.Name == casework.StepOutcome && at.counted():
			p.end(id, "done", "Somebody has written down what became of it.")
		case s.Name == casework.StepOutcome && over:
			p.end(id, "stopped", "There is nothing to ask any more.")
		case s.Name == casework.StepCallBefore && over:
			p.end(id, "stopped", "The appointment is not to come any more.")
		case slices.Contains(rungs, s.Name):
			why := p.over(at)
			if why == "" && p.reached(s.Of, at) {
				why = "Somebody has got through to them."
			}
			if why != "" {
				p.end(id, "stopped", why)
			}
		}
	}
	slices.SortFunc(p.plan.Ends, func(a, b endStep) int { return cmp.Compare(a.ID, b.ID) })
}

// outcome asks the worker what became of an appointment, when it has been over for a while and nobody has said.
func (p *planner) outcome(id deltasync.RecordID, at *appointment) {
	if at.Stopped || p.a.Person.Stopped || p.old(at) {
		return
	}
	if when := at.End.Add(p.set.Ladder.Outcome); when.After(p.now) {
		p.at(when)
	} else if sid := p.ids.step(casework.StepOutcome, id, at.Start); p.fresh(sid, at) {
		p.open(newStep{sid, casework.StepOutcome, id, at.Start, wire(when)})
	}
}

// old reports whether an appointment was over for so long when it was first seen that it starts nothing.
func (p *planner) old(at *appointment) bool { return at.First.After(at.End.Add(p.set.Ladder.Lasts)) }

// rungs are the steps after a miss, in their order.
var rungs = []string{casework.StepCall, casework.StepVisit, casework.StepCoordinator}

// miss walks up the ladder after an appointment that the person did not come to. A step comes when the one before it was skipped, or has
// expired; one that is done has reached the person, and ends it.
func (p *planner) miss(id deltasync.RecordID, at *appointment) {
	if at.Born || p.old(at) || p.over(at) != "" || p.reached(id, at) {
		return
	}
	for i, rung := range rungs {
		sid := p.ids.step(rung, id, at.Start)
		s := p.a.Steps[sid]
		switch {
		case p.fresh(sid, at):
			when := at.Noted.Add(p.after(i))
			if !when.After(p.now) { // its turn came late, so that there is time for it
				when = p.now.Add(p.after(0))
			}
			p.open(newStep{sid, rung, id, at.Start, wire(when)})
			return
		case s.Ended == "stopped":
			return
		case s.Ended == undone && !p.now.After(s.Due):
			p.at(s.Due.Add(time.Millisecond))
			return
		}
	}
}

// reached reports whether a step after this miss was done.
func (p *planner) reached(id deltasync.RecordID, at *appointment) bool {
	for _, rung := range rungs {
		if p.a.Steps[p.ids.step(rung, id, at.Start)].Ended == "done" {
			return true
		}
	}
	return false
}

func (p *planner) after(rung int) time.Duration {
	return []time.Duration{p.set.Ladder.Call, p.set.Ladder.Visit, p.set.Ladder.Coordinator}[rung]
}

// over says in words why nobody need act any more after a miss; empty: somebody is to.
func (p *planner) over(at *appointment) string {
	switch {
	case p.a.Person.Stopped:
		return "This person is not worked with any more."
	case at.Status != "missed" || at.Settled || at.Stopped:
		return "It was not missed after all."
	case p.a.Support.After(at.Start):
		return "There has been contact since."
	}
	if p.a.Texted > at.Outcome {
		return "They have sent a text since."
	}
	for _, other := range p.a.Appointments {
		if other.Replied > at.Outcome {
			return "They have answered since."
		}
		if other.Status == "attended" && other.Start.After(at.Start) {
			return "They came to a later appointment."
		}
	}
	return ""
}

// kind is the message to somebody who did not come.
func (p *planner) kind(id deltasync.RecordID, at *appointment, since time.Time) (due, bool) {
	if at.Status != "missed" || at.Born || p.old(at) || p.over(at) != "" || at.Noted.After(at.End.Add(kindly)) || at.Noted.Before(since) {
		return due{}, false
	}
	if p.a.Person.Paused > at.Timed {
		return due{}, false
	}
	d := due{About: "missed", Appointment: id, Start: at.Start, Key: p.ids.reminder(id, at.Start, "missed")}
	d.From = p.times().next(at.Noted)
	d.Until = d.From.Add(mostLate)
	return d, !d.From.IsZero()
}

// kindly is how long after an appointment a miss may be noted for the person to be written to.
const kindly = 3 * 24 * time.Hour

// outcomes are the last of those to which the person came or did not come, the latest first.
func (a *agenda) outcomes(of int) []*appointment {
	var all []*appointment
	for _, p := range a.Appointments {
		if p.counted() {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *appointment) int { return b.Start.Compare(a.Start) })
	return all[:min(len(all), of)]
}

// early is how many days before the day of the call its follow-up is written, so that phones have it.
const early = 1

// callsBefore plans a call the day before what is coming to somebody who has missed appointments lately.
func (p *planner) callsBefore() {
	missed := 0
	for _, at := range p.a.outcomes(p.set.Of) {
		if at.Status == "missed" {
			missed++
		}
	}
	if p.set.Missed == 0 || missed < p.set.Missed {
		return
	}
	for id, at := range p.a.Appointments {
		p.callBefore(id, at)
	}
}

func (p *planner) callBefore(id deltasync.RecordID, at *appointment) {
	if at.Status != "planned" && at.Status != "confirmed" || at.Stopped || p.a.Person.Stopped {
		return
	}
	hours := p.times()
	on := -1
	for slices.Contains(p.set.QuietDays, hours.day(at.Start, on).Weekday()) && on > -7 {
		on--
	}
	day := hours.day(at.Start, on)
	if hours.day(p.now, 0).After(day) {
		return // it is over
	}
	if when := hours.day(at.Start, on-early); when.After(p.now) {
		p.at(when)
	} else if sid := p.ids.step(casework.StepCallBefore, id, at.Start); p.fresh(sid, at) {
		p.open(newStep{sid, casework.StepCallBefore, id, at.Start, day.Format(time.DateOnly)})
	}
}

// fresh reports whether a step is to be opened: there is none yet, or what had ended it has been written otherwise since.
func (p *planner) fresh(id deltasync.RecordID, at *appointment) bool {
	s, there := p.a.Steps[id]
	if !there {
		return true
	}
	return (s.Ended == "stopped" || s.Ended == "done" && s.Name == casework.StepOutcome) && max(at.Outcome, at.Timed) > s.Log
}

func (p *planner) open(s newStep) { p.plan.Steps = append(p.plan.Steps, s) }

func (p *planner) end(id deltasync.RecordID, how, words string) {
	p.plan.Ends = append(p.plan.Ends, endStep{id, how, words})
}

// wire is a time as the protocol writes it.
func wire(t time.Time) string { return t.UTC().Format(deltasync.TimeFormat) }
