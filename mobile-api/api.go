package mobileapi

import (
	"log/slog"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"alongside/internal/auth"
	"alongside/internal/follow"
	deltasync "alongside/sync"
)

// API answers phones and desks. It must not be copied after first use.
type API struct {
	Engine *deltasync.Engine
	Auth   *auth.Service
	Log    follow.Log       // what live connections are told about; over the same store as Engine
	Logger *slog.Logger     // nil: silent
	Now    func() time.Time // nil: time.Now
	Limits Limits
	Recall []string // builds of the app that must not go on, as they call themselves

	// Desk tells who asks by the cookie of a session at a desk, and not by a token; nil: nobody does. False: the
	// request has no such cookie.
	Desk func(c echo.Context) (auth.Identity, bool, error)
	// PushHost says whether the server sends to a push service at this address. Nil: to none.
	PushHost func(*url.URL) bool
	// PushValid says what is wrong with a browser's subscription, in words for whoever sent it. Nil: nobody looks.
	PushValid func(subscription string) error

	Heartbeat time.Duration // between signs of life on a live connection; 0: 25 s

	hub       hub
	addresses recent[netip.Prefix, source]
	clients   recent[deltasync.ClientID, caller]
	builds    recent[deltasync.ClientID, atomic.Pointer[string]]
	forks     recent[deltasync.UserID, rate.Limiter]
	lasts     atomic.Int64
	turns     turns
}

// Routes registers what the API serves. Where e does not know how to tell a caller's address, it takes that of the
// connection: a header that anyone can set would undo the limits.
func (a *API) Routes(e *echo.Echo) {
	if e.IPExtractor == nil {
		e.IPExtractor = echo.ExtractIPDirect()
	}
	e.POST("/v1/enrol", a.enrol, noStore, a.byAddress)
	e.POST("/v1/token", a.token, noStore, a.byAddress)
	e.POST("/v1/last", a.last, noStore, a.byAddress, a.rare)
	e.GET("/v1/seal-key", a.sealKey, noStore, a.byAddress)
	e.POST("/v1/client", a.client, noStore, a.atDesk, a.paced, a.few, a.forked)
	e.POST("/v1/sync", a.sync, noStore, a.Bearer, a.paced, a.few, a.mayCome)
	e.POST("/v1/sealed", a.sealed, noStore, a.Bearer, a.paced, a.few, a.mayCome)
	e.PUT("/v1/push", a.setTarget, noStore, a.Bearer, a.paced, a.few)
	e.DELETE("/v1/push", a.forgetTarget, noStore, a.Bearer, a.paced, a.few)
	e.GET("/v1/push-key", a.pushKey, noStore, a.byAddress)
	e.GET("/v1/live", a.live, noStore, a.Bearer, a.paced)
	e.GET("/openapi.json", openapi)
}

func noStore(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
		return next(c)
	}
}

func (a *API) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}

func (a *API) log() *slog.Logger {
	if a.Logger != nil {
		return a.Logger
	}
	return slog.New(slog.DiscardHandler)
}
