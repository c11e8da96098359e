package mobileapi

import (
	"slices"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	deltasync "alongside/sync"
)

// sync is push and pull in one round trip.
func (a *API) sync(c echo.Context) error {
	b, err := body(c, deltasync.MaxBody)
	if err != nil {
		return err
	}
	req, build, err := parseSync(b)
	if err != nil {
		return err
	}
	client, ctx := ClientOf(c), c.Request().Context()
	f := newFrames()
	defer f.release()
	if build != "" {
		a.builds.of(client.ID, func() *atomic.Pointer[string] { return new(atomic.Pointer[string]) }).Store(&build)
	}
	f.recall = slices.Contains(a.Recall, build)
	err = a.turns.do(ctx, a.Limits, func() error {
		if err := a.Engine.Exchange(ctx, client, req, f); err != nil {
			return err
		}
		f.pack(c)
		return nil
	})
	if err != nil {
		return err
	}
	a.log().DebugContext(ctx, "sync", "client", client.ID, "ops", len(req.Ops), "records", f.records, "head", f.head)
	unsaid(c)
	return write(c, f.b)
}

// last takes what a device that was cut off has not sent yet.
func (a *API) last(c echo.Context) error {
	var req LastRequest
	if err := decode(c, deltasync.MaxBody, &req); err != nil {
		return err
	}
	refresh, err := needed(req.RefreshToken)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	id, err := a.Auth.Last(ctx, refresh)
	if err != nil {
		return err
	}
	f := newFrames()
	defer f.release()
	if err := a.Engine.Last(ctx, clientOf(id), req.Ops, f); err != nil {
		return err
	}
	a.log().DebugContext(ctx, "last", "client", id.Client, "ops", len(req.Ops))
	return f.send(c)
}
