package demo

import (
	"slices"
	"strings"
	"time"
)

// introduce writes a person down as on the day of the first meeting: who they are, who stands by them, what they agreed
// to.
func (p *plan) introduce(d dice, who *person) []edit {
	at := p.on(who.met, d.between(9, 12), d.between(0, 59))
	set := fields{"name": who.name, "goals": pick(d, goals), "state": "open"}
	first, _, _ := strings.Cut(who.name, " ")
	if !who.full && d.chance(30) { // a long name is to be seen
		set["preferred_name"] = pick(d, []string{first, strings.ToUpper(first[:1]) + ".", "Big " + first, "Wee " + first, pick(d, firstNames)})
	}
	if who.full || d.chance(88) {
		set["phone"] = number(d.IntN(1000))
		set["phone_confirmed_on"] = date(p.on(d.between(1, min(who.met, 150)), 12, 0))
	}
	if who.full || d.chance(50) {
		set["safe_times"] = pick(d, safeTimes)
	}
	if who.full || d.chance(35) {
		set["safe_words"] = pick(d, safeWords)
	}
	if d.chance(12) {
		set["language"] = pick(d, languages)
	}
	if who.full || d.chance(8) {
		set["safety_note"] = pick(d, carefully)
	}
	add := map[string][]string{
		"interests": some(d, interests, d.between(2, 4)), "needs": some(d, needs, d.between(1, 3)),
		"contact_by": some(d, contactBy, d.between(1, 2)), "safe_to_show": some(d, safeToShow, 1),
	}
	edits := []edit{{at: at, person: who, kind: "person", record: who.id, set: set, add: open(who, add)}}
	edits = append(edits, p.circle(d, who)...)
	return append(edits, p.agreed(d, who)...)
}

// circle are the people around a person, formal and informal.
func (p *plan) circle(d dice, who *person) []edit {
	at := p.on(who.met, 13, d.between(0, 59))
	var edits []edit
	put := func(set fields) {
		edits = append(edits, edit{at: at, person: who, kind: "contact", record: who.part("contact", len(edits)), set: set})
	}
	for _, c := range some(d, professionals, d.between(1, 3)) {
		set := fields{"name": pick(d, firstNames) + " " + pick(d, surnameStarts) + pick(d, surnameEnds), "relation": c.relation,
			"organisation": c.organisation, "may_share": d.chance(75)}
		if d.chance(60) {
			set["phone"] = number(d.IntN(1000))
		}
		put(set)
	}
	for _, relation := range some(d, informal, d.between(0, 2)) {
		put(fields{"name": pick(d, firstNames), "relation": relation, "phone": number(d.IntN(1000)), "may_share": d.chance(40)})
	}
	return edits
}

func (p *plan) agreed(d dice, who *person) []edit {
	at := p.on(who.met, 14, d.between(0, 59))
	var edits []edit
	put := func(purpose, organisation string) {
		set := fields{"purpose": purpose, "given_on": date(at), "how": pick(d, []string{"Spoken, at the first visit", "Signed form", "Spoken, on the phone"})}
		if organisation != "" {
			set["organisation"] = organisation
		}
		if withdrawn := d.chance(5); withdrawn && who.met > 60 && !(who.full && purpose == "reminders") {
			set["withdrawn_on"] = date(p.on(d.between(10, 50), 12, 0))
		}
		edits = append(edits, edit{at: at, person: who, kind: "consent", record: who.part("consent", len(edits)), set: set})
	}
	if d.chance(80) || who.full {
		put("reminders", "")
	}
	if d.chance(60) {
		put("share", pick(d, professionals).organisation)
	}
	if d.chance(20) {
		put("forum", "")
	}
	return edits
}

// year is all that a worker wrote about their people, in the order of writing.
func (p *plan) year(d dice, by int, mine []*person) []edit {
	var edits []edit
	for _, who := range mine {
		edits = append(edits, p.introduce(d, who)...)
	}
	edits = append(edits, p.diary(d, mine)...)
	for _, who := range mine {
		edits = append(edits, p.besides(d, who)...)
		if who.full {
			edits = append(edits, p.reached(who)...)
		}
		if who.quiet > 0 {
			edits = append(edits, p.slipping(d, who)...)
		}
		if who.state != "open" {
			edits = append(edits, edit{at: p.on(who.until, 16, 30), person: who, kind: "person", record: who.id, set: fields{"state": who.state}})
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return a.at.Compare(b.at) })
	return edits
}

// besides is what was done for a person beside appointments.
func (p *plan) besides(d dice, who *person) []edit {
	var edits []edit
	for ago := who.met - d.between(1, 6); ago > max(who.until, who.quiet, 0); ago -= d.between(5, 16) {
		at := p.on(ago, d.between(9, 16), d.IntN(12)*5)
		set := fields{"what": "other", "at": stamp(at), "formal": false, "with": pick(d, informal), "note": pick(d, informalNotes)}
		if !p.weekend(ago) && d.chance(85) {
			what := pick(d, otherSupports)
			set = fields{"what": what, "at": stamp(at), "minutes": d.between(3, 12) * 5, "formal": true, "note": pick(d, supportNotes[what])}
			if what == "message" || what == "call" {
				set["minutes"] = d.between(1, 4) * 5
			}
		}
		edits = append(edits, edit{at: at.Add(2 * time.Minute), person: who, kind: "support", record: who.part("support", ago), set: set})
	}
	return edits
}
