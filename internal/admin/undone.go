package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// Undone says what a restore may have undone: what stood in the former store's log and stands in the backup's no more. Phones send
// again what they still have of it; the rest the office has to do again.
type Undone struct {
	Since   time.Time      `json:"since"`             // the backup's last entry; zero: it has none
	Unknown bool           `json:"unknown,omitempty"` // the former store cannot be read: anybody's work since then may be undone
	Devices []DeviceUndone `json:"devices,omitempty"`
	Office  []string       `json:"office,omitempty"` // what was done in the office, a line each
}

// DeviceUndone is one device's part.
type DeviceUndone struct {
	Client  string    `json:"client_id"`
	User    string    `json:"user"` // name
	Device  string    `json:"device"`
	Entries int       `json:"entries"` // that may be undone; 0 with Unknown: nobody knows
	Last    time.Time `json:"last,omitzero"`
}

// undone compares the log of a former store with the backup that db has been made of.
func undone(ctx context.Context, former string, db *boltstore.DB) (*Undone, error) {
	u := &Undone{}
	var backup deltasync.Version
	err := db.Read(ctx, func(tx *boltstore.Tx) error {
		backup = tx.Head()
		row, _, err := tx.Row(backup)
		if err != nil {
			return err
		}
		e, err := row.Entry()
		u.Since = e.At
		return err
	})
	if err != nil {
		return nil, err
	}
	if former != "" {
		err = boltstore.Peek(ctx, former, func(tx *boltstore.Tx) error { return u.read(tx, backup) })
	}
	if former == "" || err != nil {
		u = &Undone{Since: u.Since, Unknown: true}
		err = db.Read(ctx, func(tx *boltstore.Tx) error { return u.everybody(tx) })
	}
	return u, err
}

// read gathers from a former store's log.
func (u *Undone) read(tx *boltstore.Tx, backup deltasync.Version) error {
	by := map[deltasync.ClientID]*DeviceUndone{}
	var broken error
	err := tx.Entries(backup, func(e deltasync.Entry) bool {
		if e.Op != nil && e.Op.Settles == 0 && e.Op.As == 0 {
			broken = u.op(tx, by, e)
		} else if e.Op == nil {
			broken = u.fact(tx, e)
		}
		return broken == nil
	})
	for _, d := range by {
		u.Devices = append(u.Devices, *d)
	}
	slices.SortFunc(u.Devices, func(a, b DeviceUndone) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Client, b.Client))
	})
	return cmp.Or(err, broken)
}

func (u *Undone) op(tx *boltstore.Tx, by map[deltasync.ClientID]*DeviceUndone, e deltasync.Entry) error {
	d := by[e.Op.Client]
	if d == nil {
		c, ok, err := tx.Auth().Client(string(e.Op.Client))
		if err != nil || !ok {
			return err // the server's own entries follow from others
		}
		if d, err = deviceUndone(tx, c); err != nil {
			return err
		}
		by[e.Op.Client] = d
	}
	d.Entries++
	d.Last = e.At
	return nil
}

// fact says in a line what was done in the office.
func (u *Undone) fact(tx *boltstore.Tx, e deltasync.Entry) error {
	at := e.At.UTC().Format(time.RFC3339)
	switch e.Type {
	case "user":
		var user auth.User
		if err := json.Unmarshal(e.Fact, &user); err != nil {
			return err
		}
		what := "made"
		if user.Disabled {
			what = "disabled"
		}
		u.Office = append(u.Office, at+" user "+user.Name+" "+what)
	case "client":
		var c auth.Client
		if err := json.Unmarshal(e.Fact, &c); err != nil {
			return err
		}
		d, err := deviceUndone(tx, c)
		if err != nil {
			return err
		}
		what := "let in"
		if c.Revoked != nil {
			what = "cut off"
		}
		u.Office = append(u.Office, at+" device "+d.Device+" of "+d.User+" "+what)
	}
	return nil
}

// everybody is who may have done something, where nobody can know.
func (u *Undone) everybody(tx *boltstore.Tx) error {
	return tx.Auth().Clients(func(c auth.Client) error {
		if c.Revoked != nil {
			return nil
		}
		d, err := deviceUndone(tx, c)
		if err == nil {
			u.Devices = append(u.Devices, *d)
		}
		return err
	})
}

func deviceUndone(tx *boltstore.Tx, c auth.Client) (*DeviceUndone, error) {
	user, _, err := tx.Auth().User(c.User)
	return &DeviceUndone{Client: c.ID, User: user.Name, Device: c.Device.Name}, err
}
