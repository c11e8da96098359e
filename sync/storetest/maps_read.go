package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	deltasync "alongside/sync"
)

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
