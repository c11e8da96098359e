package reminder

import (
	"context"
	"time"
	"unicode"
	"unicode/utf8"

	"alongside/internal/casework"
	deltasync "alongside/sync"

	ics "github.com/arran4/golang-ical"
)

// CalendarPath is where the feed of a page is, below the server's address. It ends with the page.
func CalendarPath(token string) string { return "/calendar/" + token + ".ics" }

// sequenceFrom is the moment from which an event's sequence counts, in seconds: so it stays below 2^31 until 2088.
var sequenceFrom = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// Calendar gives what is coming up for the person of a token as an iCalendar (RFC 5545): all of it, or one appointment. Whoever looks at the
// calendar learns that there is something, and when; and where only if that is safe to show. What was called off is in it as such, so that
// calendars that have it take it out.
func (s *Service) Calendar(ctx context.Context, token string, only deltasync.RecordID) ([]byte, error) {
	var text string
	err := s.Store.Read(ctx, func(tx Tx) error {
		person, err := open(tx, token)
		if err != nil {
			return err
		}
		all, err := appointments(tx, person.Scope)
		if err != nil {
			return err
		}
		cal := ics.NewCalendar()
		cal.SetProductId("-//dates//EN")
		cal.SetMethod(ics.MethodPublish)
		cal.SetXWRCalName("Dates")
		cal.SetRefreshInterval("PT2H")
		cal.SetXPublishedTTL("PT2H")
		found := false
		safe, what := person.Elements("safe_to_show"), called(person.Text("message_words"))
		for _, a := range all {
			_, end := times(a)
			if timeOf(a, "starts_at").IsZero() || s.now().After(end.Add(24*time.Hour)) || only != "" && a.ID != only {
				continue
			}
			found = true
			if err := s.event(tx, cal, a, s.shown(a, safe), what); err != nil {
				return err
			}
		}
		if only != "" && !found {
			return ErrNoPage
		}
		text = cal.Serialize(ics.WithNewLineWindows)
		return nil
	})
	return []byte(text), err
}

func (s *Service) event(tx Tx, cal *ics.Calendar, a *deltasync.Record, one Shown, what string) error {
	changed := a.At
	switch e, err := tx.Entry(a.Version); { // by the server's clock, which a phone's own does not set back
	case err != nil:
		return err
	case !e.At.IsZero():
		changed = e.At
	}
	start, _ := times(a)
	event := cal.AddEvent(string(a.ID)) // a UUID, as RFC 7986 §5.3 advises
	event.SetDtStampTime(changed)
	event.SetSequence(int(max(changed.Sub(sequenceFrom)/time.Second, 0)))
	event.SetStartAt(start)
	if end := timeOf(a, "ends_at"); end.After(start) {
		event.SetEndAt(end)
	}
	event.SetSummary(capital(what))
	event.SetClass(ics.ClassificationPrivate)
	if one.Place != "" {
		event.SetLocation(one.Place)
	}
	if casework.Stopped(a) || Status(a) == "moved" {
		event.SetStatus(ics.ObjectStatusCancelled)
	} else {
		event.SetStatus(ics.ObjectStatusConfirmed)
	}
	return nil
}

func capital(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[n:]
}
