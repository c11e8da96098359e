package mobileapi

import (
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

// Decode reads the body of a request as the routes here do: one JSON object of at most limit bytes. What is wrong is a
// Refusal.
func Decode(c echo.Context, limit int, v any) error { return decode(c, limit, v) }

// ByAddress holds back an address that tries codes and tokens that are not good, here and at the routes of phones together.
func (a *API) ByAddress(next echo.HandlerFunc) echo.HandlerFunc { return a.byAddress(next) }

// NoStore keeps an answer out of every cache.
func NoStore(next echo.HandlerFunc) echo.HandlerFunc { return noStore(next) }

// Build is which build of an app a client last said that it is; empty: it has not said since the server was started.
func (a *API) Build(c deltasync.ClientID) string {
	at := a.builds.of(c, func() *atomic.Pointer[string] { return new(atomic.Pointer[string]) })
	if build := at.Load(); build != nil {
		return line(*build)
	}
	return ""
}

// NewDevice is a device as a list may show it.
func NewDevice(d Device) (auth.Device, error) { return d.device() }
