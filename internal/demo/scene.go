package demo

import (
	"slices"
	"time"

	deltasync "alongside/sync"
)

// What every worker finds in the morning: a day of visits that some people have answered about, something of the last working
// day that nobody has said the outcome of, and people who are slipping.

const (
	leftOpen  = 2 // appointments of the last working day
	slippers  = 2 // of each worker's people
	fullHouse = 6 // visits today of whoever the guide invites; others have fewer
)

// cast gives the nth of a worker's people a part.
func (p *plan) cast(d dice, who *person, n int) {
	if n > slippers {
		return
	}
	who.state, who.until, who.met = "open", -1, d.between(120, daysBack)
	if team := p.staff[who.lead].team; n < 2 && p.first(who.lead) {
		who.name = longNames[2*team+n]
	}
	if n == 0 {
		who.full = true
		return
	}
	who.quiet = d.between(24, 45)
}

// first reports whether a worker is the first of a team. It is the one whom the guide invites.
func (p *plan) first(by int) bool {
	return by == slices.IndexFunc(p.staff, func(m member) bool { return m.role == deltasync.Worker && m.team == p.staff[by].team })
}

// lastWorkday is how many days ago it was.
func (p *plan) lastWorkday() int {
	ago := 1
	for p.weekend(ago) {
		ago++
	}
	return ago
}

// an answer to a reminder, by somebody who may want company.
type answer struct {
	reply, status string
	notes         []string
	along         bool // of an appointment elsewhere
}

var answers = []answer{
	{"coming", "confirmed", replyNotes, false},
	{"come_with_me", "planned", alongNotes, true},
	{"", "planned", nil, false},
	{"cannot", "planned", cannotNotes, false},
	{"coming", "confirmed", nil, false},
	{"new_time", "planned", otherTimeNotes, false},
}

// sceneTimes are spread over the whole day, so that whenever somebody looks, something has been and something is to come.
var sceneTimes = []int{9*60 + 30, 11 * 60, 12*60 + 30, 14 * 60, 15*60 + 45, 17*60 + 30}

// scene is today: those who have waited longest, and the one of whom everything is known.
func (p *plan) scene(d dice, active []*person) []edit {
	n := d.between(4, fullHouse-1)
	if len(active) > 0 && p.first(active[0].lead) {
		n = fullHouse
	}
	slices.SortStableFunc(active, func(a, b *person) int { return boolean(b.full) - boolean(a.full) })
	cast := active[:min(len(active), n)]
	times := some(d, sceneTimes, len(cast))
	slices.Sort(times)
	var edits []edit
	for i, who := range cast {
		who.lastSeen = 0
		a := answers[i%len(answers)]
		m := drawMeeting(d)
		for a.along != m.goesAlong && (a.along || i == 0) { // who comes first is visited
			m = drawMeeting(d)
		}
		set := p.arranged(d, m, p.on(0, times[i]/60, times[i]%60))
		set["status"] = a.status
		if a.reply != "" {
			set["reply"] = a.reply
		}
		if a.notes != nil {
			set["reply_note"] = pick(d, a.notes)
		}
		if a.along {
			delete(set, "accompany")
		}
		edits = append(edits, edit{at: p.made(d, who, 0), person: who, kind: "appointment", record: who.part("appointment", 0), set: set})
	}
	return edits
}

func boolean(is bool) int {
	if is {
		return 1
	}
	return 0
}

// slipping is what a worker tried with somebody whom nobody has seen for weeks: an appointment that was missed, and what is due about it.
func (p *plan) slipping(d dice, who *person) []edit {
	ago := p.lastWorkday() + d.between(2, 6)
	for p.weekend(ago) {
		ago++
	}
	start := p.on(ago, 14, 0)
	m := meetings[0]
	record, note := who.part("appointment", ago), who.part("follow_up", ago)
	return []edit{
		{at: p.on(ago+4, 11, d.IntN(60)), person: who, kind: "appointment", record: record, set: p.arranged(d, m, start)},
		{at: start.Add(20 * time.Minute), person: who, kind: "appointment", record: record,
			set: fields{"status": "missed", "missed_reason": "No answer; reason not known yet"}},
		{at: start.Add(22 * time.Minute), person: who, kind: "follow_up", record: note,
			set: fields{"about": "Missed: " + m.title, "due": date(p.on(d.IntN(3), 0, 0)), "step": pick(d, steps)}},
	}
}
