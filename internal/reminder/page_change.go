package reminder

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// byText is the element of person.contact_by that lets text messages through, as an empty one does. Who wants none is called.
const byText, byCall = "text", "call"

// Befores are what a person can pick as remind_before; the empty one is what the partnership does.
var Befores = []string{"", "48h", "24h", "3h", "24h,3h", "none"}

// ErrNotAChoice says that what was picked is none of what can be.
var ErrNotAChoice = errors.New("that is none of the choices")

// Prefs are when and how a person wants to be reminded.
type Prefs struct {
	Words       string // what a message calls what is coming; empty: something
	From, Until string // the hours in which messages may come, as 10:00; both empty: whenever the partnership writes
	Before      string // how long before; one of Befores, or what a worker wrote
	Texts       bool   // by text message
}

func prefsOf(person *deltasync.Record) Prefs {
	p := Prefs{Words: person.Text("message_words"), Before: person.Text("remind_before")}
	by := person.Elements("contact_by")
	p.Texts = len(by) == 0 || slices.Contains(by, byText)
	if from, until, ok := strings.Cut(person.Text("safe_hours"), "-"); ok && isClock(from) && isClock(until) {
		p.From, p.Until = from, until
	}
	return p
}

var clockForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

func isClock(text string) bool { return clockForm.MatchString(text) }

func (p *Prefs) check() error {
	p.Words = strings.Join(strings.Fields(words(p.Words)), " ")
	switch {
	case utf8.RuneCountInString(p.Words) > 40:
		return ErrTooLong
	case strings.ContainsAny(p.Words, "<>") || strings.Contains(p.Words, "://"):
		return ErrNotAChoice
	case (p.From == "") != (p.Until == ""), p.From != "" && (!isClock(p.From) || !isClock(p.Until) || p.From == p.Until):
		return ErrNotAChoice
	}
	return nil
}

// Change writes down when and how a person wants to be reminded, as their own act. What is as it was is not touched.
func (s *Service) Change(ctx context.Context, token string, id deltasync.OpID, p Prefs) error {
	if err := p.check(); err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx WriteTx) error {
		person, err := open(tx, token)
		if err != nil {
			return err
		}
		is := prefsOf(person)
		if p.Before != is.Before && !slices.Contains(Befores, p.Before) {
			return ErrNotAChoice
		}
		op := &deltasync.Op{ID: deltasync.OpID(deltasync.NamedID("prefs", string(id))), Scope: person.Scope, Kind: casework.KindPerson, Record: person.ID,
			Base: person.Version, Set: map[string]json.RawMessage{}}
		put := func(field, is, now string) {
			if is != now {
				op.Set[field] = texts(field, now)[field]
			}
		}
		put("message_words", is.Words, p.Words)
		put("remind_before", is.Before, p.Before)
		put("safe_hours", hoursText(is.From, is.Until), hoursText(p.From, p.Until))
		switch {
		case p.Texts && !is.Texts:
			op.Add = map[string][]string{"contact_by": {byText}}
		case !p.Texts && is.Texts:
			by := slices.DeleteFunc(person.Elements("contact_by"), func(e string) bool { return e == byText })
			if len(by) < len(person.Elements("contact_by")) {
				op.Remove = map[string][]string{"contact_by": {byText}}
			}
			if len(by) == 0 {
				op.Add = map[string][]string{"contact_by": {byCall}}
			}
		}
		if len(op.Set)+len(op.Add)+len(op.Remove) == 0 {
			return nil
		}
		return s.Engine.Write(tx, deltasync.UserID(person.Scope), op)
	})
}

func hoursText(from, until string) string {
	if from == "" {
		return ""
	}
	return from + "-" + until
}

// Stop withdraws the consent to reminders, as the person's own act. Nothing is sent from then on. The page stays, so that they can be turned on again.
func (s *Service) Stop(ctx context.Context, token string) error {
	return s.Store.Write(ctx, func(tx WriteTx) error {
		person, err := open(tx, token)
		if err != nil {
			return err
		}
		return s.stop(tx, person.Scope)
	})
}

