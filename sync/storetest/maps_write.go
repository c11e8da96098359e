package storetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	deltasync "alongside/sync"
)

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
