package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// Retained is a person whose record is kept although nothing has been written for long. It names nobody.
type Retained struct {
	Person deltasync.RecordID `json:"person"`
	Team   deltasync.TeamID   `json:"team"`
	State  string             `json:"state"`
	Last   time.Time          `json:"last"`           // when something was last written
	Hold   string             `json:"hold,omitempty"` // why the person must not be erased
}

// Retention lists those whose support has ended (closed or died), and about whom nothing was written since a moment, the
// longest ago first. It erases nobody.
func (o *Office) Retention(ctx context.Context, before time.Time) ([]Retained, error) {
	all := []Retained{}
	err := o.DB.Read(ctx, func(tx *boltstore.Tx) error {
		all = all[:0]
		return tx.EachAccess(func(s deltasync.Scope, a deltasync.Access) error {
			if !a.Exists || a.Erased || s.Family() != deltasync.PersonScope {
				return nil
			}
			r := Retained{Person: deltasync.RecordID(s.ID()), Team: a.Team, Hold: a.Hold}
			rec, err := tx.Record(r.Person)
			if err != nil || rec == nil {
				return err
			}
			if r.State = rec.Text("state"); r.State != "closed" && r.State != "died" {
				return nil
			}
			h, err := tx.ScopeHead(s)
			if err != nil {
				return err
			}
			e, err := tx.Entry(h.Latest)
			if r.Last = e.At; err == nil && r.Last.Before(before) {
				all = append(all, r)
			}
			return err
		})
	})
	slices.SortFunc(all, func(a, b Retained) int {
		if n := a.Last.Compare(b.Last); n != 0 {
			return n
		}
		return strings.Compare(string(a.Person), string(b.Person))
	})
	return all, err
}

// mostReason bounds why a person is on hold.
const mostReason = 200

// Hold says that a person must not be erased, and why.
func (o *Office) Hold(ctx context.Context, person, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > mostReason {
		return &ValueError{fmt.Sprintf("say why in 1 to %d characters, naming nobody: a reference, say", mostReason)}
	}
	return o.hold(ctx, person, reason)
}

// Release says that a person may be erased again.
func (o *Office) Release(ctx context.Context, person string) error { return o.hold(ctx, person, "") }

func (o *Office) hold(ctx context.Context, person, reason string) error {
	if !deltasync.ValidUUID(person) {
		return &ValueError{"a person's id is a UUID, as `alongside retention` and the screens show it"}
	}
	if err := o.Engine.Hold(ctx, deltasync.RecordID(person), reason); err != nil {
		return fmt.Errorf("%s: %w", person, err)
	}
	return nil
}
