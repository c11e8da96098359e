package reminder

import (
	"cmp"
	"slices"
	"strconv"

	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// ways are the kinds by which the person can be reached, the best first.
func (p *planner) ways() (kinds []push.Kind) {
	for _, w := range p.a.Ways {
		if w.Kind != "sms" && w.Failing == 0 {
			kinds = append(kinds, p.by(push.Kind(w.Kind)))
		}
	}
	if p.a.Person.Number != "" && p.a.Person.Texts && p.fails() == 0 {
		kinds = append(kinds, p.by(push.SMS))
	}
	kinds = slices.DeleteFunc(kinds, func(k push.Kind) bool { return k == "" })
	slices.SortFunc(kinds, func(a, b push.Kind) int { return cmp.Compare(rank(a), rank(b)) })
	return slices.Compact(kinds)
}

// takes is the sender that takes a way: its own, else the one that prints; empty: there is none.
func takes(has map[push.Kind]bool, kind push.Kind) push.Kind {
	switch {
	case has[kind]:
		return kind
	case has[push.Log]:
		return push.Log
	}
	return ""
}

func (p *planner) by(kind push.Kind) push.Kind { return takes(p.has, kind) }
func (s *Service) by(kind push.Kind) push.Kind { return takes(s.has, kind) }

func rank(k push.Kind) int {
	return slices.Index([]push.Kind{push.WebPush, push.FCM, push.SMS, push.Log}, k)
}

// fails says since when the number does not work, as its record has it; 0: nothing has said so since somebody wrote the number down, confirmed
// it, or said that they have checked it.
func (p *planner) fails() deltasync.Version {
	for _, w := range p.a.Ways {
		if w.Kind != "sms" || w.Number != p.a.Person.Number || w.Failing <= p.a.Person.Vouched {
			continue
		}
		if p.a.Steps[p.ids.check(broken(w.Number, w.Failing))].Ended != "done" {
			return w.Failing
		}
	}
	return 0
}

// broken names a number that does not work since then.
func broken(number string, since deltasync.Version) string {
	return number + " " + strconv.FormatUint(uint64(since), 10)
}

// unreachable has a worker told, when something is due, that there is no way.
func (p *planner) unreachable(open []due) {
	for _, d := range open {
		switch {
		case d.From.After(p.now):
			p.at(d.From)
		case !d.Until.Before(p.now) && p.a.Person.Number == "":
			p.check(noWay)
		}
	}
}

// Why a worker is to check how somebody is reached. A number that does not work is named by what names it.
const (
	noWay   = "none"
	unclear = "hours"
)

func (p *planner) check(what string) {
	if p.a.Steps[p.ids.check(what)].Name == "" {
		p.plan.Check = what
	}
}

// checks has a worker told of a number that does not work, and of hours that cannot be read; and takes back what was asked and is settled.
func (p *planner) checks() {
	number := ""
	if since := p.fails(); p.a.Person.Texts && since != 0 {
		number = broken(p.a.Person.Number, since)
	}
	if _, ok := p.a.consented(); ok && !p.a.Person.Stopped {
		switch {
		case number != "":
			p.check(number)
		case p.a.Person.Unclear && p.expected():
			p.check(unclear)
		}
	}
	for id, s := range p.a.Steps {
		if s.Name != casework.StepCheckNumber || s.Ended != undone {
			continue
		}
		standing := number != "" && id == p.ids.check(number) || p.a.Person.Unclear && id == p.ids.check(unclear) ||
			id == p.ids.check(noWay) && len(p.ways()) == 0
		if !standing {
			p.end(id, "stopped", "This has been settled since.")
		}
	}
}

// expected reports whether something is to come.
func (p *planner) expected() bool {
	for _, at := range p.a.Appointments {
		if at.Start.After(p.now) && p.a.coming(at) {
			return true
		}
	}
	return false
}
