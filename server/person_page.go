package server

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"alongside/internal/push"
	"alongside/internal/reminder"
	mobileapi "alongside/mobile-api"

	"github.com/labstack/echo/v4"
)

//go:embed pages/person.html pages/person_problem.html pages/person.css
var personFiles embed.FS

var (
	personTemplates = template.Must(template.ParseFS(personFiles, "pages/*.html"))
	personStyle     = mustRead("pages/person.css")
	styleSum        = sha256.Sum256([]byte(personStyle))
	// personPolicy is what a person's page may do: nothing but show itself, send its own forms, and run the one script of its own server, which it can
	// do without.
	personPolicy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(styleSum[:]) +
		"'; script-src 'self'; connect-src 'self'; worker-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

func mustRead(name string) string {
	b, err := personFiles.ReadFile(name)
	if err != nil {
		panic("server: " + err.Error()) // the name is a constant
	}
	return string(b)
}

// doneWords are what a page says after a form. Of an answer it says what stands, beside the appointment.
var doneWords = map[string]string{
	"answer":  "Thank you. What you said is here below, and goes to your worker.",
	"saved":   "Saved.",
	"stopped": "Reminders are off now. You will get no more of them.",
	"started": "Reminders are on again.",
}

// pageData is what the template shows.
type pageData struct {
	Style          template.CSS
	Script, Key    string
	At, Name, Done string
	Feed           template.URL
	On             bool
	Coming, Later  []cardData
	Missed         *cardData
	MissedFirst    bool // it stands above what is coming
	Prefs          reminder.Prefs
	From, Until    []choice
	Before         []choice
	Form           string
}

type cardData struct {
	N, At, ID, Form, Form2 string
	When, Place, With      string
	Unsure, Waits          bool
	Answer, Said, Note     string
	Picked                 string // the time that was, in the answer that stands
	Offers                 []choice
	Event                  string
}

type choice struct {
	Value, Text string
	Is          bool
}

// personPage shows the page of a token. It changes nothing, whoever opens it.
func (p *parts) personPage(apps apps) echo.HandlerFunc {
	script := ""
	for name := range apps {
		if below, ok := strings.CutPrefix(name, "reminder/"); ok && strings.HasPrefix(below, "page-") && path.Ext(below) == ".js" {
			script = "/r/" + below
		}
	}
	return func(c echo.Context) error {
		return p.holder(c, func(token string) error {
			v, err := p.reminders.View(c.Request().Context(), token)
			if err != nil {
				return err
			}
			d, err := p.data(c, token, v)
			if err != nil {
				return err
			}
			d.Script = script
			return render(c, http.StatusOK, "person.html", d)
		})
	}
}

func (p *parts) data(c echo.Context, token string, v reminder.View) (pageData, error) {
	at := reminder.PagePath(token)
	_, host, _ := strings.Cut(p.reminders.URL, "://")
	d := pageData{Style: template.CSS(personStyle), At: at, Name: v.Name, Done: doneWords[c.QueryParam("done")], On: v.On, Prefs: v.Prefs, Form: newID(),
		Feed: template.URL("webcal://" + host + reminder.CalendarPath(token)),
		From: hourChoices(v.Prefs.From), Until: hourChoices(v.Prefs.Until), Before: beforeChoices(v.Prefs.Before)}
	if p.reminders.Senders[push.WebPush] != nil {
		key, err := p.auth.PushKey(c.Request().Context())
		if err != nil {
			return d, err
		}
		d.Key = key.Public
	}
	now := p.clock()
	for _, s := range v.Coming {
		d.Coming = append(d.Coming, cardOf(strconv.Itoa(len(d.Coming)+1), token, s, now))
	}
	for _, s := range v.Later {
		d.Later = append(d.Later, cardOf("", token, s, now))
	}
	if v.Missed != nil {
		card := cardOf("m", token, *v.Missed, now)
		d.Missed = &card
		d.MissedFirst = len(v.Coming) == 0 || v.Missed.Answer == "" && now.Sub(v.Missed.Starts) < lastingMiss
	}
	return d, nil
}

func cardOf(n, token string, s reminder.Shown, now time.Time) cardData {
	card := cardData{N: n, At: reminder.PagePath(token), ID: string(s.ID), Form: newID(), Form2: newID(), When: soon(s.Starts, now), Unsure: s.Unsure,
		Place: s.Place, With: s.With, Answer: string(s.Answer), Note: s.Note, Waits: s.Waits, Said: saidWords(s),
		Event: reminder.CalendarPath(token) + "?event=" + string(s.ID)}
	if runes := []rune(card.Note); len(runes) > 200 {
		card.Note = string(runes[:200]) + "…"
	}
	if s.Answer == reminder.NewTime && s.Time.After(now) {
		card.Picked = s.Time.UTC().Format(time.RFC3339)
	}
	for _, t := range s.Offers {
		card.Offers = append(card.Offers, choice{Value: t.UTC().Format(time.RFC3339), Text: t.Format("Monday 2 Jan, 15:04")})
	}
	return card
}

func saidWords(s reminder.Shown) string {
	switch s.Answer {
	case reminder.Coming:
		return "You said: I’m coming."
	case reminder.Cannot:
		return "You said: I can’t."
	case reminder.ComeWithMe:
		return "You said: come with me."
	case reminder.NewTime:
		if !s.Time.IsZero() {
			return "You asked for another time: " + when(s.Time) + "."
		}
		return "You asked for another time."
	}
	return ""
}

// when is a moment as it is said.
func when(t time.Time) string { return t.Format("Monday 2 January at 15:04") }

// lastingMiss is for how long what was missed comes before what is coming, if nobody has answered it.
const lastingMiss = 4 * 24 * time.Hour

// soon is the same, of one that may be today or tomorrow.
func soon(t, now time.Time) string {
	now = now.In(t.Location())
	switch day := t.Format(time.DateOnly); day {
	case now.Format(time.DateOnly):
		return "Today, " + when(t)
	case now.AddDate(0, 0, 1).Format(time.DateOnly):
		return "Tomorrow, " + when(t)
	}
	return when(t)
}

func hourChoices(is string) []choice {
	all := []choice{{Value: "", Text: "Any time", Is: is == ""}}
	found := is == ""
	for h := 7; h <= 22; h++ {
		text := fmt.Sprintf("%02d:00", h)
		all = append(all, choice{Value: text, Text: text, Is: text == is})
		found = found || text == is
	}
	if !found {
		all = append(all, choice{Value: is, Text: is, Is: true})
	}
	return all
}

var beforeWords = map[string]string{"": "As usual", "48h": "2 days before", "24h": "The day before", "3h": "3 hours before", "24h,3h": "The day before, and 3 hours before",
	"none": "Not at all"}

func beforeChoices(is string) []choice {
	var all []choice
	found := false
	for _, b := range reminder.Befores {
		all = append(all, choice{Value: b, Text: beforeWords[b], Is: b == is})
		found = found || b == is
	}
	if !found {
		all = append(all, choice{Value: is, Text: "As agreed with your worker", Is: true})
	}
	return all
}

func render(c echo.Context, status int, name string, data any) error {
	var b bytes.Buffer
	if err := personTemplates.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	return c.HTMLBlob(status, b.Bytes())
}

// problemPage is what a person reads when something is not as it should be.
type problemPage struct {
	Style               template.CSS
	Title, Detail, Back string
}

// plainly answers an error with a page that says what to do.
func (p *parts) plainly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil || c.Response().Committed {
			return err
		}
		status, page := problemOf(err)
		if status >= http.StatusInternalServerError {
			p.failed(err, c)
		}
		h := c.Response().Header()
		h.Del(echo.HeaderContentDisposition)
		var held *mobileapi.Refusal
		if errors.As(err, &held) && held.RetryAfter > 0 {
			h.Set(echo.HeaderRetryAfter, strconv.Itoa(int(held.RetryAfter.Round(time.Second)/time.Second)))
		}
		page.Style = template.CSS(personStyle)
		if status == http.StatusConflict || status == http.StatusUnprocessableEntity {
			page.Back = reminder.PagePath(c.Param("token"))
		}
		return render(c, status, "person_problem.html", page)
	}
}

