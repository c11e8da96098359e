package admin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// Report says which people's data a device may hold: everyone whom its user could see while it was enrolled, but for
// those whom it has confirmed to have dropped.
//
// After a restore it is not known how far the device had come, until it has pulled again: all whom its user could see at
// any time between its enrolment and its revocation, or now, count as held then. That errs to the safe side: a device that was switched off before somebody
// came into its caseload never held them, and one that came back after a handover has dropped whom it lost; both stand
// among People then.
func (o *Office) Report(ctx context.Context, client string) (Report, error) {
	var r Report
	err := o.DB.Read(ctx, func(tx *boltstore.Tx) error {
		c, ok, err := tx.Auth().Client(client)
		if err == nil && !ok {
			err = fmt.Errorf("client %s: %w", client, auth.ErrUnknownClient)
		}
		if err != nil {
			return err
		}
		u, _, err := tx.Auth().User(c.User)
		if err != nil {
			return err
		}
		if r.Device, err = deviceOf(tx.Auth(), c); err != nil {
			return err
		}
		spans, err := seen(tx, deltasync.Client{User: deltasync.UserID(u.ID), Role: deltasync.Role(u.Role), Team: deltasync.TeamID(u.Team)})
		if err != nil {
			return err
		}
		stand, known, err := tx.Stand(deltasync.ClientID(client))
		if err != nil {
			return err
		}
		if !known {
			stand = boltstore.Stand{Served: tx.Head()}
		}
		r.People, r.Dropped = held(spans, c, stand)
		return nil
	})
	return r, err
}

// span is one unbroken time in which a user could see a person.
type span struct {
	person     deltasync.RecordID
	start, end deltasync.Version // end 0: it lasts
	from, to   time.Time
}

// seen are the times of all people whom a client's user could ever see.
func seen(tx deltasync.Tx, c deltasync.Client) ([]span, error) { return seenOf(tx, c, "") }

// seenOf is seen of one person's scope; empty: of all.
func seenOf(tx deltasync.Tx, c deltasync.Client, only deltasync.Scope) ([]span, error) {
	var spans []span
	for _, p := range c.Principals() {
		lasts := map[deltasync.Scope]int{}
		var broken error
		err := tx.Grants(p, 0, func(g deltasync.Grant) bool {
			if only != "" && g.Scope != only {
				return true
			}
			e, err := tx.Entry(g.Version)
			if err != nil {
				broken = err
				return false
			}
			i, ok := lasts[g.Scope]
			switch {
			case !g.End:
				lasts[g.Scope] = len(spans)
				spans = append(spans, span{person: deltasync.RecordID(g.Scope.ID()), start: g.Version, from: e.At})
			case ok:
				spans[i].end, spans[i].to = g.Version, e.At
				delete(lasts, g.Scope)
			}
			return true
		})
		if err == nil {
			err = broken
		}
		if err != nil {
			return nil, err
		}
	}
	return spans, nil
}

// held tells apart whom a client may hold and whom it has confirmed to hold no more.
func held(spans []span, c auth.Client, stand boltstore.Stand) (people, dropped []deltasync.RecordID) {
	people, dropped = []deltasync.RecordID{}, []deltasync.RecordID{}
	for _, s := range spans {
		switch {
		case s.end != 0 && s.to.Before(c.Created), c.Revoked != nil && s.from.After(*c.Revoked), s.start > stand.Served:
		case s.end != 0 && s.end <= stand.Confirmed:
			dropped = append(dropped, s.person)
		default:
			people = append(people, s.person)
		}
	}
	people = sorted(people)
	dropped = slices.DeleteFunc(sorted(dropped), func(id deltasync.RecordID) bool {
		_, again := slices.BinarySearch(people, id)
		return again
	})
	return people, dropped
}

func sorted(ids []deltasync.RecordID) []deltasync.RecordID {
	slices.Sort(ids)
	return slices.Compact(ids)
}
