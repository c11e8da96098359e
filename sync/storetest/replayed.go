package storetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	deltasync "alongside/sync"
)

// Replayed replays the whole log of the world's book in Maps, and says the first thing in which the two differ then.
func (w *World) Replayed(ctx context.Context) error {
	again := NewMaps(func() time.Time { return time.Unix(0, 0) })
	err := w.Book.View(ctx, func(tx deltasync.Tx) error {
		again.Adopt(tx.Secret())
		return nil
	})
	if err != nil {
		return err
	}
	return Replayed(ctx, w.Engine, w.Book, again)
}

// Replayed replays what stands in from's log, and not in into's, and says the first thing in which the two stores differ then. What
// the log does not say is left out: which ops stand in a backup.
func Replayed(ctx context.Context, e *deltasync.Engine, from, into deltasync.Store) error {
	old := &deltasync.Engine{Store: from, Kinds: e.Kinds, Now: e.Now}
	if err := old.Due(ctx); err != nil {
		return err
	}
	var have deltasync.Version
	if err := into.View(ctx, func(tx deltasync.Tx) error { have = tx.Head(); return nil }); err != nil {
		return err
	}
	var log []deltasync.Entry
	c := &cast{}
	err := from.View(ctx, func(tx deltasync.Tx) error {
		var err error
		if c, err = castOf(tx); err != nil {
			return err
		}
		return tx.Entries(have, func(e deltasync.Entry) bool {
			log = append(log, cloneEntry(e))
			return true
		})
	})
	if err != nil {
		return err
	}
	again := &deltasync.Engine{Store: into, Kinds: e.Kinds, Now: e.Now}
	err = into.Update(ctx, func(tx deltasync.WriteTx) error {
		for _, entry := range log {
			if err := again.Replay(tx, entry); err != nil {
				return err
			}
		}
		return c.sameSafe(ctx, from, tx)
	})
	if err != nil {
		return err
	}
	if err := again.Due(ctx); err != nil {
		return err
	}
	var told [2][]string
	for i, s := range []deltasync.Store{into, from} {
		err := s.View(ctx, func(tx deltasync.Tx) (err error) {
			told[i], err = c.portrait(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	if got, want := firstDifference(told[0], told[1]); got != want {
		return fmt.Errorf("replayed, the store says\n%s\nwant\n%s", got, want)
	}
	return nil
}

// castOf is all that a store's log names.
func castOf(tx deltasync.Tx) (*cast, error) {
	c := &cast{}
	err := tx.Entries(0, func(e deltasync.Entry) bool {
		if c.from == 0 {
			c.from = e.Version
		}
		if e.Grant != nil {
			c.grantees, c.scopes = append(c.grantees, e.Grant.Principal), append(c.scopes, e.Grant.Scope)
		}
		if op := e.Op; op != nil {
			c.clients, c.users, c.ops = append(c.clients, op.Client), append(c.users, op.User), append(c.ops, op.ID)
			c.scopes, c.groups = append(c.scopes, op.Scope, deltasync.UserOf(op.User)), append(c.groups, op.Group)
			c.numbers = max(c.numbers, op.N)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	for _, s := range c.scopes {
		if s.Family() == deltasync.TeamScope {
			c.scopes = append(c.scopes, deltasync.CoordinationOf(deltasync.TeamID(s.ID())))
		}
	}
	tidy(&c.clients)
	tidy(&c.users)
	tidy(&c.ops)
	tidy(&c.groups)
	tidy(&c.scopes)
	tidy(&c.grantees)
	for _, s := range c.scopes {
		err := tx.Changes(s, 0, func(ch deltasync.Change) bool {
			c.records = append(c.records, ch.ID)
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

func tidy[S ~string](all *[]S) {
	slices.Sort(*all)
	*all = slices.Compact(*all)
}

func (c *cast) sameSafe(ctx context.Context, from deltasync.Store, to deltasync.WriteTx) error {
	return from.View(ctx, func(tx deltasync.Tx) error {
		for _, id := range c.clients {
			old, err := tx.Counter(id)
			if err != nil {
				return err
			}
			n, err := to.Counter(id)
			if err != nil {
				return err
			}
			if n.Safe = old.Safe; n != (deltasync.Counter{}) {
				if err := to.PutCounter(id, n); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
