package server

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"alongside/internal/reminder"
	mobileapi "alongside/mobile-api"
	deltasync "alongside/sync"

	"github.com/labstack/echo/v4"
)

// mostForm is what a person's form may have, in bytes.
const mostForm = 32 << 10

// personPages are what a person who is reminded of something finds behind their link. Who holds the token is the person: so a wrong one,
// one that was ended and one of somebody who was erased are answered in the same words, and held back together.
func (p *parts) personPages(e *echo.Echo, apps apps) {
	reads := []string{http.MethodGet, http.MethodHead}
	for name, file := range apps { // before the tokens: no token has a dot
		if below, ok := strings.CutPrefix(name, "reminder/"); ok {
			e.Match(reads, "/r/"+below, file.serve)
		}
	}
	pages := []echo.MiddlewareFunc{p.plainly, secluded}
	acts := append(pages, sameSite)
	e.Match(reads, "/r/:token", p.personPage(apps), pages...)
	e.POST("/r/:token/reply", p.reply, acts...)
	e.POST("/r/:token/settings", p.change, acts...)
	e.POST("/r/:token/stop", p.stop, acts...)
	e.POST("/r/:token/start", p.start, acts...)
	e.POST("/r/:token/push", p.browser, acts...)
	e.Match(reads, "/calendar/:name", p.feed, pages...)
	e.Match(reads, "/r/:token/:act", back, pages...)
	e.Any("/r/*", nowhere, pages...)
}

// back leads whoever loads again what a form came to, to the page.
func back(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, reminder.PagePath(url.PathEscape(c.Param("token"))))
}

// nowhere is below the pages, and none of them.
func nowhere(echo.Context) error { return reminder.ErrNoPage }

// secluded keeps a page out of caches, histories of others and search engines.
func secluded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderCacheControl, "no-store")
		h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
		h.Set(echo.HeaderContentSecurityPolicy, personPolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		return next(c)
	}
}

// sameSite refuses a form that another site has sent. A browser that is told to say nothing of where it comes from sends the origin "null"
// with a form of its own (Fetch §3.2), so an old one that does not say Sec-Fetch-Site is let in with it: the token in the path is what another
// site does not have.
func sameSite(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		switch r.Header.Get("Sec-Fetch-Site") {
		case "same-origin", "none":
			return next(c)
		case "":
			from := r.Header.Get(echo.HeaderOrigin)
			if at, err := url.Parse(from); from == "" || from == "null" || err == nil && at.Host == r.Host {
				return next(c)
			}
		}
		return &mobileapi.Refusal{Status: http.StatusForbidden, Code: "forbidden", Detail: "This came from another site. Open your own link, and answer there."}
	}
}

var errCut = &mobileapi.Refusal{Status: http.StatusBadRequest, Code: "malformed", Detail: "That did not arrive whole. Go back, and send it again."}

// holder counts requests of one address, and says what a token that is not good meets.
func (p *parts) holder(c echo.Context, do func(token string) error) error {
	if err := p.guesses.Arrived(c.RealIP()); err != nil {
		return err
	}
	err := do(c.Param("token"))
	if errors.Is(err, reminder.ErrNoPage) {
		if held := p.guesses.Wrong(c.RealIP()); held != nil {
			return held
		}
	}
	return err
}

// act does what a form asks for, and leads back to the page, which says what stands now.
func (p *parts) act(c echo.Context, done string, do func(token string, form url.Values) error) error {
	return p.holder(c, func(token string) error {
		if err := p.guesses.Acted(token); err != nil {
			return err
		}
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, mostForm)
		if err := r.ParseForm(); err != nil {
			return errCut
		}
		if err := do(token, r.PostForm); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, reminder.PagePath(url.PathEscape(token))+"?done="+done)
	})
}

func (p *parts) reply(c echo.Context) error {
	return p.act(c, "answer", func(token string, form url.Values) error {
		r := reminder.Reply{ID: deltasync.OpID(formID(form)), Appointment: deltasync.RecordID(form.Get("appointment")),
			Answer: reminder.Answer(form.Get("reply")), Note: form.Get("note")}
		if at := form.Get("time"); at != "" {
			var err error
			if r.Time, err = time.Parse(time.RFC3339, at); err != nil {
				return reminder.ErrNotAnAnswer
			}
		}
		return p.reminders.Reply(c.Request().Context(), token, r)
	})
}

// formID is the form's own; one that has none is taken once for each time that it is sent.
func formID(form url.Values) string {
	if id := form.Get("id"); id != "" {
		return id
	}
	return newID()
}

func (p *parts) change(c echo.Context) error {
	return p.act(c, "saved", func(token string, form url.Values) error {
		return p.reminders.Change(c.Request().Context(), token, deltasync.OpID(formID(form)), reminder.Prefs{Words: form.Get("words"),
			From: form.Get("from"), Until: form.Get("until"), Before: form.Get("before"), Texts: form.Get("texts") != ""})
	})
}

func (p *parts) stop(c echo.Context) error {
	return p.act(c, "stopped", func(token string, _ url.Values) error { return p.reminders.Stop(c.Request().Context(), token) })
}

func (p *parts) start(c echo.Context) error {
	return p.act(c, "started", func(token string, _ url.Values) error { return p.reminders.Start(c.Request().Context(), token) })
}

// browser keeps or lets go of a browser's subscription: one JSON object as the browser gives it, with "off":true to let it go.
func (p *parts) browser(c echo.Context) error {
	return p.holder(c, func(token string) error {
		if err := p.guesses.Acted(token); err != nil {
			return err
		}
		body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, mostForm))
		if err != nil {
			return errCut
		}
		var off struct {
			Off bool `json:"off"`
		}
		_ = json.Unmarshal(body, &off) // what it is not, Subscription says
		subscription, err := p.api.Subscription(body)
		switch {
		case err != nil:
			// A token that is not good is not told apart by what came with it.
			if _, none := p.reminders.View(c.Request().Context(), token); none != nil {
				return none
			}
			return err
		case off.Off:
			err = p.reminders.NoBrowser(c.Request().Context(), token, subscription)
		default:
			err = p.reminders.Browser(c.Request().Context(), token, subscription)
		}
		if err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	})
}

// feed is the person's calendar.
func (p *parts) feed(c echo.Context) error {
	token, ok := strings.CutSuffix(c.Param("name"), ".ics")
	if !ok {
		token = ""
	}
	c.SetParamNames("token")
	c.SetParamValues(token)
	return p.holder(c, func(token string) error {
		text, err := p.reminders.Calendar(c.Request().Context(), token, deltasync.RecordID(c.QueryParam("event")))
		if err != nil {
			return err
		}
		c.Response().Header().Set(echo.HeaderContentDisposition, `inline; filename="dates.ics"`)
		return c.Blob(http.StatusOK, "text/calendar; charset=utf-8; method=PUBLISH", text)
	})
}
