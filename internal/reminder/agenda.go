package reminder

import (
	"encoding/json"
	"fmt"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// agenda is what the planner knows of one person: what it takes to say what is next and when, and nothing of who they are. It follows from
// the records, but for what a message's Run, Again, Tries and Doubt say of sending.
type agenda struct {
	Seen  deltasync.Version `json:"seen"`          // up to which the scope's records are in it
	Rules string            `json:"rules"`         // under which it was planned: another program, or other settings, plan anew
	Due   int64             `json:"due,omitempty"` // its moment in the due queue, in Unix milliseconds; 0: it is not there

	Person       person                              `json:"person"`
	Consents     map[deltasync.RecordID]consent      `json:"consents,omitempty"`
	Appointments map[deltasync.RecordID]*appointment `json:"appointments,omitempty"`
	Messages     map[deltasync.RecordID]*message     `json:"messages,omitempty"`
	Steps        map[deltasync.RecordID]step         `json:"steps,omitempty"`
	Ways         map[deltasync.RecordID]way          `json:"ways,omitempty"`
	Pages        map[deltasync.RecordID]bool         `json:"pages,omitempty"` // is it in use
	Support      time.Time                           `json:"support,omitzero"`
	Texted       deltasync.Version                   `json:"texted,omitempty"` // the latest text of theirs that answered nothing
}

// person is what a person's record says about writing to them.
type person struct {
	Made    bool              `json:"made,omitempty"`
	Stopped bool              `json:"stopped,omitempty"`
	Paused  deltasync.Version `json:"paused,omitempty"` // since when; 0: they are not
	Leads   []time.Duration   `json:"leads,omitempty"`
	Own     bool              `json:"own,omitempty"` // Leads are their own, also if none
	Safe    [][]Hours         `json:"safe,omitempty"`
	Unclear bool              `json:"unclear,omitempty"` // the hours in which messages may come cannot be read
	Number  string            `json:"number,omitempty"`  // names the number; empty: there is none that could be written to
	Vouched deltasync.Version `json:"vouched,omitempty"` // when somebody last wrote it down, or confirmed it
	Texts   bool              `json:"texts,omitempty"`
	Since   time.Time         `json:"since,omitzero"` // from when on this holds
}

// consent to reminders.
type consent struct {
	Given     deltasync.Version `json:"given,omitempty"`
	On        string            `json:"on,omitempty"`
	Withdrawn bool              `json:"withdrawn,omitempty"`
	Out       deltasync.Version `json:"out,omitempty"` // by a day of withdrawal
	OutOn     string            `json:"out_on,omitempty"`
	Since     time.Time         `json:"since,omitzero"`
}

// appointment is one as it stands.
type appointment struct {
	Start   time.Time         `json:"start"`
	End     time.Time         `json:"end"`
	Status  string            `json:"status"`
	Stopped bool              `json:"stopped,omitempty"` // cancelled, by any value that stands
	Settled bool              `json:"settled,omitempty"` // beside a miss stands something that says otherwise
	Timed   deltasync.Version `json:"timed"`             // when its time was written down
	First   time.Time         `json:"first"`             // the same, by the server's clock
	Since   time.Time         `json:"since"`             // from when on what it says of messages holds
	Reply   string            `json:"reply,omitempty"`   // to this time, and not dealt with
	Replied deltasync.Version `json:"replied,omitempty"` // the latest answer
	Outcome deltasync.Version `json:"outcome,omitempty"` // when the status was written down
	Noted   time.Time         `json:"noted,omitzero"`    // the same, by the server's clock
	Born    bool              `json:"born,omitempty"`    // it was first written down with its outcome
}

// message is one that was claimed or dropped.
type message struct {
	Status string    `json:"status"`
	Why    string    `json:"why,omitempty"`
	About  string    `json:"about"`
	Keys   []string  `json:"keys"`
	At     time.Time `json:"at"`
	Way    string    `json:"way,omitempty"`

	Run   string    `json:"run,omitempty"`   // that sends it; another than the present one: that one ended in between
	Again time.Time `json:"again,omitzero"`  // when it is to be looked at again; zero: it is under way
	Tries int       `json:"tries,omitempty"` //
	Doubt bool      `json:"doubt,omitempty"` // it may have been sent
}

// step is a follow-up of reminders.
type step struct {
	Log   deltasync.Version  `json:"log"` // when it was last written
	Name  string             `json:"name"`
	Of    deltasync.RecordID `json:"of,omitempty"` // the appointment
	Due   time.Time          `json:"due"`
	Ended string             `json:"ended,omitempty"` // done, skipped or stopped; empty: it is open
}

// way is one that a record holds.
type way struct {
	Kind    string            `json:"kind"`
	Failing deltasync.Version `json:"failing,omitempty"`
	Number  string            `json:"number,omitempty"` // of sms: names it
	Since   deltasync.Version `json:"since"`
}

// undone is what follow_up.ended says of a step that is to be taken.
const undone = ""

func readAgenda(row []byte) (*agenda, error) {
	a := &agenda{}
	if row == nil {
		return a, nil
	}
	if err := json.Unmarshal(row, a); err != nil {
		return nil, fmt.Errorf("an agenda cannot be read: %w", err)
	}
	return a, nil
}

func (a *agenda) row() ([]byte, error) { return json.Marshal(a) }

// consented is from when on the person has consented to reminders; false: they have not, or have withdrawn. A withdrawal in one record ends
// consents that were given before it in others.
func (a *agenda) consented() (since time.Time, ok bool) {
	var out deltasync.Version
	on := ""
	for _, c := range a.Consents {
		out, on = max(out, c.Out), max(on, c.OutOn)
	}
	for _, c := range a.Consents {
		if c.Withdrawn || c.Given <= out || c.On < on {
			continue
		}
		if !ok || c.Since.Before(since) {
			since, ok = c.Since, true
		}
	}
	return since, ok
}

// coming reports whether an appointment is one to remind somebody of, who may be.
func (a *agenda) coming(p *appointment) bool {
	switch {
	case p.Stopped:
		return false
	case p.Status != "planned" && p.Status != "confirmed":
		return false
	case a.Person.Paused > p.Timed:
		return false
	case p.Reply == string(Cannot) || p.Reply == string(NewTime):
		return false
	}
	return true
}

// keep is how long what is past stays on an agenda.
const keep = 60 * 24 * time.Hour

// tidy takes off what has no effect any more.
func (a *agenda) tidy(now time.Time, of int) {
	counted := map[*appointment]bool{}
	for _, p := range a.outcomes(of) {
		counted[p] = true
	}
	for id, p := range a.Appointments {
		if p.End.Before(now.Add(-keep)) && !counted[p] {
			delete(a.Appointments, id)
		}
	}
	for id, m := range a.Messages {
		if m.At.Before(now.Add(-keep)) && m.Status != "claimed" {
			delete(a.Messages, id)
		}
	}
	for id, s := range a.Steps {
		if s.Ended != undone && s.Due.Before(now.Add(-keep)) {
			delete(a.Steps, id)
		}
	}
}

func isLadder(name string) bool {
	switch name {
	case casework.StepOutcome, casework.StepCallBefore, casework.StepCall, casework.StepVisit, casework.StepCoordinator, casework.StepCheckNumber:
		return true
	}
	return false
}
