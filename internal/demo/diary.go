package demo

import (
	"cmp"
	"slices"
	"time"
)

// diary fills a worker's days with appointments, from a year ago to two weeks ahead. Today's are a scene of their own.
func (p *plan) diary(d dice, mine []*person) []edit {
	var edits []edit
	untold := p.lastWorkday()
	for ago := daysBack; ago >= -daysAhead; ago-- {
		active := activeOn(mine, ago)
		slices.SortStableFunc(active, func(a, b *person) int { return cmp.Compare(b.lastSeen, a.lastSeen) })
		if ago == 0 {
			edits = append(edits, p.scene(d, active)...)
		}
		if ago == 0 || p.weekend(ago) {
			continue
		}
		n := (len(active)*d.between(8, 24) + 50) / 100
		if ago == untold {
			n = max(n, leftOpen)
		}
		// Of those who have waited longest, some; so that everybody is seen, and not by the clock.
		longest := active[:min(len(active), n+3)]
		hours := startTimes(d, n)
		for i, who := range some(d, longest, n) {
			who.lastSeen = ago
			edits = append(edits, p.appointment(d, who, ago, p.on(ago, hours[i]/60, hours[i]%60), ago == untold && i >= n-leftOpen)...)
		}
	}
	return edits
}

func activeOn(mine []*person, ago int) []*person {
	var active []*person
	for _, who := range mine {
		if who.quiet > ago && who.quiet > 0 {
			continue
		}
		if ago < who.met && ago > who.until {
			active = append(active, who)
		} else if ago <= 0 && who.state == "open" {
			active = append(active, who)
		}
	}
	return active
}

// startTimes are n times of a working day in minutes, in order, that leave room between them.
func startTimes(d dice, n int) []int {
	slots := []int{9*60 + 30, 10*60 + 30, 11*60 + 30, 13 * 60, 14 * 60, 15 * 60, 16 * 60}
	times := some(d, slots, n)
	slices.Sort(times)
	for i := range times {
		times[i] += pick(d, []int{0, 0, 0, 15})
	}
	return times
}

// appointment is one appointment with what came of it, unless it is still to come or nobody has said yet.
func (p *plan) appointment(d dice, who *person, ago int, start time.Time, open bool) []edit {
	m := drawMeeting(d)
	record, set := who.part("appointment", ago), p.arranged(d, m, start)
	made := p.made(d, who, ago)
	if ago < 0 || open {
		p.replied(d, ago, set)
		return []edit{{at: made, person: who, kind: "appointment", record: record, set: set}}
	}
	over := start.Add(time.Duration(m.minutes+d.between(5, 90)) * time.Minute)
	outcome := p.outcome(d, who, m)
	edits := []edit{{at: over, person: who, kind: "appointment", record: record, set: outcome}}
	if ago <= toldTwice {
		edits = slices.Insert(edits, 0, edit{at: made, person: who, kind: "appointment", record: record, set: set})
	} else {
		for k, v := range set {
			if _, ok := outcome[k]; !ok {
				outcome[k] = v
			}
		}
	}
	return append(edits, p.afterwards(d, who, m, ago, start, over, outcome)...)
}

// arranged is what is written when an appointment is made.
func (p *plan) arranged(d dice, m meeting, start time.Time) fields {
	set := fields{"title": m.title, "starts_at": stamp(start), "ends_at": stamp(start.Add(time.Duration(m.minutes) * time.Minute)),
		"place": m.place, "status": "planned"}
	if m.with != "" {
		set["with"] = m.with
	}
	if m.goesAlong && d.chance(70) {
		set["accompany"] = true
		set["travel"] = pick(d, travels)
	}
	return set
}

// made is when an appointment of a day was: some days before, and not before today.
func (p *plan) made(d dice, who *person, ago int) time.Time {
	made := p.on(max(ago+d.between(3, 12), 1), d.between(9, 16), d.IntN(60))
	if met := p.on(who.met, 15, 0); made.Before(met) {
		made = met
	}
	return made
}

func drawMeeting(d dice) meeting {
	all := 0
	for _, m := range meetings {
		all += m.weight
	}
	n := d.IntN(all)
	for _, m := range meetings {
		if n -= m.weight; n < 0 {
			return m
		}
	}
	return meetings[0]
}

// replied is what some have answered to a reminder of something that is soon.
func (p *plan) replied(d dice, ago int, set fields) {
	if ago < -2 || !d.chance(40) {
		return
	}
	set["reply"], set["status"] = "coming", "confirmed"
	if d.chance(30) {
		set["reply_note"] = pick(d, replyNotes)
	}
	if set["accompany"] == nil && set["with"] != nil && d.chance(50) {
		set["reply"], set["reply_note"], set["status"] = "come_with_me", pick(d, alongNotes), "planned"
	}
}

func (p *plan) outcome(d dice, who *person, m meeting) fields {
	missed, attended, cancelled := missedReasons, attendedNotes, cancelledNotes
	if m.goesAlong {
		missed, attended, cancelled = missedThere, attendedThere, cancelledThere
	}
	set := fields{"status": "attended"}
	switch n := d.IntN(100); {
	case n < who.misses:
		set["status"] = "missed"
		set["missed_reason"] = pick(d, missed)
	case n < who.misses+5:
		set["status"], set["outcome_note"] = "cancelled", pick(d, cancelled)
	case n < who.misses+9:
		set["status"] = "moved"
	case d.chance(60):
		set["outcome_note"] = pick(d, attended)
	}
	return set
}

// afterwards is the support that an appointment was, or what is done about it if it was missed.
func (p *plan) afterwards(d dice, who *person, m meeting, ago int, start, over time.Time, outcome fields) []edit {
	switch outcome["status"] {
	case "attended":
		if !d.chance(65) {
			return nil
		}
		set := fields{"what": m.what, "at": stamp(start), "minutes": m.minutes, "formal": true, "place": m.place,
			"note": pick(d, supportNotes[m.what]), "appointment": string(who.part("appointment", ago))}
		if m.with != "" {
			set["with"] = m.with
		}
		return []edit{{at: over.Add(time.Minute), person: who, kind: "support", record: who.part("support of appointment", ago), set: set}}
	case "missed":
		if !d.chance(60) {
			return nil
		}
		due := ago - 1
		for p.weekend(due) {
			due--
		}
		record := who.part("follow_up", ago)
		edits := []edit{{at: over.Add(time.Minute), person: who, kind: "follow_up", record: record,
			set: fields{"about": "Missed: " + m.title, "due": date(p.on(due, 0, 0)), "step": pick(d, steps)}}}
		if due > 2 || due > 0 && d.chance(50) {
			done := p.on(max(due-d.IntN(2), 1), d.between(10, 16), d.IntN(60))
			edits = append(edits, edit{at: done, person: who, kind: "follow_up", record: record,
				set: fields{"done_at": stamp(done), "outcome": pick(d, outcomes)}})
		}
		return edits
	}
	return nil
}
