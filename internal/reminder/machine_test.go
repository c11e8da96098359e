package reminder

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// The machine does to a few people whatever may happen to them, to the provider and to the process, and then holds all that was sent against an
// oracle, which knows the history and searches it minute by minute: never twice, never after a cancellation or a withdrawal, never in quiet
// hours, never late, never more than the day allows, and always one if that was possible.

// machineSeeds is how many runs there are; ALONGSIDE_REMINDER_SEED does one of them.
const machineSeeds, machineSteps = 24, 70

func TestWhateverHappensEveryMessageIsOneThatTheOracleAllows(t *testing.T) {
	seeds := []uint64{}
	for seed := range uint64(machineSeeds) {
		seeds = append(seeds, seed+1)
	}
	if one, err := strconv.ParseUint(os.Getenv("ALONGSIDE_REMINDER_SEED"), 10, 64); err == nil {
		seeds = []uint64{one}
	}
	sent, certain := 0, 0
	for _, seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			start := []string{"2026-11-02 10:00", "2026-03-25 10:00", "2026-10-21 10:00"}[seed%3]
			time.Sleep(time.Until(clock(start)))
			m := &machine{t: t, w: newWorld(t), dice: rand.New(rand.NewPCG(seed, 5)), post: &post{}, rough: int(seed % 2)}
			m.w.senders[push.SMS] = m.post
			m.post.says = m.says
			m.w.start()
			defer m.w.close()
			m.run()
			m.check()
			sent, certain = sent+len(m.taken), certain+m.certain
			if t.Failed() {
				t.Logf("seed %d:\n%s", seed, strings.Join(m.log, "\n"))
			}
		})
	}
	if len(seeds) > 1 && (sent < 5*len(seeds) || certain < len(seeds)) {
		t.Errorf("in %d runs only %d messages were sent, and %d had to be", len(seeds), sent, certain)
	}
	t.Logf("%d messages, %d that had to be", sent, certain)
}

type machine struct {
	t    *testing.T
	w    *world
	dice *rand.Rand
	post *post
	log  []string

	people   []*supported
	provider push.Status
	kill     bool   // at the next message
	revive   func() // it was
	taken    []taking
	rough    int    // 1: the provider and the process have troubles; 0: they do not
	certain  int    // appointments that had to be reminded of
	troubled []span // the provider or the process was down
}

// supported is one person as the oracle knows them.
type supported struct {
	scope   deltasync.Scope
	consent deltasync.RecordID // that stands; empty: none
	stopped bool
	none    bool // wants no reminders
	safe    Hours
	hours   []hoursFrom
	visits  []*visit
}

type hoursFrom struct {
	at   time.Time
	safe Hours
}

// visit is one appointment with what it was from when on.
type visit struct {
	id    deltasync.RecordID
	start time.Time
	off   bool
	no    bool // the person has said that they can't
	was   []state
}

type state struct {
	at    time.Time
	start time.Time
	ok    bool // it may be reminded of
}

// taking is a message that a provider took, or may have.
type taking struct {
	at  time.Time
	id  deltasync.RecordID
	who *supported
}

type span struct{ from, until time.Time }

func (m *machine) note(format string, args ...any) {
	m.log = append(m.log, time.Now().In(london).Format("2006-01-02 15:04:05 ")+fmt.Sprintf(format, args...))
}

func (m *machine) says(msg push.Message) push.Outcome {
	if m.revive != nil {
		return push.Outcome{Status: push.Later} // this process is dead, and sends nothing
	}
	o := push.Outcome{Status: m.provider}
	if m.kill {
		m.kill = false
		m.revive = m.w.killed()
		m.trouble()
	}
	if o.Status == push.Sent || o.Status == push.Unknown {
		i := slices.IndexFunc(m.people, func(p *supported) bool { return strings.HasSuffix(msg.To.Value, number(p)) })
		m.taken = append(m.taken, taking{time.Now(), deltasync.RecordID(msg.ID), m.people[i]})
	}
	m.note("a message of %s: %s, %q", msg.To.Value, o.Status, msg.Words)
	return o
}

func number(p *supported) string { return p.scope.ID()[len(p.scope.ID())-4:] }

func (m *machine) trouble() { m.troubled = append(m.troubled, span{time.Now(), time.Now()}) }

// remember notes what holds of somebody from now on.
func (m *machine) remember(p *supported) {
	now := time.Now()
	for _, v := range p.visits {
		s := state{at: now, start: v.start, ok: p.consent != "" && !p.stopped && !p.none && !v.off && !v.no}
		if last := len(v.was) - 1; last < 0 || v.was[last].ok != s.ok || !v.was[last].start.Equal(s.start) {
			v.was = append(v.was, s)
		}
	}
	if last := len(p.hours) - 1; last < 0 || p.hours[last].safe != p.safe {
		p.hours = append(p.hours, hoursFrom{now, p.safe})
	}
}

