package server

import (
	"context"
	"errors"
	"time"

	"alongside/internal/boltstore"
)

// glance is how often the calendar is looked at whatever it said, since clocks get set.
const glance = time.Second

// calendar lets access start and end at its time, also when nobody syncs. Its error means that the store does not
// answer any more.
func (p *parts) calendar(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	last := ""
	for {
		committed := p.db.Committed()
		wait := glance
		at, err := p.engine.NextDue(ctx)
		if err == nil && !at.IsZero() {
			if wait = min(at.Sub(p.clock()), glance); wait <= 0 {
				wait, err = glance, p.engine.Due(ctx)
			}
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, boltstore.ErrSuspect), errors.Is(err, boltstore.ErrDamaged), errors.Is(err, boltstore.ErrClosed):
			return err
		case err != nil && err.Error() != last:
			last = err.Error()
			p.log.Error("access that is due by the calendar was not written", "error", err)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return nil
		case <-committed:
		case <-timer.C:
		}
	}
}

func (p *parts) clock() time.Time {
	if p.now != nil {
		return p.now()
	}
	return time.Now()
}

// keys renews the key that signs access tokens.
func (p *parts) keys(ctx context.Context) {
	for {
		wait := 24 * time.Hour
		if err := p.auth.RotateIfDue(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("the signing key was not renewed", "error", err)
			wait = time.Minute
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// stands keeps how far each client has come, every few seconds.
func (p *parts) stands(ctx context.Context) {
	tick := time.NewTicker(3 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := p.db.KeepStands(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, boltstore.ErrFull) {
				p.log.Error("how far the devices have come was not kept", "error", err)
			}
		}
	}
}
