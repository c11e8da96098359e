package server

import (
	"context"
	"errors"
	"time"

	"alongside/internal/boltstore"
)

const (
	firstLook = 2 * time.Second
	lastLook  = 30 * time.Second
)

// room looks for room on a full disk, until there is some or ctx ends.
func (p *parts) room(ctx context.Context) {
	if !p.db.Full() {
		return
	}
	p.log.Error("the disk is full: nothing is taken until there is room on it; phones keep what they have")
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		err := p.db.Room(ctx)
		if err == nil {
			p.log.Info("there is room on the disk again")
			return
		}
		if !errors.Is(err, boltstore.ErrFull) && ctx.Err() == nil {
			p.log.Error("whether the disk has room cannot be told", "error", err)
		}
	}
}
