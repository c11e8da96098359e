package reminder

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// reader takes what changed in a person's records into their agenda.
type reader struct {
	tx  WriteTx
	ids names
	a   *agenda
	set Settings
}

// refresh brings the agenda up to the transaction. It reads what changed since, or all where what left cannot be taken out.
func (r *reader) refresh() error {
	again, err := r.changed()
	if err != nil || !again {
		return err
	}
	return r.anew()
}

// anew reads everything again. What it knows of sending stays.
func (r *reader) anew() error {
	former := r.a.Messages
	*r.a = agenda{Due: r.a.Due, Rules: r.a.Rules}
	if _, err := r.changed(); err != nil {
		return err
	}
	for id, m := range r.a.Messages {
		if f := former[id]; f != nil {
			m.Run, m.Again, m.Tries, m.Doubt = f.Run, f.Again, f.Tries, f.Doubt
		}
	}
	return nil
}

func (r *reader) changed() (again bool, err error) {
	type change struct {
		kind string
		id   deltasync.RecordID
	}
	var all []change
	seen := r.a.Seen
	err = r.tx.Changes(r.ids.scope, seen, func(c deltasync.Change) bool {
		r.a.Seen = max(r.a.Seen, c.Version)
		switch c.Kind {
		case casework.KindPerson, casework.KindConsent, casework.KindAppointment, casework.KindSupport, casework.KindFollowUp, casework.KindMessage,
			casework.KindWay, casework.KindPage:
			all = append(all, change{c.Kind, c.ID})
		}
		return true
	})
	if err != nil {
		return false, err
	}
	for _, c := range all {
		rec, err := r.tx.Record(c.id)
		if err != nil {
			return false, err
		}
		if rec == nil {
			continue
		}
		left, err := r.take(rec)
		if err != nil {
			return false, err
		}
		again = again || left && seen != 0
	}
	return again, nil
}

// take puts a record into the agenda. Left: it was in it in a way that cannot be taken out again.
func (r *reader) take(rec *deltasync.Record) (left bool, err error) {
	a := r.a
	switch rec.Kind {
	case casework.KindPerson:
		if a.Person, err = r.person(rec); err == nil {
			err = noteNumbers(r.tx, rec)
		}
	case casework.KindConsent:
		if rec.Text("purpose") != "reminders" {
			delete(a.Consents, rec.ID)
			return false, nil
		}
		var c consent
		c, err = r.consent(rec)
		put(&a.Consents, rec.ID, c)
	case casework.KindAppointment:
		return r.appointment(rec)
	case casework.KindSupport:
		if rec.Gone {
			return true, nil
		}
		if at := moment(rec, "at"); at.After(a.Support) {
			a.Support = at
		}
	case casework.KindFollowUp:
		if rec.Made == writer && strings.HasPrefix(rec.Text("about"), sentText) {
			a.Texted = max(a.Texted, version(rec, "about"))
		}
		if rec.Made != writer || !isLadder(rec.Text("step")) {
			return false, nil
		}
		put(&a.Steps, rec.ID, r.step(rec))
	case casework.KindMessage:
		r.message(rec)
	case casework.KindWay:
		if rec.Gone {
			delete(a.Ways, rec.ID)
			return false, nil
		}
		w := way{Kind: rec.Text("kind"), Since: version(rec, "value")}
		if !moment(rec, "failing_since").IsZero() {
			w.Failing = version(rec, "failing_since")
		}
		if w.Kind == "sms" {
			w.Number = r.numberName(rec.Text("value"))
		}
		put(&a.Ways, rec.ID, w)
	case casework.KindPage:
		put(&a.Pages, rec.ID, !ended(rec))
		return false, notePage(r.tx, rec)
	}
	return false, err
}

func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

