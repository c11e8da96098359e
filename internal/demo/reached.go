package demo

import (
	"slices"
	"time"
)

// reached is what somebody has ahead who is reminded: of each team one, whose page the guide links to. They have agreed to it, can be
// written to, and nobody has asked them yet.
func (p *plan) reached(who *person) []edit {
	near, far := p.on(p.soon(1), 10, 30), p.on(p.soon(4), 14, 0)
	made := p.on(3, 15, 20)
	ahead := func(n int, set fields, start time.Time) edit {
		set["starts_at"], set["ends_at"], set["status"] = stamp(start), stamp(start.Add(45*time.Minute)), "planned"
		return edit{at: made.Add(time.Duration(n) * time.Minute), person: who, kind: "appointment", record: who.part("reminded of", n), set: set}
	}
	return []edit{
		ahead(0, fields{"title": "Visit at home", "place": "At home"}, near),
		ahead(1, fields{"title": "Benefits review", "place": "Town hall, room 2", "with": "Welfare rights officer"}, far),
	}
}

// open is what is added about somebody who is reminded, so that all ways lead to them.
func open(who *person, add map[string][]string) map[string][]string {
	if who.full {
		if !slices.Contains(add["contact_by"], "text") {
			add["contact_by"] = append(add["contact_by"], "text")
		}
		add["safe_to_show"] = safeToShow
	}
	return add
}

// reminded is the one of a worker's people who is.
func (p *plan) reminded(lead int) *person {
	i := slices.IndexFunc(p.people, func(who *person) bool { return who.full && who.lead == lead })
	if i < 0 {
		return nil
	}
	return p.people[i]
}
