package reminder

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// How much a page shows.
const (
	inFull = 4   // appointments with their answers; what comes after them is a line each
	inAll  = 16  // appointments
	offers = 3   // other times
	wide   = 160 // characters of a place
)

// View is what a person's page shows. A time is in the partnership's zone.
type View struct {
	Name   string  // what the person is called, where it is safe to show; else empty
	Coming []Shown // the nearest first
	Later  []Shown // those after them, without offers
	Missed *Shown  // the last one that they did not come to, if that was lately and nobody has dealt with it
	On     bool    // reminders
	Prefs  Prefs
}

// Shown is an appointment as its person sees it.
type Shown struct {
	ID         deltasync.RecordID
	Starts     time.Time
	Unsure     bool   // two people have written different times down
	Place      string // where it is safe to show
	With       string // the same
	Answer     Answer
	Note       string
	Time       time.Time // that was picked
	AnsweredAt time.Time
	Waits      bool        // for somebody to deal with the answer
	Offers     []time.Time // other times that could be
}

// View reads the page of a token. It changes nothing.
func (s *Service) View(ctx context.Context, token string) (View, error) {
	var v View
	err := s.Store.Read(ctx, func(tx Tx) error {
		v = View{}
		person, err := open(tx, token)
		if err != nil {
			return err
		}
		v, err = s.view(tx, person)
		return err
	})
	return v, err
}

func (s *Service) view(tx Tx, person *deltasync.Record) (View, error) {
	now, safe := s.now(), person.Elements("safe_to_show")
	v := View{Prefs: prefsOf(person)}
	if slices.Contains(safe, "first name") {
		v.Name, _, _ = strings.Cut(strings.TrimSpace(person.Text("name")), " ")
		if called := person.Text("preferred_name"); called != "" {
			v.Name = short(called)
		}
	}
	all, err := appointments(tx, person.Scope)
	if err != nil {
		return v, err
	}
	for _, a := range all {
		start, end := times(a)
		if casework.Stopped(a) || start.IsZero() || now.Sub(end) > lately {
			continue
		}
		switch status := Status(a); {
		case (status == "planned" || status == "confirmed") && now.Before(end):
			one := s.shown(a, safe)
			if len(v.Coming) < inFull {
				one.Offers = s.offered(a, all, now)
				v.Coming = append(v.Coming, one)
			} else if len(v.Coming)+len(v.Later) < inAll {
				v.Later = append(v.Later, one)
			}
		case status == "missed" && timeOf(a, "reply_dealt_at").IsZero():
			one := s.shown(a, safe)
			one.Offers = s.offered(a, all, now)
			v.Missed = &one
		}
	}
	v.On, err = consented(tx, person.Scope)
	return v, err
}

// appointments are those of a person, in the order in which they start.
func appointments(tx Tx, scope deltasync.Scope) ([]*deltasync.Record, error) {
	var all []*deltasync.Record
	err := eachOf(tx, scope, casework.KindAppointment, func(a *deltasync.Record) error {
		all = append(all, a)
		return nil
	})
	slices.SortFunc(all, func(a, b *deltasync.Record) int {
		if n := timeOf(a, "starts_at").Compare(timeOf(b, "starts_at")); n != 0 {
			return n
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return all, err
}

func (s *Service) shown(a *deltasync.Record, safe []string) Shown {
	start, _ := times(a)
	one := Shown{ID: a.ID, Starts: start.In(s.Settings.Zone), Unsure: len(a.Values("starts_at")) > 1, Note: a.Text("reply_note"),
		AnsweredAt: timeOf(a, "reply_at"), Time: timeOf(a, "reply_time").In(s.Settings.Zone)}
	if slices.Contains(safe, "place") {
		one.Place = short(a.Text("place"))
	}
	if slices.Contains(safe, "with") {
		one.With = short(a.Text("with"))
	}
	if answer := Answer(a.Text("reply")); answer.valid() {
		one.Answer = answer
		one.Waits = (answer == NewTime || answer == ComeWithMe) && timeOf(a, "reply_dealt_at").IsZero()
	}
	return one
}

// offered are other times for an appointment: at the same hour, on the next days on which there is nothing else of the person's then. They are days on
// which people are written to, and at the weekend only where the appointment was.
func (s *Service) offered(a *deltasync.Record, all []*deltasync.Record, now time.Time) []time.Time {
	start, end := times(a)
	first := start.In(s.Settings.Zone)
	var found []time.Time
	for day := 1; day <= 60 && len(found) < offers; day++ {
		at := time.Date(first.Year(), first.Month(), first.Day()+day, first.Hour(), first.Minute(), 0, 0, s.Settings.Zone)
		if at.Hour() != first.Hour() || at.Minute() != first.Minute() || at.Before(now.Add(24*time.Hour)) { // an hour that a clock change leaves out
			continue
		}
		if slices.Contains(s.Settings.QuietDays, at.Weekday()) || !weekend(first) && weekend(at) {
			continue
		}
		if !clashes(a, all, at, at.Add(end.Sub(start))) {
			found = append(found, at)
		}
	}
	return found
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

// clashes reports whether the person has something else between two moments.
func clashes(except *deltasync.Record, all []*deltasync.Record, from, until time.Time) bool {
	return slices.ContainsFunc(all, func(a *deltasync.Record) bool {
		start, end := times(a)
		return a.ID != except.ID && !casework.Stopped(a) && Status(a) != "moved" && start.Before(until) && from.Before(end)
	})
}

// short is one line that a page has room for.
func short(text string) string {
	text = strings.Join(strings.Fields(words(text)), " ")
	if all := []rune(text); len(all) > wide {
		return strings.TrimSpace(string(all[:wide])) + "…"
	}
	return text
}

// consented reports whether a person has agreed to reminders, as agenda.consented has it: a consent to them stands that was given after
// whatever was withdrawn.
func consented(tx Tx, scope deltasync.Scope) (bool, error) {
	var out deltasync.Version
	outOn := ""
	var given []*deltasync.Record
	err := eachOf(tx, scope, casework.KindConsent, func(c *deltasync.Record) error {
		if c.Text("purpose") != "reminders" {
			return nil
		}
		for _, day := range standing(c, "withdrawn_on") {
			out, outOn = max(out, version(c, "withdrawn_on")), max(outOn, day)
		}
		if stands(c, "given_on") && !casework.Withdrawn(c) {
			given = append(given, c)
		}
		return nil
	})
	return slices.ContainsFunc(given, func(c *deltasync.Record) bool {
		return version(c, "given_on") > out && slices.Max(standing(c, "given_on")) >= outOn
	}), err
}
