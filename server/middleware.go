package server

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	deltasync "alongside/sync"

	"github.com/labstack/echo/v4"
)

// numbered gives each request an id, which its line in the log carries, and its response unless that is left out. One that a client sends is taken
// if it is a UUID and so cannot be anything else.
func numbered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !deltasync.ValidUUID(id) {
			id = newID()
		}
		c.Set(requestKey, id)
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

const requestKey = "request"

func requestOf(c echo.Context) slog.Attr {
	id, _ := c.Get(requestKey).(string)
	return slog.String("request", id)
}

// newID makes a random UUID (RFC 9562 §5.4).
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// logged writes one line a request, and counts it.
func (p *parts) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		route := c.Path() // the pattern; the path itself may hold a token
		if route == "" {
			route = "none"
		}
		r := c.Response()
		p.requests.begin(route)
		defer func() { p.requests.end(route, r.Status) }()
		if err := next(c); err != nil {
			c.Error(err)
		}
		attrs := []slog.Attr{
			requestOf(c),
			slog.String("method", known(c.Request().Method)),
			slog.String("route", route),
			slog.Int("status", r.Status),
			slog.Int64("bytes", r.Size),
			slog.Duration("took", time.Since(start)),
		}
		if id := clientOf(c); id != "" {
			attrs = append(attrs, slog.String("client", id))
		}
		p.log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", attrs...)
		return nil
	}
}

// known is a method that means something; anything else is the sender's own text.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// caught makes a panic an error for its own request. What is logged names places in the program, and not the value,
// which may hold what people wrote.
func (p *parts) caught(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			what := fmt.Sprintf("%T", v)
			if e, ok := v.(runtime.Error); ok {
				what = e.Error()
			}
			p.log.LogAttrs(c.Request().Context(), slog.LevelError, "panic",
				requestOf(c),
				slog.String("route", c.Path()), slog.String("value", what), slog.String("stack", string(debug.Stack())))
			err = errors.New("a panic, which the log shows")
		}()
		return next(c)
	}
}

// guarded sets the headers that no response goes without. A page that needs more says so itself.
func guarded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if c.IsTLS() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}