func (r *reader) person(rec *deltasync.Record) (person, error) {
	p := person{Made: !rec.Gone, Stopped: casework.Stopped(rec)}
	if anyOf(rec, "state", "paused") {
		p.Paused = version(rec, "state")
	}
	for _, text := range standing(rec, "remind_before") {
		leads, err := ParseLeads(text)
		if err != nil {
			continue // it cannot be read: the partnership's hold
		}
		if !p.Own || len(leads) == 0 {
			p.Own, p.Leads = true, leads
		}
	}
	for _, text := range standing(rec, "safe_hours") {
		hours, err := ParseHours(text)
		if err != nil {
			p.Unclear = true
			continue
		}
		p.Safe = append(p.Safe, hours)
	}
	if len(standing(rec, "safe_hours")) == 0 {
		for _, text := range standing(rec, "safe_times") { // words, that may be hours
			if hours, err := ParseHours(text); err == nil {
				p.Safe = append(p.Safe, hours)
			}
		}
	}
	p.Number = r.numberName(rec.Text("phone"))
	p.Vouched = max(version(rec, "phone"), version(rec, "phone_confirmed_on"))
	by := rec.Elements("contact_by")
	p.Texts = len(by) == 0 || slices.Contains(by, "text")
	var err error
	p.Since, err = r.arrived(rec, "state", "phone", "remind_before")
	return p, err
}

// numberName names a number without being it; empty where there is none.
func (r *reader) numberName(number string) string {
	if number = Number(number); number == "" {
		return ""
	}
	return r.ids.short(12, "number", number)
}

func (r *reader) consent(rec *deltasync.Record) (c consent, err error) {
	if rec.Gone {
		return consent{Withdrawn: true}, nil
	}
	c.Withdrawn = casework.Withdrawn(rec)
	for _, day := range standing(rec, "withdrawn_on") {
		c.Out, c.OutOn = version(rec, "withdrawn_on"), max(c.OutOn, day)
	}
	given := rec.Values("given_on")
	if len(given) == 0 || slices.ContainsFunc(given, func(raw json.RawMessage) bool { return raw == nil }) {
		c.Withdrawn = true // nobody has said that it was given
		return c, nil
	}
	c.Given = version(rec, "given_on")
	c.On = slices.Max(standing(rec, "given_on"))
	if c.Since, err = r.arrived(rec, "given_on", "withdrawn_on", "purpose"); err != nil {
		return c, err
	}
	if day, err := time.ParseInLocation(time.DateOnly, c.On, r.set.Zone); err == nil && day.After(c.Since) {
		c.Since = day.UTC()
	}
	return c, nil
}

func (r *reader) appointment(rec *deltasync.Record) (left bool, err error) {
	former := r.a.Appointments[rec.ID]
	counted := former != nil && former.counted()
	if rec.Gone {
		put(&r.a.Appointments, rec.ID, &appointment{Status: "gone", Stopped: true}) // its steps are still to be ended
		return counted, nil
	}
	p := &appointment{Start: moment(rec, "starts_at"), End: moment(rec, "ends_at"), Status: rec.Text("status"), Timed: version(rec, "starts_at"),
		Outcome: version(rec, "status"), Stopped: casework.Stopped(rec) || len(rec.Deletes) > 0}
	if !p.End.After(p.Start) {
		p.End = p.Start.Add(time.Hour)
	}
	if former != nil && former.Start.Equal(p.Start) {
		p.Timed, p.First = former.Timed, former.First // what is written again is no other
	} else if p.First, err = r.arrived(rec, "starts_at"); err != nil {
		return false, err
	}
	if p.Since, err = r.arrived(rec, "status", "reply", "reply_dealt_at"); err != nil {
		return false, err
	}
	if p.First.After(p.Since) {
		p.Since = p.First
	}
	p.Settled = anyOf(rec, "status", "attended", "cancelled", "moved")
	for _, raw := range rec.Values("reply") {
		if answer := text(raw); answer != "" && answer != "none" {
			p.Replied = version(rec, "reply")
		}
	}
	// Both times are the server's correction of the clock of whoever wrote: one who dealt with an earlier answer has not dealt with this one.
	dealt := len(standing(rec, "reply_dealt_at")) > 0 && !newest(rec, "reply_dealt_at").At.Before(newest(rec, "reply").At)
	if p.Replied >= p.Timed && !dealt { // to another time it says nothing
		p.Reply = reply(rec)
	}
	if p.Noted, err = r.arrived(rec, "status"); err != nil {
		return false, err
	}
	if p.counted() {
		if p.Born, err = r.born(p.Outcome); err != nil {
			return false, err
		}
	}
	put(&r.a.Appointments, rec.ID, p)
	return counted && !p.counted(), nil
}

