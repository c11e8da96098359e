package deltasync

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// draft gathers what a unit of ops would write, reading through to the transaction, so that a group takes effect
// whole or not at all.
type draft struct {
	engine   *Engine
	tx       WriteTx
	now      time.Time
	entries  []Entry
	records  map[RecordID]*Record
	puts     []RecordID
	access   map[Scope]*Access
	moved    map[Scope]bool // whose access is to be written
	counters map[ClientID]Counter
	held     []HeldOp
}

func newDraft(e *Engine, tx WriteTx, now time.Time) *draft {
	return &draft{engine: e, tx: tx, now: now}
}

// fork is a draft that starts where d stands and leaves d alone.
func (d *draft) fork() *draft {
	f := newDraft(d.engine, d.tx, d.now)
	f.entries, f.held = slices.Clone(d.entries), slices.Clone(d.held)
	f.counters, f.moved = maps.Clone(d.counters), maps.Clone(d.moved)
	for _, id := range d.puts {
		f.put(d.records[id].Clone())
	}
	f.access = map[Scope]*Access{}
	for s, a := range d.access {
		c := a.clone()
		f.access[s] = &c
	}
	return f
}

// next is the version that the next entry gets.
func (d *draft) next() Version { return d.tx.Head() + Version(len(d.entries)) + 1 }

func (d *draft) append(e Entry) Version {
	e.Version, e.At = d.next(), d.now
	d.entries = append(d.entries, e)
	return e.Version
}

// record is the caller's to change; put keeps the change.
func (d *draft) record(id RecordID) (*Record, error) {
	if r, ok := d.records[id]; ok {
		return r, nil
	}
	return d.tx.Record(id)
}

func (d *draft) put(r *Record) {
	if d.records == nil {
		d.records = map[RecordID]*Record{}
	}
	if _, ok := d.records[r.ID]; !ok {
		d.puts = append(d.puts, r.ID)
	}
	d.records[r.ID] = r
}

// accessTo is the draft's own copy of who sees a person's scope.
func (d *draft) accessTo(s Scope) (*Access, error) {
	if a, ok := d.access[s]; ok {
		return a, nil
	}
	stored, err := d.tx.Access(s)
	if err != nil {
		return nil, err
	}
	a := stored.clone()
	if d.access == nil {
		d.access = map[Scope]*Access{}
	}
	d.access[s] = &a
	return &a, nil
}

// changes says that what accessTo gave is to be written.
func (d *draft) changes(s Scope) {
	if d.moved == nil {
		d.moved = map[Scope]bool{}
	}
	d.moved[s] = true
}

func (d *draft) counter(c ClientID) (Counter, error) {
	if n, ok := d.counters[c]; ok {
		return n, nil
	}
	return d.tx.Counter(c)
}

func (d *draft) setCounter(c ClientID, n Counter) {
	if d.counters == nil {
		d.counters = map[ClientID]Counter{}
	}
	d.counters[c] = n
}

// heldOps are those of the scope, with the draft's own; a later state of one stands for the former.
func (d *draft) heldOps(s Scope, fn func(HeldOp) bool) error {
	return d.joined(func(h HeldOp) bool { return h.Scope == s }, func(fn func(HeldOp) bool) error { return d.tx.HeldOps(s, fn) }, fn)
}

// heldOf are those of one record of the scope.
func (d *draft) heldOf(s Scope, id RecordID, fn func(HeldOp) bool) error {
	about := func(h HeldOp) bool { return h.Scope == s && h.Record == id }
	return d.joined(about, func(fn func(HeldOp) bool) error { return d.tx.HeldOf(s, id, fn) }, fn)
}

func (d *draft) joined(about func(HeldOp) bool, stored func(func(HeldOp) bool) error, fn func(HeldOp) bool) error {
	key := func(h HeldOp) HeldOp { return HeldOp{Scope: h.Scope, Record: h.Record, Client: h.Client, N: h.N} }
	mine := map[HeldOp]HeldOp{}
	for _, h := range d.held {
		if about(h) {
			mine[key(h)] = h
		}
	}
	for _, h := range mine {
		if !fn(h) {
			return nil
		}
	}
	return stored(func(h HeldOp) bool {
		if _, ok := mine[key(h)]; ok {
			return true
		}
		return fn(h)
	})
}

// flush hands everything to the transaction and empties the draft, which still knows
// who sees what.
func (d *draft) flush() error {
	for _, e := range d.entries {
		v, err := d.tx.Append(e)
		if err != nil {
			return err
		}
		if v != e.Version {
			return fmt.Errorf("the store gave version %d where %d was next", v, e.Version)
		}
	}
	for _, id := range d.puts {
		if err := d.tx.Put(d.records[id]); err != nil {
			return err
		}
	}
	for _, s := range sortedKeys(d.moved) {
		if err := d.tx.PutAccess(s, *d.access[s]); err != nil {
			return err
		}
	}
	for c, n := range d.counters {
		if err := d.tx.PutCounter(c, n); err != nil {
			return err
		}
	}
	for _, h := range d.held {
		if err := d.tx.PutHeld(h); err != nil {
			return err
		}
	}
	*d = draft{engine: d.engine, tx: d.tx, now: d.now, access: d.access}
	return nil
}