func (m *machine) run() {
	m.provider = push.Sent
	for i := range 3 {
		p := &supported{scope: m.w.person(fields{"phone": fmt.Sprintf("07700 900%03d", i)})}
		m.w.edit(m.w.worker, p.scope, casework.KindPerson, deltasync.RecordID(p.scope.ID()), fields{"phone": "07700 90" + number(p)})
		m.people = append(m.people, p)
		p.consent = m.w.consent(p.scope)
		m.remember(p)
	}
	for range machineSteps {
		m.step()
		synctest.Wait()
	}
	m.provider = push.Sent
	time.Sleep(8 * 24 * time.Hour)
}

func (m *machine) pass(most time.Duration) {
	d := time.Duration(m.dice.Int64N(int64(most/time.Second)))*time.Second + 37*time.Millisecond
	if m.kill {
		for until := time.Now().Add(d); m.revive == nil && time.Now().Before(until); {
			time.Sleep(time.Minute)
		}
		m.kill = false
		if m.revive != nil {
			m.note("killed, and started again")
			m.revive()
			m.revive = nil
			m.trouble()
		}
		return
	}
	time.Sleep(d)
}

func (m *machine) step() {
	p := m.people[m.dice.IntN(len(m.people))]
	person := deltasync.RecordID(p.scope.ID())
	var v *visit
	if len(p.visits) > 0 {
		v = p.visits[m.dice.IntN(len(p.visits))]
	}
	if m.dice.IntN(3) == 0 { // what stops everything does not last
		m.mend(p)
	}
	edit := func(set fields) { m.w.edit(m.w.worker, p.scope, casework.KindAppointment, v.id, set) }
	switch n := m.dice.IntN(24 - 4*(1-m.rough)); {
	case n < 6:
		m.pass(30 * time.Hour)
		return
	case n < 8:
		m.pass(20 * time.Minute)
		return
	case n < 12:
		start := m.time()
		v = &visit{start: start}
		v.id = m.w.appointment(p.scope, start, nil)
		p.visits = append(p.visits, v)
		m.note("%s gets an appointment at %s", number(p), local(start))
	case n == 12 && v != nil && v.start.After(time.Now()):
		v.start, v.no = m.time(), false
		m.w.moved(p.scope, v.id, v.start)
		m.note("%s is moved to %s", number(p), local(v.start))
	case n == 13 && v != nil:
		v.off = !v.off
		edit(fields{"status": map[bool]string{true: "cancelled", false: "planned"}[v.off]})
		m.note("that of %s at %s is cancelled: %v", number(p), local(v.start), v.off)
	case n == 14 && v != nil:
		v.no = m.dice.IntN(2) == 0
		edit(fields{"reply": map[bool]string{true: "cannot", false: "coming"}[v.no], "reply_at": time.Now()})
		m.note("%s answers for %s: can't is %v", number(p), local(v.start), v.no)
	case n == 15 || n == 16:
		if p.consent == "" {
			p.consent = m.w.consent(p.scope)
		} else {
			m.w.edit(m.w.worker, p.scope, casework.KindConsent, p.consent, fields{"withdrawn_on": time.Now().In(london).Format(time.DateOnly)})
			p.consent = ""
		}
		m.note("%s consents: %v", number(p), p.consent != "")
	case n == 17:
		p.stopped = !p.stopped
		m.w.edit(m.w.worker, p.scope, casework.KindPerson, person, fields{"state": map[bool]string{true: "closed", false: "open"}[p.stopped]})
		m.note("%s is closed: %v", number(p), p.stopped)
	case n == 18:
		p.none = !p.none
		m.w.edit(m.w.worker, p.scope, casework.KindPerson, person, fields{"remind_before": map[bool]any{true: "none", false: nil}[p.none]})
		m.note("%s wants none: %v", number(p), p.none)
	case n == 19:
		p.safe = [...]Hours{{}, {10 * 60, 16 * 60}, {18 * 60, 23 * 60}, {8 * 60, 9*60 + 30}}[m.dice.IntN(4)]
		var text any
		if p.safe != (Hours{}) {
			text = fmt.Sprintf("%02d:%02d-%02d:%02d", p.safe.From/60, p.safe.From%60, p.safe.Until/60, p.safe.Until%60)
		}
		m.w.edit(m.w.worker, p.scope, casework.KindPerson, person, fields{"safe_hours": text})
		m.note("%s can be reached %v", number(p), text)
	case n == 20:
		m.provider = []push.Status{push.Sent, push.Later, push.Unknown, push.Refused}[m.dice.IntN(4)]
		m.note("the provider says %s", m.provider)
		m.trouble()
		m.pass(10 * time.Hour)
		m.provider = push.Sent
		m.troubled[len(m.troubled)-1].until = time.Now()
		m.trouble()
		return
	case n == 21:
		m.kill = true
		m.pass(10 * time.Hour)
		return
	case n == 22:
		m.note("stopped")
		m.trouble()
		_ = m.w.stop()
		m.pass(100 * time.Hour)
		m.w.start()
		m.troubled[len(m.troubled)-1].until = time.Now()
		m.note("started")
		return
	}
	m.remember(p)
}

