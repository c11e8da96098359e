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
		m.w.set.Of = 11 - m.w.set.Of // by other rules, so that all is planned anew
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
