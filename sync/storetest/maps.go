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
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
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

func (s *state) Head() deltasync.Version {
	if len(s.log) == 0 {
		return 0
	}
	return s.log[len(s.log)-1].Version
}

func (s *state) Epoch() deltasync.Epoch { return s.epoch }

func (s *state) Secret() []byte { return slices.Clone(s.secret) }

func (s *state) Record(id deltasync.RecordID) (*deltasync.Record, error) {
	return s.records[id].Clone(), nil
}

func (s *state) ScopeHead(scope deltasync.Scope) (deltasync.ScopeHead, error) {
	var h deltasync.ScopeHead
	for _, c := range s.index[scope] {
		h.Latest = max(h.Latest, c.Version)
		if !c.Gone {
			h.Sum.Add(c.ID, c.Version)
		}
	}
	return h, nil
}

func (s *state) Changes(scope deltasync.Scope, after deltasync.Version, fn func(deltasync.Change) bool) error {
	for _, c := range s.index[scope] {
		if c.Version > after && !fn(c) {
			break
		}
	}
	return nil
}

func (s *state) Counter(c deltasync.ClientID) (deltasync.Counter, error) { return s.counters[c], nil }

func (s *state) OpByNumber(c deltasync.ClientID, n uint64) (deltasync.Version, error) {
	return s.byNumber[opNumber{c, n}], nil
}

func (s *state) OpByID(u deltasync.UserID, id deltasync.OpID) (deltasync.Version, error) {
	return s.byID[opName{u, id}], nil
}

func (s *state) GroupUsed(u deltasync.UserID, group string) (bool, error) {
	return s.groups[groupName{u, group}], nil
}

func (s *state) Entry(v deltasync.Version) (deltasync.Entry, error) {
	i := s.place(v)
	if i == len(s.log) || s.log[i].Version != v {
		return deltasync.Entry{}, fmt.Errorf("version %d: %w", v, deltasync.ErrNoEntry)
	}
	return cloneEntry(s.log[i]), nil
}

func (s *state) Entries(after deltasync.Version, fn func(deltasync.Entry) bool) error {
	for _, e := range s.log[s.place(after+1):] {
		if !fn(cloneEntry(e)) {
			break
		}
	}
	return nil
}

// place is that of the first entry from v on.
func (s *state) place(v deltasync.Version) int {
	return sort.Search(len(s.log), func(i int) bool { return s.log[i].Version >= v })
}

func (s *state) HeldOf(scope deltasync.Scope, id deltasync.RecordID, fn func(deltasync.HeldOp) bool) error {
	return s.HeldOps(scope, func(h deltasync.HeldOp) bool { return h.Record != id || fn(h) })
}

func (s *state) HeldOps(scope deltasync.Scope, fn func(deltasync.HeldOp) bool) error {
	var held []deltasync.HeldOp
	for key, h := range s.held {
		if key.scope == scope {
			held = append(held, h)
		}
	}
	slices.SortFunc(held, func(a, b deltasync.HeldOp) int { return cmp.Compare(a.Entry, b.Entry) })
	for _, h := range held {
		if !fn(h) {
			break
		}
	}
	return nil
}

func (s *state) Access(scope deltasync.Scope) (deltasync.Access, error) {
	return cloneAccess(s.access[scope]), nil
}

func (s *state) Granted(p deltasync.Principal, fn func(deltasync.Scope, deltasync.Version) bool) error {
	for _, scope := range slices.Sorted(maps.Keys(s.access)) {
		for _, g := range s.access[scope].Grants {
			if g.Principal == p && !fn(scope, g.Gen) {
				return nil
			}
		}
	}
	return nil
}

func (s *state) Grants(p deltasync.Principal, after deltasync.Version, fn func(deltasync.Grant) bool) error {
	for _, g := range s.grants[p] {
		if g.Version > after && !fn(g) {
			break
		}
	}
	return nil
}

func (s *state) NextDue() (time.Time, deltasync.Scope, error) {
	var next time.Time
	var due deltasync.Scope
	for _, scope := range slices.Sorted(maps.Keys(s.access)) {
		if at := s.access[scope].Next; !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next, due = at, scope
		}
	}
	return next, due, nil
}

func (s *state) User(id deltasync.UserID) (deltasync.Client, bool, error) {
	c, ok := s.users[id]
	return c, ok, nil
}

// writing is a state that an Update has cloned.
type writing struct{ *state }

func (w writing) Append(e deltasync.Entry) (deltasync.Version, error) {
	if e.Type == deltasync.EntryOp && e.Op == nil || e.Type == deltasync.EntryGrant && e.Grant == nil {
		return 0, errors.New("an entry without its content")
	}
	return w.append(w.Head()+1, e), nil
}

