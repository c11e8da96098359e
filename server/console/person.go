package console

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/admin"
	"alongside/internal/boltstore"
	mobileapi "alongside/mobile-api"
	deltasync "alongside/sync"
)

// errUnseen is worded the same whether there is such a thing or not.
var errUnseen = &mobileapi.Refusal{Status: http.StatusNotFound, Code: "not_found",
	Detail: "There is nothing here that you may see. It may have moved to another team."}

var errRole = &mobileapi.Refusal{Status: http.StatusForbidden, Code: "forbidden", Detail: "This is not open to your account. Ask whoever keeps the accounts."}

// sees reports whether somebody may see a person's scope, as this transaction has it (PROTOCOL §3).
func sees(tx deltasync.Tx, who deltasync.Client, s deltasync.Scope) (bool, error) {
	a, err := tx.Access(s)
	for _, g := range a.Grants {
		if slices.Contains(who.Principals(), g.Principal) {
			return true, err
		}
	}
	return false, err
}

// read has fn look at one state of the store; person not empty: if whoever sits there may see that person.
func (s *Console) read(c echo.Context, person string, fn func(*boltstore.Tx, deltasync.Client) error) error {
	who := mobileapi.ClientOf(c)
	return s.Office.DB.Read(c.Request().Context(), func(tx *boltstore.Tx) error {
		if person != "" {
			if ok, err := sees(tx, who, deltasync.PersonOf(deltasync.RecordID(person))); err != nil || !ok {
				return errors.Join(err, errUnseen)
			}
		}
		return fn(tx, who)
	})
}

// changed is one change of one field.
type changed struct {
	Version    deltasync.Version  `json:"version"`
	At         time.Time          `json:"at"`
	User       deltasync.UserID   `json:"user"`
	UserName   string             `json:"user_name,omitempty"`
	Device     string             `json:"device,omitempty"`
	Kind       string             `json:"kind"`
	Record     deltasync.RecordID `json:"record"`
	Field      string             `json:"field"` // "deleted" where the whole record was
	How        string             `json:"how"`   // set, add, remove or delete
	Value      json.RawMessage    `json:"value,omitempty"`
	Status     deltasync.Status   `json:"status"`
	Held       bool               `json:"held,omitempty"`
	AcceptedBy deltasync.UserID   `json:"accepted_by,omitempty"`
}

// history is every change of every field of a person's records, the latest first.
func (s *Console) history(c echo.Context) error {
	var all []changed
	err := s.read(c, c.Param("id"), func(tx *boltstore.Tx, _ deltasync.Client) error {
		all = []changed{}
		n := &names{tx: tx}
		err := entriesOf(tx, deltasync.PersonOf(deltasync.RecordID(c.Param("id"))), func(e deltasync.Entry, payload []byte) error {
			some, err := n.changes(e, payload)
			all = append(all, some...)
			return err
		})
		slices.SortStableFunc(all, func(a, b changed) int { return int(int64(b.Version) - int64(a.Version)) })
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"changes": all})
}

// entriesOf calls fn for each op about a scope's records, those that wait or were refused too, with what was sent.
func entriesOf(tx *boltstore.Tx, scope deltasync.Scope, fn func(deltasync.Entry, []byte) error) error {
	var ids []deltasync.RecordID
	if err := tx.Changes(scope, 0, func(c deltasync.Change) bool { ids = append(ids, c.ID); return true }); err != nil {
		return err
	}
	for _, id := range ids {
		rec, err := tx.Record(id)
		if err != nil || rec == nil {
			return err
		}
		for v := rec.Log; v != 0; {
			e, err := tx.Entry(v)
			if err != nil {
				return err
			}
			if e.Op == nil {
				break
			}
			source := e
			if e.Op.Settles != 0 {
				if source, err = tx.Entry(e.Op.Settles); err != nil {
					return err
				}
			}
			if source.Op != nil {
				if err := fn(e, source.Op.Payload()); err != nil {
					return err
				}
			}
			v = e.Op.Prev
		}
	}
	var waiting []deltasync.Version
	if err := tx.HeldOps(scope, func(h deltasync.HeldOp) bool { waiting = append(waiting, h.Entry); return true }); err != nil {
		return err
	}
	for _, v := range waiting {
		e, err := tx.Entry(v)
		if err != nil {
			return err
		}
		if e.Op != nil {
			if err := fn(e, e.Op.Payload()); err != nil {
				return err
			}
		}
	}
	return nil
}

// names finds what users and devices are called, each once.
type names struct {
	tx             *boltstore.Tx
	users, devices map[string]string
}

func (n *names) user(id string) (string, error) {
	if name, ok := n.users[id]; ok {
		return name, nil
	}
	u, _, err := n.tx.Auth().User(id)
	if n.users == nil {
		n.users = map[string]string{}
	}
	n.users[id] = u.Name
	return u.Name, err
}

func (n *names) device(client string) (string, error) {
	if name, ok := n.devices[client]; ok {
		return name, nil
	}
	d, _, err := n.tx.Auth().Client(client)
	if n.devices == nil {
		n.devices = map[string]string{}
	}
	n.devices[client] = d.Device.Name
	return d.Device.Name, err
}

// changes are those that one op makes.
func (n *names) changes(e deltasync.Entry, payload []byte) ([]changed, error) {
	user, err := n.user(string(e.Op.User))
	if err != nil {
		return nil, err
	}
	device, err := n.device(string(e.Op.Client))
	if err != nil {
		return nil, err
	}
	one := changed{Version: e.Version, At: e.Op.At, User: e.Op.User, UserName: user, Device: device, Kind: e.Op.Kind, Record: e.Op.Record,
		Status: e.Op.Status, Held: !e.Op.Status.Took(), AcceptedBy: e.Op.AcceptedBy}
	op, err := deltasync.ParseOp(payload)
	if err != nil { // erased, or of a form that nobody can read: that something was there is all there is to say
		return []changed{one}, nil
	}
	var all []changed
	add := func(field, how string, value json.RawMessage) {
		c := one
		c.Field, c.How, c.Value = field, how, value
		all = append(all, c)
	}
	for _, f := range slices.Sorted(maps.Keys(op.Set)) {
		add(f, "set", op.Set[f])
	}
	for how, sets := range map[string]map[string][]string{"add": op.Add, "remove": op.Remove} {
		for _, f := range slices.Sorted(maps.Keys(sets)) {
			value, err := json.Marshal(sets[f])
			if err != nil {
				return nil, err
			}
			add(f, how, value)
		}
	}
	if op.Delete {
		add("deleted", "delete", nil)
	}
	return all, nil
}

// holders are the devices that have this person's data, or had it.
func (s *Console) holders(c echo.Context) error {
	var all []admin.Holder
	err := s.read(c, c.Param("id"), func(tx *boltstore.Tx, _ deltasync.Client) (err error) {
		all, err = admin.Holders(tx, deltasync.RecordID(c.Param("id")))
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"devices": all})
}
