package deltasync

import (
	"context"
	"errors"
	"slices"
)

// ErrNotSeen says that there is nothing that this client may see, whether it exists or not.
var ErrNotSeen = errors.New("nothing that this client may see")

// History is every op about a record, the latest first: who, when, on which device, what; those that a coordinator
// let in, and those that are held or were rejected. It obeys the record's scope.
func (e *Engine) History(ctx context.Context, c Client, id RecordID) (entries []Entry, err error) {
	err = e.Store.View(ctx, func(tx Tx) error {
		entries = nil
		rec, err := tx.Record(id)
		if err != nil {
			return err
		}
		if rec == nil {
			return ErrNotSeen
		}
		if ok, err := mayRead(tx, c, rec.Scope); err != nil || !ok {
			return errors.Join(err, ErrNotSeen)
		}
		for v := rec.Log; v != 0; {
			entry, err := tx.Entry(v)
			if err != nil {
				return err
			}
			if entry.Op == nil {
				break
			}
			if entry.Op.Settles != 0 {
				held, err := tx.Entry(entry.Op.Settles)
				if err != nil {
					return err
				}
				let := *entry.Op
				let.Raw = held.Op.Payload()
				entry.Op = &let
			}
			entries = append(entries, entry)
			v = entry.Op.Prev
		}
		var held []Version
		err = tx.HeldOf(rec.Scope, id, func(h HeldOp) bool {
			held = append(held, h.Entry)
			return true
		})
		if err != nil {
			return err
		}
		slices.Sort(held)
		for _, v := range slices.Backward(held) {
			entry, err := tx.Entry(v)
			if err != nil {
				return err
			}
			if entry.Op != nil {
				waiting := *entry.Op
				waiting.Raw = waiting.Payload()
				entry.Op = &waiting
			}
			entries = append(entries, entry)
		}
		return nil
	})
	return entries, err
}

func mayRead(tx Tx, c Client, s Scope) (bool, error) {
	if s.Family() != PersonScope {
		return slices.Contains(c.own(), s), nil
	}
	a, err := tx.Access(s)
	return a.generation(c) != 0, err
}