func (s *Service) stop(tx WriteTx, scope deltasync.Scope) error {
	return eachOf(tx, scope, casework.KindConsent, func(c *deltasync.Record) error {
		if c.Text("purpose") != "reminders" || casework.Withdrawn(c) {
			return nil
		}
		id, err := s.newID()
		if err != nil {
			return err
		}
		return s.Engine.Write(tx, deltasync.UserID(scope), &deltasync.Op{ID: deltasync.OpID(id), Scope: scope, Kind: casework.KindConsent, Record: c.ID,
			Base: c.Version, Set: texts("withdrawn_on", s.today())})
	})
}

// Start gives the consent to reminders, as the person's own act. how says by which way they did.
func (s *Service) Start(ctx context.Context, token string) error {
	return s.Store.Write(ctx, func(tx WriteTx) error {
		person, err := open(tx, token)
		if err != nil {
			return err
		}
		return s.begin(tx, person.Scope, "On their own page")
	})
}

// begin writes a consent of its own: the one that was withdrawn stays, as it was.
func (s *Service) begin(tx WriteTx, scope deltasync.Scope, how string) error {
	on, err := consented(tx, scope)
	if err != nil || on {
		return err
	}
	id, err := s.newID()
	if err != nil {
		return err
	}
	return s.Engine.Write(tx, deltasync.UserID(scope), &deltasync.Op{ID: deltasync.OpID(id), Scope: scope, Kind: casework.KindConsent,
		Record: deltasync.RecordID(id), Set: texts("purpose", "reminders", "given_on", s.today(), "how", how)})
}

// today is the date by the partnership's clocks.
func (s *Service) today() string { return s.now().In(s.Settings.Zone).Format(time.DateOnly) }

// mostBrowsers is on how many of a person's browsers notifications may be on. The one that was longest there goes first.
const mostBrowsers = 5

// Browser keeps the subscription of a browser on which the person has switched notifications on.
func (s *Service) Browser(ctx context.Context, token, subscription string) error {
	return s.Store.Write(ctx, func(tx WriteTx) error {
		person, err := open(tx, token)
		if err != nil {
			return err
		}
		scope := person.Scope
		id := wayID(scope, subscription)
		var ways []*deltasync.Record
		var mine *deltasync.Record
		err = eachOf(tx, scope, casework.KindWay, func(w *deltasync.Record) error {
			switch {
			case w.ID == id:
				mine = w
			case w.Text("kind") == "webpush":
				ways = append(ways, w)
			}
			return nil
		})
		if err != nil || mine != nil && !stands(mine, "failing_since") {
			return err
		}
		slices.SortFunc(ways, func(a, b *deltasync.Record) int { return a.At.Compare(b.At) })
		for len(ways) >= mostBrowsers {
			if err := s.forgetWay(tx, ways[0]); err != nil {
				return err
			}
			ways = ways[1:]
		}
		op, err := s.newID()
		if err != nil {
			return err
		}
		base := deltasync.Version(0)
		if former, err := tx.Record(id); err != nil {
			return err
		} else if former != nil {
			base = former.Version
		}
		return s.Engine.Write(tx, deltasync.UserID(scope), &deltasync.Op{ID: deltasync.OpID(op), Scope: scope, Kind: casework.KindWay, Record: id, Base: base,
			Set: texts("kind", "webpush", "value", subscription, "failing_since", "", "why", "")})
	})
}

// NoBrowser lets a browser's subscription go. One that there is not is gone already.
func (s *Service) NoBrowser(ctx context.Context, token, subscription string) error {
	return s.Store.Write(ctx, func(tx WriteTx) error {
		person, err := open(tx, token)
		if err != nil {
			return err
		}
		rec, err := tx.Record(wayID(person.Scope, subscription))
		if err != nil || rec == nil || rec.Gone {
			return err
		}
		return s.forgetWay(tx, rec)
	})
}

func (s *Service) forgetWay(tx WriteTx, w *deltasync.Record) error {
	id, err := s.newID()
	if err != nil {
		return err
	}
	return s.Engine.Write(tx, deltasync.UserID(w.Scope), &deltasync.Op{ID: deltasync.OpID(id), Scope: w.Scope, Kind: casework.KindWay, Record: w.ID,
		Base: w.Version, Delete: true})
}

func wayID(scope deltasync.Scope, value string) deltasync.RecordID {
	return deltasync.RecordID(deltasync.NamedID("way", string(scope), value))
}