// reply is what holds of the answers that stand: one that wants no reminder, if there is one.
func reply(rec *deltasync.Record) string {
	for _, word := range []Answer{Cannot, NewTime, ComeWithMe, Coming} {
		if anyOf(rec, "reply", string(word)) {
			return string(word)
		}
	}
	return ""
}

// counted reports whether it counts among those to which the person came or did not come.
func (p *appointment) counted() bool {
	return p.Status == "attended" || p.Status == "missed"
}

// born reports whether the entry is the first about its record.
func (r *reader) born(v deltasync.Version) (bool, error) {
	e, err := r.tx.Entry(v)
	if missing(err) {
		return false, nil
	}
	return err == nil && e.Op != nil && e.Op.Prev == 0, err
}

func (r *reader) step(rec *deltasync.Record) step {
	s := step{Name: rec.Text("step"), Log: rec.Version, Of: deltasync.RecordID(rec.Text("appointment")), Due: day(rec.Text("due"), r.set.Zone), Ended: rec.Text("ended")}
	switch {
	case rec.Gone:
		s.Ended = "stopped"
	case s.Ended == undone && !moment(rec, "done_at").IsZero():
		s.Ended = "done" // by an app that knows no more
	}
	return s
}

// day reads a date, which lasts until its end, or a time.
func day(text string, zone *time.Location) time.Time {
	if d, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return d.AddDate(0, 0, 1).UTC()
	}
	at, _ := time.Parse(time.RFC3339, text)
	return at
}

func (r *reader) message(rec *deltasync.Record) {
	if rec.Gone {
		delete(r.a.Messages, rec.ID)
		return
	}
	m := &message{}
	if former := r.a.Messages[rec.ID]; former != nil {
		m = former
	}
	m.Status, m.Why, m.About, m.Keys, m.At, m.Way = rec.Text("status"), rec.Text("why"), rec.Text("about"), rec.Elements("keys"), moment(rec, "claimed_at"), rec.Text("way")
	put(&r.a.Messages, rec.ID, m)
}

// arrived is when the server got the latest of the values that stand in the fields.
func (r *reader) arrived(rec *deltasync.Record, fields ...string) (at time.Time, err error) {
	var latest deltasync.Version
	var origin deltasync.Origin
	for _, f := range fields {
		if o := newest(rec, f); o.Version > latest {
			latest, origin = o.Version, o
		}
	}
	if latest == 0 {
		return time.Time{}, nil
	}
	e, err := r.tx.Entry(latest)
	if missing(err) {
		return origin.At, nil // the log does not hold it any more
	}
	return e.At, err
}

func newest(rec *deltasync.Record, field string) (o deltasync.Origin) {
	for _, g := range rec.Registers {
		if !slices.Contains(g.Fields, field) {
			continue
		}
		for _, v := range g.Values {
			if v.Version > o.Version {
				o = v.Origin
			}
		}
	}
	return o
}

func version(rec *deltasync.Record, field string) deltasync.Version {
	return newest(rec, field).Version
}

func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s) // what is no text is none
	return s
}

// texts are the values that stand in a field and say something.
func standing(rec *deltasync.Record, field string) (all []string) {
	for _, raw := range rec.Values(field) {
		if s := strings.TrimSpace(text(raw)); s != "" {
			all = append(all, s)
		}
	}
	return all
}

func anyOf(rec *deltasync.Record, field string, words ...string) bool {
	return slices.ContainsFunc(rec.Values(field), func(raw json.RawMessage) bool { return slices.Contains(words, text(raw)) })
}

func missing(err error) bool { return errors.Is(err, deltasync.ErrNoEntry) }
