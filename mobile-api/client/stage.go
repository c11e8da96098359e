package client

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	deltasync "alongside/sync"
)

// mark is a scope that the view shows, or what a run has brought of one. Its records stand in a slot, a bucket of
// their own, so that a scope that came whole enters the view by its mark alone.
type mark struct {
	Gen     deltasync.Version `json:"gen"`
	Slot    uint64            `json:"slot,omitempty"` // 0: none
	Came    bool              `json:"came,omitempty"` // whole, in place of what was there
	Done    bool              `json:"done,omitempty"`
	Dropped bool              `json:"dropped,omitempty"`
}

func readMark(b *bbolt.Bucket, s deltasync.Scope) (*mark, error) {
	raw := b.Get([]byte(s))
	if raw == nil {
		return nil, nil
	}
	m := new(mark)
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, fmt.Errorf("a scope's mark: %w", err)
	}
	return m, nil
}

func putMark(b *bbolt.Bucket, s deltasync.Scope, m *mark) error {
	raw, err := encode(m)
	if err != nil {
		return err
	}
	return b.Put([]byte(s), raw)
}

// marks reads all marks of a bucket.
func marks(b *bbolt.Bucket) (map[deltasync.Scope]*mark, error) {
	all := map[deltasync.Scope]*mark{}
	err := b.ForEach(func(k, _ []byte) error {
		m, err := readMark(b, deltasync.Scope(k))
		all[deltasync.Scope(k)] = m
		return err
	})
	return all, err
}

func newSlot(tx *bbolt.Tx) (uint64, error) {
	slots := tx.Bucket(slotsBucket)
	n, err := slots.NextSequence()
	if err != nil {
		return 0, err
	}
	_, err = slots.CreateBucket(numberKey(n))
	return n, err
}

func slotOf(tx *bbolt.Tx, n uint64) *bbolt.Bucket { return tx.Bucket(slotsBucket).Bucket(numberKey(n)) }

func freeSlot(tx *bbolt.Tx, n uint64) error {
	if n == 0 {
		return nil
	}
	return tx.Bucket(slotsBucket).DeleteBucket(numberKey(n))
}

// A slot's value is the version, eight bytes, and the record's frame as it came; nothing after the version says that
// the record is gone.
func stored(v deltasync.Version, raw []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(raw)), uint64(v)), raw...)
}

func readStored(value []byte) (v deltasync.Version, raw []byte, ok bool) {
	if len(value) < 8 {
		return 0, nil, false
	}
	return deltasync.Version(binary.BigEndian.Uint64(value)), value[8:], true
}

// staging takes the frames of one page.
type staging struct {
	tx    *bbolt.Tx
	marks map[deltasync.Scope]*mark // read or changed in this page
	slots map[uint64]*bbolt.Bucket
}

// stage keeps a page's frames until the run is complete (PROTOCOL §6.3, §6.4).
func stage(tx *bbolt.Tx, frames []frame) error {
	s := &staging{tx: tx, marks: map[deltasync.Scope]*mark{}, slots: map[uint64]*bbolt.Bucket{}}
	for i := range frames {
		if err := s.frame(&frames[i]); err != nil {
			return err
		}
	}
	for scope, m := range s.marks {
		if m == nil {
			continue
		}
		if err := putMark(tx.Bucket(stagingBucket), scope, m); err != nil {
			return err
		}
	}
	return nil
}

