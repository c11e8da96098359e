// Package storetest holds what every deltasync.Store has to do: Maps, a store over plain maps that is obviously right,
// and Run, the suite that any other store passes.
//
// Its choices:
//
//   - Maps is the oracle. It copies its maps for every transaction and sorts on every read, so that there is little to
//     get wrong; it is for tests and simulated days, not for serving.
//   - Values in its state are never changed in place, only replaced. So a state that a transaction has seen stays as it
//     was, and a snapshot costs nothing.
//   - The suite demands what comes back, not how it is kept: what a store was handed comes back to the nanosecond, a
//     cleared value as nil, and empty and absent lists count as the same.
//   - Whatever contract has no test of its own is covered by the comparison with Maps, which asks every method.
package storetest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	deltasync "alongside/sync"
)

// Maps is a deltasync.Store over maps and slices. It may be used by several goroutines.
type Maps struct {
	now     func() time.Time
	writing sync.Mutex // held by the one who writes; guards top
	state   atomic.Pointer[state]
	top     deltasync.Version // the highest head there ever was
}

// NewMaps makes a store in its first epoch. A nil now is time.Now.
func NewMaps(now func() time.Time) *Maps {
	if now == nil {
		now = time.Now
	}
	m := &Maps{now: now}
	s := &state{
		secret:   []byte("the secret of a store for tests."), // the same in each, so that a seeded run repeats to the byte
		records:  map[deltasync.RecordID]*deltasync.Record{},
		index:    map[deltasync.Scope][]deltasync.Change{},
		counters: map[deltasync.ClientID]deltasync.Counter{},
		byNumber: map[opNumber]deltasync.Version{},
		byID:     map[opName]deltasync.Version{},
		groups:   map[groupName]bool{},
		held:     map[heldKey]deltasync.HeldOp{},
		access:   map[deltasync.Scope]deltasync.Access{},
		grants:   map[deltasync.Principal][]deltasync.Grant{},
		users:    map[deltasync.UserID]deltasync.Client{},
	}
	s.beginEpoch(0, now())
	m.swap(s)
	return m
}

func (m *Maps) View(ctx context.Context, fn func(deltasync.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn(m.state.Load())
}

func (m *Maps) Update(ctx context.Context, fn func(deltasync.WriteTx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return m.update(func(s *state) error { return fn(writing{s}) })
}

func (m *Maps) update(fn func(*state) error) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	s := m.state.Load().clone()
	if err := fn(s); err != nil {
		return err
	}
	m.swap(s)
	return nil
}

func (m *Maps) swap(s *state) {
	m.top = max(m.top, s.Head())
	m.state.Store(s)
}

// AddUser says in the log that there is such a user, and returns it with Since set. Said again, it replaces the role
// and the team and begins anew.
func (m *Maps) AddUser(c deltasync.Client) (deltasync.Client, error) {
	err := m.update(func(s *state) error {
		fact, err := json.Marshal(c)
		if err != nil {
			return err
		}
		v := s.append(s.Head()+1, deltasync.Entry{At: m.now(), Type: "user", Fact: fact})
		c.Since = v
		s.users[c.User] = deltasync.Client{User: c.User, Role: c.Role, Team: c.Team, Since: v}
		return nil
	})
	return c, err
}

// MarkBackedUp says that a backup holds the log up to head: it raises the safe number of each client.
func (m *Maps) MarkBackedUp(head deltasync.Version) {
	_ = m.update(func(s *state) error { // nothing in it fails
		for _, e := range s.log {
			if e.Version > head || e.Type != deltasync.EntryOp || e.Op.Settles != 0 {
				continue
			}
			c := s.counters[e.Op.Client]
			c.Safe = max(c.Safe, e.Op.N)
			s.counters[e.Op.Client] = c
		}
		return nil
	})
}

// Adopt makes the store one with the secret of another, so that its log can be replayed here.
func (m *Maps) Adopt(secret []byte) {
	_ = m.update(func(s *state) error { s.secret = secret; return nil }) // nothing in it fails
}

// Snapshot is a state of a store, to come back to.
type Snapshot struct{ s *state }

// Snapshot is the state now.
func (m *Maps) Snapshot() Snapshot { return Snapshot{m.state.Load()} }

// Restore comes back to a snapshot as the restore command does: a new epoch begins, above every version ever given.
func (m *Maps) Restore(to Snapshot) {
	m.writing.Lock()
	defer m.writing.Unlock()
	s := to.s.clone()
	s.beginEpoch(m.top, m.now())
	m.swap(s)
}

// Revert puts the store back in time in silence, as a copied file does: versions will be given twice until somebody
// notices.
func (m *Maps) Revert(to Snapshot) {
	m.writing.Lock()
	defer m.writing.Unlock()
	m.swap(to.s)
}

// state is all that the store knows. Only its maps are changed in place, and only by the Update that cloned them.
type state struct {
	secret   []byte
	epoch    deltasync.Epoch
	log      []deltasync.Entry // in the order of versions
	records  map[deltasync.RecordID]*deltasync.Record
	index    map[deltasync.Scope][]deltasync.Change // in the order of versions
	counters map[deltasync.ClientID]deltasync.Counter
	byNumber map[opNumber]deltasync.Version
	byID     map[opName]deltasync.Version
	groups   map[groupName]bool
	held     map[heldKey]deltasync.HeldOp
	access   map[deltasync.Scope]deltasync.Access
	grants   map[deltasync.Principal][]deltasync.Grant
	users    map[deltasync.UserID]deltasync.Client
}

type (
	opNumber struct {
		client deltasync.ClientID
		n      uint64
	}
	opName struct {
		user deltasync.UserID
		id   deltasync.OpID
	}
	groupName struct {
		user  deltasync.UserID
		group string
	}
	heldKey struct {
		scope  deltasync.Scope
		record deltasync.RecordID
		op     opNumber
	}
)

func (s *state) clone() *state {
	return &state{
		secret:   s.secret,
		epoch:    s.epoch,
		log:      slices.Clip(s.log), // appending copies
		records:  maps.Clone(s.records),
		index:    maps.Clone(s.index),
		counters: maps.Clone(s.counters),
		byNumber: maps.Clone(s.byNumber),
		byID:     maps.Clone(s.byID),
		groups:   maps.Clone(s.groups),
		held:     maps.Clone(s.held),
		access:   maps.Clone(s.access),
		grants:   maps.Clone(s.grants),
		users:    maps.Clone(s.users),
	}
}
