// Package console is the server's side of the coordinator's console: who sits at a desk, and what they ask for that no client
// holds a copy of.
//
// Its choices:
//
//   - A session is a cookie, and is good here and at POST /v1/client only. What is written goes through Exchange, under the client
//     that is taken there; it ends with the session.
//   - A report is answered in one read transaction, which is asked first who may see what. So an access that was taken away a
//     moment ago tells nothing any more.
//   - An admin keeps teams, users and devices, and is told of no person: not even by their ids.
package console

import (
	"cmp"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/admin"
	"alongside/internal/auth"
	mobileapi "alongside/mobile-api"
)

// Console answers desks. It must not be copied after first use.
type Console struct {
	API    *mobileapi.API
	Office *admin.Office    // its URL is where browsers find the console
	Now    func() time.Time // nil: time.Now

	ceremonies ceremonies
	log        chain
	importing  sync.Mutex // held over an import: its ops are numbered one after another
}

func (s *Console) auth() *auth.Service { return s.Office.Auth }

func (s *Console) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}

// Routes registers what the console asks. Whoever is not signed in meets the limits by address.
func (s *Console) Routes(e *echo.Echo) {
	open := e.Group("/console/api", mobileapi.NoStore, s.own, s.API.ByAddress)
	open.POST("/enrol", s.enrol)
	open.POST("/signin/begin", s.beginSignIn)
	open.POST("/signin/finish", s.finishSignIn)

	desk := e.Group("/console/api", mobileapi.NoStore, s.own, s.signedIn)
	desk.GET("/session", s.session)
	desk.POST("/signout", s.signOut)
	desk.POST("/passkey/begin", s.beginPasskey)
	desk.POST("/passkey/finish", s.finishPasskey)
	desk.POST("/step-up/begin", s.beginStepUp)
	desk.POST("/step-up/finish", s.finishStepUp, s.API.ByAddress)

	desk.GET("/people/:id/history", s.history)
	desk.GET("/people/:id/holders", s.holders)
	desk.GET("/workers", s.workers)
	desk.GET("/devices/:id/report", s.report, s.steppedUp)
	desk.POST("/devices/:id/revoke", s.revoke, s.steppedUp)
	desk.POST("/users/:id/enrol", s.invite)
	desk.POST("/users/:id/disable", s.disable, s.steppedUp)
	desk.POST("/users", s.addUser)
	desk.POST("/teams", s.addTeam)
	desk.GET("/backup", s.backup)
	desk.GET("/figures", s.figures)
	desk.GET("/audit", s.audit)
	desk.POST("/import", s.importCSV)
	desk.POST("/calendar", s.makeFeed)
	desk.DELETE("/calendar", s.endFeed)
	e.GET("/console/calendar/:token", s.feed, mobileapi.NoStore, s.API.ByAddress)
}

const small = 16 << 10

type (
	userShown struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Role string `json:"role"`
		Team string `json:"team"`
	}
	sessionShown struct {
		User           userShown `json:"user"`
		CSRF           string    `json:"csrf"`
		Expires        time.Time `json:"expires_at"`
		IdleMinutes    int       `json:"idle_minutes"`
		Passkey        bool      `json:"passkey"`
		SteppedUpUntil time.Time `json:"stepped_up_until"`
	}
)

func shown(d auth.Desk, token string) sessionShown {
	return sessionShown{User: userShown{d.User.ID, d.User.Name, string(d.User.Role), d.User.Team}, CSRF: csrfOf(token),
		Expires: d.Session.Expires, IdleMinutes: int(cmp.Or(d.Session.Idle, time.Minute).Minutes()), Passkey: d.Passkey,
		SteppedUpUntil: d.Session.SteppedUpUntil()}
}