func (s *staging) frame(f *frame) error {
	m, err := s.mark(f.Scope)
	if err != nil {
		return err
	}
	switch {
	case f.Name == "drop":
		if m != nil && f.Gen < m.Gen {
			return nil
		}
		return s.begin(f.Scope, m, &mark{Gen: f.Gen, Dropped: true})
	case f.Name == "scope" && f.Backfill:
		slot, err := newSlot(s.tx)
		if err != nil {
			return err
		}
		return s.begin(f.Scope, m, &mark{Gen: f.Gen, Slot: slot, Came: true})
	case m == nil || m.Dropped || m.Gen != f.Gen:
		return nil
	case f.Name == "scope":
		m.Done = m.Came && f.Done
		return nil
	case m.Slot == 0:
		if m.Slot, err = newSlot(s.tx); err != nil {
			return err
		}
	}
	b := s.slot(m.Slot)
	switch {
	case f.Name == "record":
		return b.Put([]byte(f.ID), stored(f.Version, f.raw))
	case m.Came:
		return b.Delete([]byte(f.ID))
	}
	return b.Put([]byte(f.ID), stored(f.Version, nil))
}

// mark is what the run has brought of a scope; the first time, on the footing of what the view shows of it.
func (s *staging) mark(scope deltasync.Scope) (*mark, error) {
	if m, ok := s.marks[scope]; ok {
		return m, nil
	}
	m, err := readMark(s.tx.Bucket(stagingBucket), scope)
	if m == nil && err == nil {
		if m, err = readMark(s.tx.Bucket(scopesBucket), scope); m != nil {
			m = &mark{Gen: m.Gen}
		}
	}
	s.marks[scope] = m
	return m, err
}

func (s *staging) begin(scope deltasync.Scope, old, m *mark) error {
	s.marks[scope] = m
	if old == nil {
		return nil
	}
	delete(s.slots, old.Slot)
	return freeSlot(s.tx, old.Slot)
}

func (s *staging) slot(n uint64) *bbolt.Bucket {
	b, ok := s.slots[n]
	if !ok {
		b = slotOf(s.tx, n)
		s.slots[n] = b
	}
	return b
}

// land makes what the run has brought the view. Reset: what did not come whole goes.
func land(tx *bbolt.Tx, reset bool) error {
	view := tx.Bucket(scopesBucket)
	brought, err := marks(tx.Bucket(stagingBucket))
	if err != nil {
		return err
	}
	shown, err := marks(view)
	if err != nil {
		return err
	}
	for scope, old := range shown {
		if m := brought[scope]; m != nil && (m.Came || m.Dropped) || reset {
			if err := drop(tx, scope, old); err != nil {
				return err
			}
			shown[scope] = nil
		}
	}
	for scope, m := range brought {
		switch old := shown[scope]; {
		case m.Came:
			err = putMark(view, scope, &mark{Gen: m.Gen, Slot: m.Slot})
		case m.Slot == 0:
		case old == nil:
			err = freeSlot(tx, m.Slot)
		default:
			if err = pour(slotOf(tx, m.Slot), slotOf(tx, old.Slot)); err == nil {
				err = freeSlot(tx, m.Slot)
			}
		}
		if err != nil {
			return err
		}
	}
	return empty(tx, stagingBucket)
}

// drop takes a scope out of the view.
func drop(tx *bbolt.Tx, scope deltasync.Scope, m *mark) error {
	if err := tx.Bucket(scopesBucket).Delete([]byte(scope)); err != nil {
		return err
	}
	return freeSlot(tx, m.Slot)
}

// pour brings changes into a scope.
func pour(from, to *bbolt.Bucket) error {
	return from.ForEach(func(id, value []byte) error {
		if _, raw, ok := readStored(value); ok && len(raw) == 0 {
			return to.Delete(id)
		}
		return to.Put(id, value)
	})
}

// restart gives up the run under way. From nothing: the next one begins with an empty cursor, and what does not come in
// it goes.
func restart(tx *bbolt.Tx, st *state, fromNothing bool) error {
	st.Run = pullRun{Reset: fromNothing}
	if fromNothing {
		st.Cursor = ""
	}
	brought, err := marks(tx.Bucket(stagingBucket))
	if err != nil {
		return err
	}
	for _, m := range brought {
		if err := freeSlot(tx, m.Slot); err != nil {
			return err
		}
	}
	return empty(tx, stagingBucket)
}
