package demo

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	deltasync "alongside/sync"
)

// How much there is.
const (
	teams         = 2
	workersEach   = 4  // in a team
	peopleEach    = 20 // of a worker
	daysBack      = 365
	daysAhead     = 14
	toldTwice     = 21 // days for which an appointment is written when it is made, and again when it is over
	sharedPeople  = 3  // of each worker, with a colleague of the team
	passedOn      = 1  // of each worker, to a colleague, some weeks ago
	disagreements = 3  // in each team
)

// plan is the partnership before it is written: who there is, and what each writes, in order.
type plan struct {
	today  time.Time // its midnight
	staff  []member
	people []*person
	turns  []turn
}

type member struct {
	name string
	role deltasync.Role
	team int
}

// person is somebody who is supported.
type person struct {
	id       deltasync.RecordID
	name     string
	lead     int // who found them, as an index into staff
	also     int // a colleague who sees them too; -1: nobody
	met      int // days before today
	until    int // days before today on which the work ended; negative: it goes on
	state    string
	misses   int  // appointments of 100
	full     bool // all that can be written about a person is
	quiet    int  // days before today since when nobody has seen them; 0: they are seen
	lastSeen int  // days before today of the last appointment that the scheduler gave them
}

// turn is what one member of staff does in one go: bring the phone up to date if it says so, then write.
type turn struct {
	by    int
	pull  bool
	edits []edit
}

// edit is one op before it has a number. Its base is what the writer's phone last pulled.
type edit struct {
	at     time.Time
	person *person
	kind   string
	record deltasync.RecordID
	set    map[string]any // a worker stands for that user's id
	add    map[string][]string
}

// worker is an index into staff, where a field names a user.
type worker int

type fields = map[string]any

func makePlan(day time.Time) *plan {
	d := diceOf(day)
	y, m, dd := day.Date()
	p := &plan{today: time.Date(y, m, dd, 0, 0, 0, 0, day.Location())}
	names := p.names(d)
	p.hire(names)
	for i, s := range p.staff {
		if s.role != deltasync.Worker {
			continue
		}
		mine := p.meet(d, i, names)
		p.turns = append(p.turns, turn{by: i, edits: p.year(d, i, mine)})
	}
	p.share(d)
	p.disagree(d)
	return p
}

// names gives a source of names of which no two are alike.
func (p *plan) names(d dice) func() string {
	firsts, seen := some(d, firstNames, len(firstNames)), map[string]bool{}
	n := 0
	return func() string {
		for {
			first := firsts[n%len(firsts)]
			n++
			name := first + " " + pick(d, surnameStarts) + pick(d, surnameEnds)
			if !seen[name] {
				seen[name] = true
				return name
			}
		}
	}
}

// hire makes the staff: of each team a coordinator and its workers, and an admin.
func (p *plan) hire(name func() string) {
	for t := range teams {
		p.staff = append(p.staff, member{name() + " (made up)", deltasync.Coordinator, t})
		for range workersEach {
			p.staff = append(p.staff, member{name() + " (made up)", deltasync.Worker, t})
		}
	}
	p.staff = append(p.staff, member{name() + " (made up)", deltasync.Admin, 0})
}

func (p *plan) coordinator(team int) int {
	return slices.IndexFunc(p.staff, func(m member) bool { return m.role == deltasync.Coordinator && m.team == team })
}

// colleague is the next worker of the same team.
func (p *plan) colleague(of int) int {
	for i := of; ; {
		i = (i + 1) % len(p.staff)
		if p.staff[i].role == deltasync.Worker && p.staff[i].team == p.staff[of].team {
			return i
		}
	}
}

// meet makes a worker's people.
func (p *plan) meet(d dice, by int, name func() string) []*person {
	var mine []*person
	for range peopleEach {
		who := &person{id: id("person", len(p.people)), name: name(), lead: by, also: -1, met: d.between(25, daysBack),
			until: -1, state: "open", misses: pick(d, []int{8, 12, 18, 22, 25, 30, 38, 45})}
		switch n := d.IntN(100); {
		case n < 7 && who.met > 90:
			who.state, who.until = "closed", d.between(5, 60)
		case n < 13 && who.met > 60:
			who.state, who.until = "paused", d.between(3, 30)
		}
		p.cast(d, who, len(mine))
		who.lastSeen = who.met
		mine, p.people = append(mine, who), append(p.people, who)
	}
	return mine
}

// id is the same in every run.
func id(what string, n int) deltasync.RecordID {
	return deltasync.RecordID(deltasync.NamedID("demo", what, strconv.Itoa(n)))
}

// part is the id of the nth thing that belongs to a person.
func (who *person) part(kind string, n int) deltasync.RecordID {
	return deltasync.RecordID(deltasync.NamedID("demo", string(who.id), kind, strconv.Itoa(n)))
}

// on is a moment of a day, so many days before today.
func (p *plan) on(daysAgo, hour, minute int) time.Time {
	y, m, d := p.today.Date()
	return time.Date(y, m, d-daysAgo, hour, minute, 0, 0, p.today.Location())
}

func (p *plan) weekend(daysAgo int) bool {
	w := p.on(daysAgo, 12, 0).Weekday()
	return w == time.Saturday || w == time.Sunday
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func date(t time.Time) string { return t.Format(time.DateOnly) }

// number makes a phone number of Ofcom's range for drama.
func number(n int) string { return fmt.Sprintf("07700 900%03d", n%1000) }