// mend takes back what keeps somebody from being written to.
func (m *machine) mend(p *supported) {
	if p.consent == "" {
		p.consent = m.w.consent(p.scope)
	}
	if p.stopped || p.none {
		p.stopped, p.none = false, false
		m.w.edit(m.w.worker, p.scope, casework.KindPerson, deltasync.RecordID(p.scope.ID()), fields{"state": "open", "remind_before": nil})
	}
	m.note("%s is mended", number(p))
	m.remember(p)
}

// time is when something might be: some are near, and some at night.
func (m *machine) time() time.Time {
	return time.Now().Add(time.Duration(m.dice.Int64N(6*24*60))*time.Minute + 10*time.Minute).Truncate(5 * time.Minute)
}

// check holds what was sent against the oracle.
func (m *machine) check() {
	said := map[string]int{}
	days := map[string]int{}
	about := map[*visit][]taking{}
	for _, sent := range m.taken {
		rec := m.w.record(sent.id)
		if rec == nil {
			m.t.Errorf("at %s a message was sent that nobody had claimed", local(sent.at))
			continue
		}
		if !m.open(sent.who, sent.at) {
			m.t.Errorf("%s was written to at %s, which is not allowed", number(sent.who), local(sent.at))
		}
		day := number(sent.who) + sent.at.In(london).Format(time.DateOnly)
		if days[day]++; days[day] > m.w.set.PerDay {
			m.t.Errorf("%s got %d messages on one day, %s", number(sent.who), days[day], local(sent.at))
		}
		lead, _ := time.ParseDuration(rec.Text("lead"))
		timely := false
		for _, id := range rec.Elements("appointments") {
			v := sent.who.visits[slices.IndexFunc(sent.who.visits, func(v *visit) bool { return string(v.id) == id })]
			start, ok := v.at(sent.at)
			if !ok {
				m.t.Errorf("%s was reminded at %s of what was not to be reminded of: %s", number(sent.who), local(sent.at), local(v.start))
			}
			if !sent.at.Before(start) {
				m.t.Errorf("%s was reminded at %s of what was over: %s", number(sent.who), local(sent.at), local(start))
			}
			late := sent.at.Sub(start.Add(-lead))
			timely = timely || late <= min(lead/2, 12*time.Hour) || start.Sub(sent.at) >= time.Hour && lead == 3*time.Hour
			about[v] = append(about[v], sent)
		}
		if !timely {
			m.t.Errorf("%s was reminded late, at %s, %s before", number(sent.who), local(sent.at), lead)
		}
		for _, key := range rec.Elements("keys") {
			if said[key]++; said[key] > 1 {
				m.t.Errorf("%s was told the same thing %d times, again at %s: %v", number(sent.who), said[key], local(sent.at), rec.Elements("appointments"))
			}
		}
	}
	for _, p := range m.people {
		for _, v := range p.visits {
			m.possible(p, v, about[v])
		}
	}
}

// at is how an appointment stood at a moment. What was written at that very moment may have come before or after.
func (v *visit) at(t time.Time) (start time.Time, ok bool) {
	for _, s := range v.was {
		switch {
		case s.at.Before(t):
			start, ok = s.start, s.ok
		case s.at.Equal(t) && s.ok:
			start, ok = s.start, true
		}
	}
	return start, ok
}

// open reports whether somebody may be written to at a moment, by the clock on the wall.
func (m *machine) open(p *supported, t time.Time) bool {
	wall := t.In(london)
	minute := wall.Hour()*60 + wall.Minute()
	if minute < 9*60 || minute >= 20*60 || wall.Weekday() == time.Sunday {
		return false
	}
	in := func(h Hours) bool { return h == (Hours{}) || h.From <= minute && minute < h.Until }
	held, now := Hours{}, false
	for _, h := range p.hours {
		switch {
		case h.at.Before(t):
			held = h.safe
		case h.at.Equal(t):
			now = now || in(h.safe)
		}
	}
	return in(held) || now
}

// possible makes sure that somebody was reminded of an appointment if there was a time for it.
func (m *machine) possible(p *supported, v *visit, sent []taking) {
	last := v.was[len(v.was)-1]
	if last.start.After(time.Now()) || !last.ok {
		return
	}
	since := last.at
	for _, h := range p.hours {
		if h.at.After(since) && h.at.Before(last.start) {
			since = h.at
		}
	}
	for _, s := range m.troubled {
		if s.until.After(since.Add(-time.Hour)) && s.from.Before(last.start) {
			return
		}
	}
	full := map[string]int{}
	for _, x := range m.taken {
		if x.who == p {
			full[x.at.In(london).Format(time.DateOnly)]++
		}
	}
	chance := false
	for t := since.Add(time.Minute); !t.After(last.start.Add(-time.Hour)); t = t.Add(time.Minute) {
		chance = chance || m.open(p, t)
		if full[t.In(london).Format(time.DateOnly)] >= m.w.set.PerDay {
			return
		}
	}
	of := slices.ContainsFunc(sent, func(x taking) bool { start, _ := v.at(x.at); return start.Equal(last.start) })
	if chance {
		m.certain++
	}
	if chance && !of {
		m.t.Errorf("%s was never reminded of %s, though it was possible since %s", number(p), local(last.start), local(since))
	}
}
