package console

import (
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	mobileapi "alongside/mobile-api"
	deltasync "alongside/sync"
)

const feedKind = auth.FeedKind

// makeFeed gives the address of the team's calendar, a new one each time: it ends what was given before.
func (s *Console) makeFeed(c echo.Context) error {
	if mobileapi.ClientOf(c).Role != deltasync.Coordinator {
		return errRole
	}
	token, err := s.auth().NewFeed(c.Request().Context(), deskOf(c).User.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, map[string]string{"link": s.Office.URL + "/console/calendar/" + token + ".ics"})
}

func (s *Console) endFeed(c echo.Context) error {
	if err := s.auth().EndFeeds(c.Request().Context(), deskOf(c).User.ID); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// feed is the team's calendar (RFC 5545). It goes to a calendar that others may look at, so people are initials there, and nothing says what
// an appointment is about.
func (s *Console) feed(c echo.Context) error {
	token, ok := strings.CutSuffix(c.Param("token"), ".ics")
	if !ok {
		return errUnseen
	}
	id, err := s.auth().Feed(c.Request().Context(), token)
	if err != nil {
		return err
	}
	who := deltasync.Client{User: deltasync.UserID(id.User), Role: deltasync.Role(id.Role), Team: deltasync.TeamID(id.Team)}
	var text string
	err = s.Office.DB.Read(c.Request().Context(), func(tx *boltstore.Tx) error {
		cal := ics.NewCalendar()
		cal.SetProductId("-//team//EN")
		cal.SetMethod(ics.MethodPublish)
		for _, p := range who.Principals() {
			var people []deltasync.Scope
			if err := tx.Granted(p, func(sc deltasync.Scope, _ deltasync.Version) bool { people = append(people, sc); return true }); err != nil {
				return err
			}
			for _, sc := range people {
				if err := s.events(tx, cal, sc); err != nil {
					return err
				}
			}
		}
		text = cal.Serialize(ics.WithNewLineWindows)
		return nil
	})
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "text/calendar; charset=utf-8", []byte(text))
}

func (s *Console) events(tx *boltstore.Tx, cal *ics.Calendar, sc deltasync.Scope) error {
	person, err := tx.Record(deltasync.RecordID(sc.ID()))
	if err != nil || person == nil {
		return err
	}
	var ids []deltasync.RecordID
	if err := tx.Changes(sc, 0, func(ch deltasync.Change) bool {
		if ch.Kind == casework.KindAppointment && !ch.Gone {
			ids = append(ids, ch.ID)
		}
		return true
	}); err != nil {
		return err
	}
	for _, id := range ids {
		r, err := tx.Record(id)
		if err != nil {
			return err
		}
		at := timeIn(r, "starts_at")
		if at.Before(s.now().AddDate(0, 0, -28)) {
			continue
		}
		e := cal.AddEvent(string(r.ID))
		e.SetDtStampTime(r.At)
		e.SetSummary(initials(person.Text("name")))
		e.SetStartAt(at)
		end := timeIn(r, "ends_at")
		if !end.After(at) {
			end = at.Add(time.Hour)
		}
		e.SetEndAt(end)
		e.SetClass(ics.ClassificationPrivate)
		if status := r.Text("status"); status == "cancelled" || status == "moved" {
			e.SetStatus(ics.ObjectStatusCancelled)
		}
	}
	return nil
}

// initials are the first letters of a name's words, three at most, whatever their script.
func initials(name string) string {
	out, n := "", 0
	for word := range strings.FieldsSeq(name) {
		r, _ := utf8.DecodeRuneInString(word)
		if unicode.IsLetter(r) && n < 3 {
			out += string(unicode.ToUpper(r)) + "."
			n++
		}
	}
	if out == "" {
		return "–"
	}
	return out
}
