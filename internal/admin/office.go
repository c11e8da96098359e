package admin

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// writer is who the office's records are by: "system/admin".
const writer = "system/admin"

// Office does the commands on an open store.
type Office struct {
	DB     *boltstore.DB
	Engine *deltasync.Engine // over DB
	Auth   *auth.Service     // over DB
	URL    string            // that links carry, without a slash at its end

	Archive  *Archive  // of DB's log; nil: there is none
	Schedule *Schedule // of the server's backups; nil: there is none

	erasing sync.Mutex // held while traces are taken away
}

var _ Commands = (*Office)(nil)

func (o *Office) AddTeam(ctx context.Context, name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	id, op := newID(), newID()
	err := o.DB.Write(ctx, func(tx *boltstore.Tx) error {
		return o.Engine.Write(tx, writer, &deltasync.Op{ID: deltasync.OpID(op), Scope: deltasync.TeamOf(deltasync.TeamID(id)),
			Kind: deltasync.KindTeam, Record: deltasync.RecordID(id), Set: fields("name", name)})
	})
	return id, plain(err)
}

// AddUser makes the user and the record by which the team knows of them, or neither.
func (o *Office) AddUser(ctx context.Context, u NewUser) (string, error) {
	if err := checkName(u.Name); err != nil {
		return "", err
	}
	id, op := newID(), newID()
	err := o.DB.Write(ctx, func(tx *boltstore.Tx) error {
		if err := teamExists(tx, u.Team); err != nil {
			return err
		}
		if _, err := o.Auth.AddUser(tx.Auth(), auth.User{ID: id, Name: u.Name, Role: u.Role, Team: u.Team}); err != nil {
			return err
		}
		return o.Engine.Write(tx, writer, &deltasync.Op{ID: deltasync.OpID(op), Scope: deltasync.TeamOf(deltasync.TeamID(u.Team)),
			Kind: deltasync.KindMember, Record: deltasync.RecordID(id), Set: fields("name", u.Name, "role", string(u.Role))})
	})
	return id, plain(err)
}

// checkName finds what no name has. How long one may be is the kind's to say.
func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return &ValueError{"the name is empty"}
	case !utf8.ValidString(name), strings.ContainsFunc(name, unicode.IsControl):
		return &ValueError{"the name is not text on one line"}
	}
	return nil
}

// ErrNoTeam says that a team is named that does not exist.
var ErrNoTeam = errors.New("there is no team")

func teamExists(tx deltasync.Tx, team string) error {
	rec, err := tx.Record(deltasync.RecordID(team))
	if err == nil && (rec == nil || rec.Gone || rec.Kind != deltasync.KindTeam) {
		err = fmt.Errorf("%w %q", ErrNoTeam, team)
	}
	return err
}

func (o *Office) DisableUser(ctx context.Context, user string) ([]Device, error) {
	before, err := o.standing(ctx, user)
	if err != nil {
		return nil, err
	}
	if _, err := o.Auth.Disable(ctx, user); err != nil {
		return nil, err
	}
	return before, nil
}

// standing are the devices of a user that may come in.
func (o *Office) standing(ctx context.Context, user string) ([]Device, error) {
	all, err := o.Devices(ctx)
	mine := []Device{}
	for _, d := range all {
		if d.User == user && d.Revoked == nil && !d.Disabled {
			mine = append(mine, d)
		}
	}
	return mine, err
}

// Enrol links to the app that the user's role works with. What stands behind the # never leaves the browser.
func (o *Office) Enrol(ctx context.Context, user string) (Invitation, error) {
	code, expires, err := o.Auth.NewCode(ctx, user)
	if err != nil {
		return Invitation{}, err
	}
	app := "/app/"
	err = o.Auth.Store.View(ctx, func(tx auth.Tx) error {
		u, _, err := tx.User(user)
		if u.Role != auth.Worker {
			app = "/console/"
		}
		return err
	})
	return Invitation{Code: code, Link: o.URL + app + "#enrol=" + code, Expires: expires}, err
}

// plain words what the store refused as a fault of the value that was given.
func plain(err error) error {
	var refused *deltasync.RefusedError
	switch {
	case errors.As(err, &refused):
		return &ValueError{strings.TrimSuffix(refused.Detail, ".")}
	case errors.Is(err, auth.ErrUserInvalid):
		return &ValueError{err.Error()}
	}
	return err
}

// fields are names and texts in turn.
func fields(pairs ...string) map[string]json.RawMessage {
	set := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		set[pairs[i]] = deltasync.AppendString(nil, pairs[i+1])
	}
	return set
}

// newID makes a UUID of version 7 (RFC 9562 §5.7).
func newID() string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], uint64(time.Now().UnixMilli())<<16)
	_, _ = rand.Read(id[6:]) // never fails
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
