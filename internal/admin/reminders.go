package admin

import (
	"context"
	"time"

	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/internal/reminder"
	deltasync "alongside/sync"
)

// peopleAtOnce is how many people one transaction reads: a long one would keep the store's old pages.
const peopleAtOnce = 200

// counted are the kinds that figures look at.
var countedKinds = map[string]bool{casework.KindAppointment: true, casework.KindSupport: true, casework.KindMessage: true}

// Reminders tells what reminders came to in the weeks since a moment, by week and way. It names nobody, and hides small counts.
func (o *Office) Reminders(ctx context.Context, since time.Time, zone *time.Location) ([]reminder.Row, error) {
	var people []deltasync.Scope
	err := o.DB.Read(ctx, func(tx *boltstore.Tx) error {
		people = people[:0]
		return tx.EachAccess(func(s deltasync.Scope, a deltasync.Access) error {
			if a.Exists && !a.Erased && s.Family() == deltasync.PersonScope {
				people = append(people, s)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	f := reminder.Figures{Zone: zone}
	for len(people) > 0 {
		some := people[:min(peopleAtOnce, len(people))]
		people = people[len(some):]
		var all [][]*deltasync.Record
		err := o.DB.Read(ctx, func(tx *boltstore.Tx) error {
			all = all[:0]
			for _, s := range some {
				records, err := ofKinds(tx, s, countedKinds)
				if err != nil {
					return err
				}
				all = append(all, records)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, records := range all {
			f.Add(records)
		}
	}
	return f.Rows(since), nil
}

// ofKinds are the records of a scope that are of some kinds, as they stand.
func ofKinds(tx *boltstore.Tx, s deltasync.Scope, kinds map[string]bool) (all []*deltasync.Record, err error) {
	var ids []deltasync.RecordID
	err = tx.Changes(s, 0, func(c deltasync.Change) bool {
		if !c.Gone && kinds[c.Kind] {
			ids = append(ids, c.ID)
		}
		return true
	})
	for _, id := range ids {
		if err != nil {
			return nil, err
		}
		var r *deltasync.Record
		if r, err = tx.Record(id); r != nil {
			all = append(all, r)
		}
	}
	return all, err
}
