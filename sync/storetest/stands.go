package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	deltasync "alongside/sync"
)

// Standing looks for ops in what a transaction shows.
type Standing struct {
	tx   deltasync.Tx
	past map[deltasync.RecordID][]written
}

// NewStanding looks in tx, for as long as it is open.
func NewStanding(tx deltasync.Tx) *Standing {
	return &Standing{tx, map[deltasync.RecordID][]written{}}
}

// Stands says what is wrong unless the op of an entry is in its record, in the record's history, waits as held, or was erased. What it
// wrote is to stand in the record for as long as nobody has written over it who has seen it, whatever the merge says.
func (s *Standing) Stands(v deltasync.Version) error {
	e, err := s.tx.Entry(v)
	if err != nil || e.Op.Erased {
		return err
	}
	if !e.Op.Status.Took() {
		return waits(s.tx, v, e.Op)
	}
	rec, err := s.tx.Record(e.Op.Record)
	if err == nil && rec == nil {
		err = errors.New("an applied op has no record")
	}
	if err != nil {
		return err
	}
	past, ok := s.past[rec.ID]
	if !ok {
		if past, err = pastOf(s.tx, rec); err != nil {
			return err
		}
		s.past[rec.ID] = past
	}
	i, ok := slices.BinarySearchFunc(past, v, func(w written, v deltasync.Version) int { return cmp.Compare(v, w.version) })
	if !ok {
		return errors.New("an applied op is not in its record's history")
	}
	return past[i].stands(rec, past)
}

func waits(tx deltasync.Tx, v deltasync.Version, op *deltasync.OpEntry) error {
	found := false
	err := tx.HeldOf(op.Scope, op.Record, func(h deltasync.HeldOp) bool {
		if h.Entry == v {
			rec, _ := tx.Record(h.Held)
			found = rec != nil && !rec.Gone
		}
		return !found
	})
	if err == nil && !found {
		err = fmt.Errorf("a %s op waits nowhere", op.Status)
	}
	return err
}

// written is an op that took effect, with the version that it got.
type written struct {
	*deltasync.Op
	version deltasync.Version
	client  deltasync.ClientID
}

// pastOf is what was written to a record, the latest first. What was erased is left out.
func pastOf(tx deltasync.Tx, rec *deltasync.Record) (past []written, err error) {
	for at := rec.Log; at != 0; {
		e, err := tx.Entry(at)
		if err != nil || e.Op == nil {
			return past, err
		}
		raw := e.Op.Payload()
		if e.Op.Settles != 0 {
			held, err := tx.Entry(e.Op.Settles)
			if err != nil {
				return nil, err
			}
			raw = held.Op.Payload()
		}
		if raw != nil {
			op, err := deltasync.ParseOp(raw)
			if err != nil {
				return nil, fmt.Errorf("entry %d took effect: %w", at, err)
			}
			past = append(past, written{op, at, e.Op.Client})
		}
		at = e.Op.Prev
	}
	return past, nil
}

// saw reports whether who wrote w had seen what o wrote.
func (w written) saw(o written) bool {
	return w.version != o.version && (o.version <= w.Base || w.client == o.client && w.N > o.N)
}

func (w written) stands(rec *deltasync.Record, past []written) error {
	later := func(does func(written) bool) bool {
		return slices.ContainsFunc(past, func(o written) bool { return o.saw(w) && does(o) })
	}
	deletes := func(o written) bool { return o.Delete }
	if rec.Gone {
		if !w.Delete && !later(deletes) && !slices.ContainsFunc(past, func(o written) bool { return o.saw(w) && !o.Delete }) {
			return errors.New("it was written to a record that is gone, and who deleted that had not seen it")
		}
		return nil
	}
	for _, f := range slices.Sorted(maps.Keys(w.Set)) {
		i := slices.IndexFunc(rec.Registers, func(r deltasync.Register) bool { return slices.Contains(r.Fields, f) })
		if i < 0 {
			return fmt.Errorf("it wrote to %s, which the record has not", f)
		}
		r := rec.Registers[i]
		writes := func(o written) bool {
			return slices.ContainsFunc(r.Fields, func(f string) bool { _, ok := o.Set[f]; return ok })
		}
		is := func(v deltasync.Value) bool { return v.Version == w.version }
		if !later(writes) && !slices.ContainsFunc(r.Values, is) {
			return fmt.Errorf("what it wrote to %s does not stand, and nobody who saw it wrote over it", f)
		}
	}
	return nil
}
