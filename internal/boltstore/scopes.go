package boltstore

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sync"

	deltasync "alongside/sync"
)

// scopes is what memory knows of each scope, so that an unchanged scope costs a pull one comparison.
//
// A reader wants the head of its own snapshot. So each scope keeps the heads of the last two commits that changed it,
// published before the commit happens, under the id of its bbolt transaction: whoever begins after a commit finds its
// head, whoever began before it the one below. Only a reader older than both has to count.
type scopes struct {
	mu   sync.RWMutex
	by   map[deltasync.Scope]*scopeHeads
	room []scopeHeads
}

// fresh gives room beside what was given last: those who are asked about together mostly came together.
func (s *scopes) fresh() *scopeHeads {
	if len(s.room) == 0 {
		s.room = make([]scopeHeads, 256)
	}
	h := &s.room[0]
	s.room = s.room[1:]
	return h
}

type scopeHeads struct {
	name        deltasync.Scope // the map's own string
	number      uint32
	now, before headAt
}

// headAt is a scope's head from a commit on.
type headAt struct {
	txid int // 0: since before the store was opened; -1: there is none
	head deltasync.ScopeHead
}

// scopeState is a scope in one transaction.
type scopeState struct {
	number uint32
	head   deltasync.ScopeHead
}

// find gives a scope as a transaction of that id sees it; counted is false where only the number is known.
func (s *scopes) find(scope deltasync.Scope, txid int) (found scopeState, counted, known bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.by[scope].at(txid)
}

// of is find for one whose heads are at hand.
func (s *scopes) of(h *scopeHeads, txid int) (found scopeState, counted, known bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return h.at(txid)
}

// at is for whoever holds the lock.
func (h *scopeHeads) at(txid int) (found scopeState, counted, known bool) {
	switch {
	case h == nil:
		return scopeState{}, false, false
	case h.now.txid <= txid:
		return scopeState{h.number, h.now.head}, true, true
	case h.before.txid >= 0 && h.before.txid <= txid:
		return scopeState{h.number, h.before.head}, true, true
	}
	return scopeState{number: h.number}, false, true
}

// find is that of scopes. Who asks goes through what was granted from its beginning, so that nothing has to be looked up.
func (st *state) find(s deltasync.Scope) (found scopeState, counted, known bool) {
	at, there := st.next, st.next < len(st.given) && st.given[st.next].scope == s
	if !there {
		at, there = slices.BinarySearchFunc(st.given, s, func(g grantOf, s deltasync.Scope) int { return cmp.Compare(g.scope, s) })
	}
	if !there || st.given[at].heads == nil {
		return st.db.scopes.find(s, st.txid())
	}
	st.next = at + 1
	return st.db.scopes.of(st.given[at].heads, st.txid())
}

// own is a scope's name in the string that the map has, which is compared with itself at a glance, and held once, and
// the heads, if there are any.
func (s *scopes) own(name []byte) (deltasync.Scope, *scopeHeads) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if h := s.by[deltasync.Scope(name)]; h != nil {
		return h.name, h
	}
	return deltasync.Scope(name), nil
}

// publish makes the heads of a coming commit known, and gives what takes that back.
func (s *scopes) publish(txid int, changed map[deltasync.Scope]*scopeState) (withdraw func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	former := make(map[deltasync.Scope]scopeHeads, len(changed))
	for scope, c := range changed {
		h := s.by[scope]
		if h == nil {
			h = s.fresh()
			*h = scopeHeads{name: scope, number: c.number, now: headAt{txid: 0}}
			s.by[scope] = h
		} else if h.now.head == c.head {
			continue
		}
		former[scope] = *h
		h.before, h.now = h.now, headAt{txid, c.head}
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for scope, h := range former {
			*s.by[scope] = h
		}
	}
}

// scope finds a scope as the transaction sees it; nil: it has never held a record.
func (st *state) scope(s deltasync.Scope) (*scopeState, error) {
	if own := st.scopes[s]; own != nil {
		return own, nil
	}
	found, counted, known := st.db.scopes.find(s, st.txid())
	if !known {
		return nil, nil
	}
	if !counted {
		var err error
		if found.head, err = st.count(found.number); err != nil {
			return nil, err
		}
	}
	return &found, nil
}

// changing is scope for one that the transaction is about to write to.
func (st *state) changing(s deltasync.Scope) (*scopeState, error) {
	own, err := st.scope(s)
	if err != nil {
		return nil, err
	}
	if own == nil {
		n, err := st.giveNumber(ofScope, string(s))
		if err != nil {
			return nil, err
		}
		own = &scopeState{number: n}
	}
	if st.scopes == nil {
		st.scopes = map[deltasync.Scope]*scopeState{}
	}
	st.scopes[s] = own
	return own, nil
}

// count adds a scope up, row by row.
func (st *state) count(number uint32) (deltasync.ScopeHead, error) {
	var h deltasync.ScopeHead
	prefix := binary.BigEndian.AppendUint32(nil, number)
	err := st.each(inRecords, prefix, func(key, value []byte) (bool, error) {
		_, v, ok := splitRecordKey(key)
		row, err := splitRecord(value)
		if !ok || err != nil {
			return false, st.damaged("a record cannot be read")
		}
		h.Latest = v
		if !row.gone {
			h.Sum.Add(deltasync.RecordID(textIn(row.id)), v)
		}
		return true, nil
	})
	return h, err
}

// latest is the highest version in a scope.
func (st *state) latest(number uint32) deltasync.Version {
	prefix := binary.BigEndian.AppendUint32(nil, number)
	c := st.table(inRecords).Cursor()
	k, _ := c.Seek(binary.BigEndian.AppendUint32(nil, number+1))
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	if !bytes.HasPrefix(k, prefix) {
		return 0
	}
	_, v, _ := splitRecordKey(k)
	return v
}

// heads counts every scope, in one pass over the records.
func (st *state) heads() (map[deltasync.Scope]*scopeHeads, error) {
	heads := map[deltasync.Scope]*scopeHeads{}
	byNumber := map[uint32]*scopeHeads{}
	err := st.each(inNumbers, []byte{ofScope}, func(k, value []byte) (bool, error) {
		r := reader{b: k[1:]}
		scope := r.text()
		if r.err() != nil || len(value) != 4 {
			return false, st.damaged("a row of numbers cannot be read")
		}
		h := st.db.scopes.fresh()
		*h = scopeHeads{name: deltasync.Scope(scope), number: binary.BigEndian.Uint32(value), before: headAt{txid: -1}}
		heads[h.name], byNumber[h.number] = h, h
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	var h *scopeHeads
	err = st.each(inRecords, nil, func(k, value []byte) (bool, error) {
		scope, v, ok := splitRecordKey(k)
		row, err := splitRecord(value)
		if !ok || err != nil {
			return false, st.damaged("a record cannot be read")
		}
		if h == nil || h.number != scope {
			if h = byNumber[scope]; h == nil {
				return false, st.damaged("a record belongs to a scope that nothing names")
			}
		}
		h.now.head.Latest = v
		if !row.gone {
			h.now.head.Sum.Add(deltasync.RecordID(textIn(row.id)), v)
		}
		return true, nil
	})
	return heads, err
}