func problemOf(err error) (int, problemPage) {
	var refused *mobileapi.Refusal
	switch {
	case errors.Is(err, reminder.ErrNoPage):
		return http.StatusNotFound, problemPage{Title: "This page is not here", Detail: "The link may be old, or a part of it is missing. Ask your worker for a new one."}
	case errors.Is(err, reminder.ErrNotAnswerable):
		return http.StatusConflict, problemPage{Title: "That is not on your page any more", Detail: "It may have been changed. Go back, and look at what is coming up."}
	case errors.Is(err, reminder.ErrCancelled):
		return http.StatusConflict, problemPage{Title: "That has been called off", Detail: "You don’t have to do anything."}
	case errors.Is(err, reminder.ErrOver):
		return http.StatusConflict, problemPage{Title: "That is over", Detail: "It can’t be answered any more. If you would like another time, your worker is glad to hear from you."}
	case errors.Is(err, reminder.ErrTooLong):
		return http.StatusUnprocessableEntity, problemPage{Title: "That is too long", Detail: "Nothing was sent. Go back, and say it in fewer words."}
	case errors.Is(err, reminder.ErrNotAnAnswer), errors.Is(err, reminder.ErrNotAChoice):
		return http.StatusUnprocessableEntity, problemPage{Title: "That did not work", Detail: "Nothing was changed. Go back, and pick one of what is there."}
	case errors.As(err, &refused) && refused.Status == http.StatusTooManyRequests:
		return refused.Status, problemPage{Title: "Too much at once", Detail: "Wait a minute, and open your link again."}
	case errors.As(err, &refused):
		return refused.Status, problemPage{Title: "That did not work", Detail: refused.Detail}
	}
	return http.StatusServiceUnavailable, problemPage{Title: "This is not working just now", Detail: "It is not your fault. Open your link again in a few minutes."}
}
