package admin

import (
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// Holder is a device that holds a person's data, or held it.
type Holder struct {
	Device
	Since   time.Time  `json:"since"`             // when its user's access began, the last time
	Until   *time.Time `json:"until,omitempty"`   // when it ended; nil: it lasts
	Pulled  *time.Time `json:"last_pull_at"`      // when it last came back having all that it was told; nil: not known
	Dropped bool       `json:"dropped,omitempty"` // it has confirmed to hold the person no more
}

// Holders are the devices that may hold a person's data, and those that have dropped it. It asks nobody who may know.
func Holders(tx *boltstore.Tx, person deltasync.RecordID) ([]Holder, error) {
	all := []Holder{}
	spans := map[string][]span{} // by user
	err := tx.Auth().Clients(func(c auth.Client) error {
		u, ok, err := tx.Auth().User(c.User)
		if err != nil || !ok {
			return err
		}
		mine, known := spans[u.ID]
		if !known {
			mine, err = seenOf(tx, deltasync.Client{User: deltasync.UserID(u.ID), Role: deltasync.Role(u.Role), Team: deltasync.TeamID(u.Team)}, deltasync.PersonOf(person))
			if err != nil {
				return err
			}
			spans[u.ID] = mine
		}
		stand, told, err := tx.Stand(deltasync.ClientID(c.ID))
		if err != nil {
			return err
		}
		if !told {
			stand.Served = tx.Head()
		}
		people, dropped := held(mine, c, stand)
		if len(people)+len(dropped) == 0 {
			return nil
		}
		last := mine[len(mine)-1]
		h := Holder{Since: last.from, Dropped: len(people) == 0, Pulled: stand.Time()}
		if last.end != 0 {
			h.Until = &last.to
		}
		h.Device, err = deviceOf(tx.Auth(), c)
		all = append(all, h)
		return err
	})
	return all, err
}