func (s *state) append(v deltasync.Version, e deltasync.Entry) deltasync.Version {
	e = cloneEntry(e)
	e.Version = v
	switch e.Type {
	case deltasync.EntryOp:
		if e.Op.Settles == 0 { // else its number and id stay with the op that it lets in
			s.noteOp(v, e.Op)
		}
	case deltasync.EntryGrant:
		e.Grant.Version = v
		p := e.Grant.Principal
		s.grants[p] = append(slices.Clip(s.grants[p]), *e.Grant)
	}
	s.log = append(s.log, e)
	return v
}

func (s *state) noteOp(v deltasync.Version, op *deltasync.OpEntry) {
	s.byNumber[opNumber{op.Client, op.N}] = v
	if name := (opName{op.User, op.ID}); op.ID != "" && s.byID[name] == 0 {
		s.byID[name] = v
	}
	if op.Group != "" {
		s.groups[groupName{op.User, op.Group}] = true
	}
}

func (w writing) Place(e deltasync.Entry) error {
	switch e.Type {
	case deltasync.EntryEpoch:
		w.epoch.First = e.Version
		if err := json.Unmarshal(e.Fact, &w.epoch.ID); err != nil {
			return err
		}
	case "user": // as this store says it, and as auth does
		var c struct {
			ID string
			deltasync.Client
		}
		if err := json.Unmarshal(e.Fact, &c); err != nil {
			return err
		}
		c.User = cmp.Or(c.User, deltasync.UserID(c.ID))
		w.users[c.User] = deltasync.Client{User: c.User, Role: c.Role, Team: c.Team, Since: cmp.Or(c.Since, w.users[c.User].Since, e.Version)}
	}
	if e.Type == deltasync.EntryEpoch && e.Version <= w.Head() || e.Type != deltasync.EntryEpoch && e.Version != w.Head()+1 {
		return fmt.Errorf("entry %d does not follow on %d", e.Version, w.Head())
	}
	w.append(e.Version, e)
	return nil
}

func (w writing) Put(r *deltasync.Record) error {
	if old := w.records[r.ID]; old != nil {
		w.index[old.Scope] = slices.DeleteFunc(slices.Clone(w.index[old.Scope]),
			func(c deltasync.Change) bool { return c.ID == r.ID })
	}
	w.records[r.ID] = r.Clone()
	changes := append(slices.Clone(w.index[r.Scope]), deltasync.Change{
		Kind: r.Kind, ID: r.ID, Version: r.Version, Gone: r.Gone, Body: r.AppendBody(nil),
	})
	slices.SortFunc(changes, func(a, b deltasync.Change) int { return cmp.Compare(a.Version, b.Version) })
	w.index[r.Scope] = changes
	return nil
}

func (w writing) PutCounter(c deltasync.ClientID, n deltasync.Counter) error {
	w.counters[c] = n
	return nil
}

func (w writing) PutAccess(s deltasync.Scope, a deltasync.Access) error {
	w.access[s] = cloneAccess(a)
	return nil
}

func (w writing) PutHeld(h deltasync.HeldOp) error {
	w.held[heldKey{h.Scope, h.Record, opNumber{h.Client, h.N}}] = h
	return nil
}

func (w writing) EraseScope(s deltasync.Scope) (int, error) {
	n := len(w.index[s])
	for _, c := range w.index[s] {
		delete(w.records, c.ID)
	}
	delete(w.index, s)
	delete(w.access, s)
	maps.DeleteFunc(w.held, func(k heldKey, _ deltasync.HeldOp) bool { return k.scope == s })
	return n, nil
}

func (w writing) Empty(v deltasync.Version) error {
	e, err := w.Entry(v)
	if err != nil {
		return err
	}
	w.log = slices.Clone(w.log)
	w.log[w.place(v)] = e.Emptied()
	return nil
}

func (w writing) NewEpoch(seen deltasync.Version, now time.Time) error {
	w.beginEpoch(max(w.Head(), seen), now)
	return nil
}

// beginEpoch begins one above head.
func (s *state) beginEpoch(head deltasync.Version, now time.Time) {
	first := deltasync.FirstVersion(head, now)
	s.epoch = deltasync.Epoch{ID: strconv.FormatUint(uint64(first), 36), First: first}
	fact, _ := json.Marshal(s.epoch.ID) // a string is always JSON
	s.append(first, deltasync.Entry{At: now, Type: deltasync.EntryEpoch, Fact: fact})
}

func cloneEntry(e deltasync.Entry) deltasync.Entry {
	if e.Op != nil {
		op := *e.Op
		op.Raw = slices.Clone(op.Raw)
		e.Op = &op
	}
	if e.Grant != nil {
		g := *e.Grant
		e.Grant = &g
	}
	e.Fact = slices.Clone(e.Fact)
	return e
}

func cloneAccess(a deltasync.Access) deltasync.Access {
	a.Assignments = slices.Clone(a.Assignments)
	a.Grants = slices.Clone(a.Grants)
	return a
}
