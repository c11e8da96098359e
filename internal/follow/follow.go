package follow

import (
	"bytes"
	"context"

	deltasync "alongside/sync"
)

// Log is what a follower needs of a store.
type Log interface {
	deltasync.Store
	// Committed gives a channel that is closed at the next commit that moves the head.
	Committed() <-chan struct{}
}

// A batch ends at whichever it reaches first.
const (
	batchEntries = 256
	batchBytes   = 1 << 20 // of ops as they were sent, and of facts
)

// Follow hands fn every entry after from, in order and each once, until ctx ends or something fails; its error says
// which. There is always at least one entry. They are fn's own to keep, and fn runs outside of any transaction.
//
// A follower that has to survive a restart saves the version of a batch's last entry as the last thing that fn does,
// and begins from there: what fn does is then done at least once, and exactly once if the place is saved in the
// transaction that does it.
func Follow(ctx context.Context, log Log, from deltasync.Version, fn func(context.Context, []deltasync.Entry) error) error {
	for ctx.Err() == nil {
		moved := log.Committed() // before reading: a commit in between closes it
		batch, err := read(ctx, log, from)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			select {
			case <-moved:
			case <-ctx.Done():
			}
			continue
		}
		if err := fn(ctx, batch); err != nil {
			return err
		}
		from = batch[len(batch)-1].Version
	}
	return ctx.Err()
}

// Head is where the log stands: from there on, Follow gives only what is new.
func Head(ctx context.Context, log Log) (head deltasync.Version, err error) {
	err = log.View(ctx, func(tx deltasync.Tx) error {
		head = tx.Head()
		return nil
	})
	return head, err
}

func read(ctx context.Context, log Log, from deltasync.Version) (batch []deltasync.Entry, err error) {
	err = log.View(ctx, func(tx deltasync.Tx) error {
		batch = nil
		size := 0
		return tx.Entries(from, func(e deltasync.Entry) bool {
			e, n := kept(e)
			batch = append(batch, e)
			size += n
			return len(batch) < batchEntries && size < batchBytes
		})
	})
	return batch, err
}

// kept is a copy that outlives the transaction, and the bytes that it holds.
func kept(e deltasync.Entry) (deltasync.Entry, int) {
	n := len(e.Fact)
	e.Fact = bytes.Clone(e.Fact)
	if e.Op != nil {
		op := *e.Op
		op.Raw = bytes.Clone(op.Raw)
		n += len(op.Raw)
		e.Op = &op
	}
	if e.Grant != nil {
		g := *e.Grant
		e.Grant = &g
	}
	return e, n
}
