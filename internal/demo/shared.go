package demo

import (
	"time"

	deltasync "alongside/sync"
)

// share has the coordinators bring a colleague in for some people, and pass some on for good.
func (p *plan) share(d dice) {
	for t := range teams {
		desk := p.coordinator(t)
		var edits []edit
		var late []turn
		for i, s := range p.staff {
			if s.team != t || s.role != deltasync.Worker {
				continue
			}
			other := p.colleague(i)
			for n, who := range some(d, p.openOf(i), sharedPeople+passedOn) {
				who.also = other
				set, at := fields{"worker": worker(other), "part": "cover"}, p.on(d.between(8, min(40, who.met-2)), 9, 10)
				if n < passedOn {
					set["part"], at = "lead", p.on(1, 17, 0)
					edits = append(edits, edit{at: at, person: who, kind: "assignment", record: firstAssignment, set: fields{"until": stamp(at)}})
					late = append(late, turn{by: i, edits: []edit{p.tooLate(d, who)}})
				}
				edits = append(edits, edit{at: at, person: who, kind: "assignment", record: who.part("assignment", 0), set: set})
			}
		}
		p.turns = append(p.turns, turn{by: desk, pull: true, edits: edits})
		p.turns = append(p.turns, late...)
	}
}

// tooLate is what a worker still had on the phone about somebody who had been passed on. It waits for the coordinator.
func (p *plan) tooLate(d dice, who *person) edit {
	at := p.on(1, 17, 20)
	return edit{at: at.Add(20 * time.Minute), person: who, kind: "support", record: who.part("late support", 0), set: fields{
		"what": "call", "at": stamp(at), "minutes": 10, "formal": true, "note": pick(d, farewells)}}
}

// firstAssignment stands for the one that the server made when the worker wrote the person down.
const firstAssignment deltasync.RecordID = "first"

// openOf are those of a worker's own people with whom the work goes on, but for those who have a part in the worker's morning.
func (p *plan) openOf(worker int) []*person {
	var open []*person
	for _, who := range p.people {
		if who.lead == worker && who.state == "open" && who.met > 12 && who.quiet == 0 && !who.full {
			open = append(open, who)
		}
	}
	return open
}

// disagree has two workers who share a person write the same thing differently, neither having seen the other's.
func (p *plan) disagree(d dice) {
	for t := range teams {
		n := 0
		for i, s := range p.staff {
			if s.team != t || s.role != deltasync.Worker || n == disagreements {
				continue
			}
			for _, who := range p.openOf(i) {
				if who.also < 0 || p.passed(who) {
					continue
				}
				p.turns = append(p.turns, turn{by: i, pull: true}, turn{by: who.also, pull: true})
				p.turns = append(p.turns, p.apart(d, who, n)...)
				n++
				break
			}
		}
	}
}

func (p *plan) passed(who *person) bool {
	for _, t := range p.turns {
		for _, e := range t.edits {
			if e.person == who && e.record == firstAssignment {
				return true
			}
		}
	}
	return false
}

// apart is one disagreement: about the number, about a time, or about how it is going.
func (p *plan) apart(d dice, who *person, n int) []turn {
	morning, noon := p.on(1, 10, 5), p.on(1, 12, 20)
	write := func(by int, at time.Time, kind string, record deltasync.RecordID, set fields) turn {
		return turn{by: by, edits: []edit{{at: at, person: who, kind: kind, record: record, set: set}}}
	}
	switch n {
	case 0:
		soon := p.soon(3)
		return []turn{
			write(who.lead, p.on(2, 15, 0), "appointment", who.part("shared appointment", 0), fields{"title": "Opening the post together",
				"place": "Library", "status": "planned", "starts_at": stamp(p.on(soon, 14, 0)), "ends_at": stamp(p.on(soon, 14, 45))}),
			write(who.lead, morning, "person", who.id, fields{"phone": number(d.IntN(1000)), "phone_confirmed_on": date(morning)}),
			write(who.also, noon, "person", who.id, fields{"phone": number(d.IntN(1000))}),
		}
	case 1:
		record, soon := who.part("shared appointment", 0), p.soon(4)
		at := func(hour int) fields {
			return fields{"starts_at": stamp(p.on(soon, hour, 0)), "ends_at": stamp(p.on(soon, hour, 45))}
		}
		first := at(11)
		first["title"], first["place"], first["with"], first["status"] = "Mental health review", "Community mental health clinic", "Community psychiatric nurse", "planned"
		return []turn{
			write(who.lead, p.on(2, 15, 0), "appointment", record, first),
			{by: who.lead, pull: true}, {by: who.also, pull: true},
			write(who.lead, morning, "appointment", record, at(13)),
			write(who.also, noon, "appointment", record, at(15)),
		}
	}
	return []turn{
		write(who.lead, morning, "person", who.id, fields{"goals": "To be well enough for the trip to the coast in the spring."}),
		write(who.also, noon, "person", who.id, fields{"goals": "The trip to the coast. And to get the bus there alone."}),
	}
}

// soon is a working day, so many days ahead at least, as days before today.
func (p *plan) soon(ahead int) int {
	ago := -ahead
	for p.weekend(ago) {
		ago--
	}
	return ago
}

// known is somebody of whom two workers have written different numbers.
func (p *plan) known() *person {
	for _, t := range p.turns {
		for _, e := range t.edits {
			if e.kind == "person" && t.by == e.person.also {
				return e.person
			}
		}
	}
	return nil
}
