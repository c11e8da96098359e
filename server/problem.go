package server

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	mobileapi "alongside/mobile-api"

	"github.com/labstack/echo/v4"
)

// problem answers an error, and logs one that is the server's own fault.
func (p *parts) problem(err error, c echo.Context) {
	shown := err
	switch {
	case errors.Is(err, boltstore.ErrFull) && !errors.As(err, new(*unready)):
		shown = mobileapi.NoRoom()
	case unavailable(err):
		shown = &mobileapi.Refusal{Status: http.StatusServiceUnavailable, Code: "unavailable", RetryAfter: 5 * time.Second,
			Detail: "The server cannot reach its store just now. Nothing is lost. Try again in a moment."}
	}
	committed := c.Response().Committed
	mobileapi.Problem(shown, c)
	if committed || c.Response().Status < http.StatusInternalServerError || c.Request().Context().Err() != nil {
		return
	}
	p.failed(err, c)
}

// failed logs what is the server's own fault.
func (p *parts) failed(err error, c echo.Context) {
	attrs := []slog.Attr{requestOf(c),
		slog.String("route", c.Path()), slog.Any("error", err)}
	var panicked *boltstore.PanicError
	if errors.As(err, &panicked) {
		attrs = append(attrs, slog.String("stack", string(panicked.Stack)))
	}
	p.log.LogAttrs(c.Request().Context(), slog.LevelError, "failed", attrs...)
}

// unavailable reports whether it is the store that does not answer, which it will again.
func unavailable(err error) bool {
	var not *unready
	return errors.As(err, &not) || errors.Is(err, boltstore.ErrSuspect) || errors.Is(err, boltstore.ErrClosed) ||
		errors.Is(err, boltstore.ErrDamaged)
}

// clientOf is who mobileapi let in; empty: nobody.
func clientOf(c echo.Context) string {
	id, _ := c.Get("alongside.identity").(auth.Identity)
	return id.Client
}
