package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	deltasync "alongside/sync"
)

// Book is what a World runs on: a store that can be given users.
type Book interface {
	deltasync.Store
	AddUser(c deltasync.Client) (deltasync.Client, error)
}

// World is some phones and one store, driven by the lines of a script, or by anything else that speaks its language.
type World struct {
	Book   Book
	Engine *deltasync.Engine
	Office Office // where phones sync; nil: at Engine
	Clock  time.Time
	Phones map[string]*Phone
	Users  map[string]deltasync.Client

	Backup   func()           // remembers the store as it is
	Restore  func(epoch bool) // puts it back, as a restore or behind everybody's back
	Restart  func()           // ends the server and starts it again; nil: there is none
	Enrolled func(*Phone)     // hears of each new client of a phone; nil: nobody does
	Tap      func(*Phone, Frame)

	names sync.Map // of ids; phones that sync at the same time are named too
	ops   int
}

// NewWorld opens a world on a store that open makes, with the world's clock.
func NewWorld(kinds deltasync.Kinds, open func(now func() time.Time) Book) *World {
	w := &World{Clock: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Phones: map[string]*Phone{},
		Users: map[string]deltasync.Client{}}
	w.Book = open(w.now)
	w.Engine = &deltasync.Engine{Store: w.Book, Kinds: kinds, Now: w.now}
	if m, ok := w.Book.(*Maps); ok {
		var kept Snapshot
		w.Backup = func() { kept = m.Snapshot(); m.MarkBackedUp(head(m)) }
		w.Restore = func(epoch bool) {
			if epoch {
				m.Restore(kept)
				m.MarkBackedUp(head(m))
			} else {
				m.Revert(kept)
			}
		}
	}
	return w
}

func head(s deltasync.Store) (v deltasync.Version) {
	_ = s.View(context.Background(), func(tx deltasync.Tx) error { v = tx.Head(); return nil })
	return v
}

// now moves on with every look, as clocks do.
func (w *World) now() time.Time {
	w.Clock = w.Clock.Add(time.Microsecond)
	return w.Clock
}

// ID is the id that a name stands for, the same in every world.
func (w *World) ID(name string) string {
	id := deltasync.NamedID("world", name)
	w.names.Store(id, name)
	return id
}

// Name is what a script calls an id.
func (w *World) Name(id string) string {
	switch n, ok := w.names.Load(id); {
	case ok:
		return n.(string)
	case strings.HasPrefix(id, "system/"):
		return id
	}
	return "?"
}

// Record is the id of a record by its name: "ben/visit", or "ben/first-of-anna" for the assignment that anna got when she
// made ben.
func (w *World) Record(name string) deltasync.RecordID {
	if _, user, ok := strings.Cut(name, "/first-of-"); ok {
		var id deltasync.RecordID
		_ = w.Book.View(context.Background(), func(tx deltasync.Tx) error {
			id = deltasync.FirstAssignment(tx, w.Scope(name), deltasync.UserID(w.ID(user)))
			return nil
		})
		w.names.Store(string(id), name)
		return id
	}
	return deltasync.RecordID(w.ID(name))
}

// AddUser adds a user of a team by name.
func (w *World) AddUser(name string, role deltasync.Role, team string) error {
	id := deltasync.RecordID(w.ID(team))
	made := &deltasync.Op{ID: deltasync.OpID(w.ID("team " + team)), Scope: deltasync.TeamOf(deltasync.TeamID(id)), Kind: "team",
		Record: id, Set: map[string]json.RawMessage{"name": deltasync.AppendString(nil, team)}}
	err := w.Book.Update(context.Background(), func(tx deltasync.WriteTx) error {
		if there, err := tx.Record(id); err != nil || there != nil {
			return err
		}
		return w.Engine.Write(tx, "system/admin", made)
	})
	if err != nil {
		return err
	}
	c, err := w.Book.AddUser(deltasync.Client{User: deltasync.UserID(w.ID(name)), Role: role, Team: deltasync.TeamID(w.ID(team))})
	w.Users[name] = c
	return err
}

// AddPhone gives a user a phone. Skew is how far its clock is off.
func (w *World) AddPhone(name, user string, skew time.Duration) *Phone {
	c := w.Users[user]
	c.ID = deltasync.ClientID(w.ID("client " + name))
	p := &Phone{Office: w.Office, Client: c, Name: name, Now: func() time.Time { return w.Clock.Add(skew) }}
	p.Tap = func(f Frame) {
		if w.Tap != nil {
			w.Tap(p, f)
		}
	}
	if p.Office == nil {
		p.Office = w.Engine
	}
	w.Phones[name] = p
	w.enrolled(p)
	return p
}

// Scope is the scope that a record's name stands in: "anna/visit" stands in anna's.
func (w *World) Scope(record string) deltasync.Scope {
	person, _, _ := strings.Cut(record, "/")
	return deltasync.PersonOf(deltasync.RecordID(w.ID(person)))
}

// Edit writes an op about a named record on a phone.
func (w *World) Edit(p *Phone, kind, record string, change map[string]any) uint64 {
	w.ops++
	wire := map[string]any{"scope": string(w.Scope(record)), "kind": kind, "record": string(w.Record(record))}
	for k, v := range change {
		wire[k] = v
	}
	return p.Write(deltasync.OpID(w.ID(fmt.Sprintf("op %d", w.ops))), wire)
}

func (w *World) enrolled(p *Phone) {
	if w.Enrolled != nil {
		w.Enrolled(p)
	}
}
