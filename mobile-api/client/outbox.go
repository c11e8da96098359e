package client

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	deltasync "alongside/sync"
)

// Op is one edit as it is sent (PROTOCOL §5.1).
type Op struct {
	N      uint64                     `json:"n"`
	ID     deltasync.OpID             `json:"id"`
	Group  string                     `json:"group,omitempty"`
	At     time.Time                  `json:"at"` // the device's clock
	Scope  deltasync.Scope            `json:"scope"`
	Kind   string                     `json:"kind"`
	Record deltasync.RecordID         `json:"record"`
	Base   deltasync.Version          `json:"base"`
	Set    map[string]json.RawMessage `json:"set,omitempty"`
	Add    map[string][]string        `json:"add,omitempty"`
	Remove map[string][]string        `json:"remove,omitempty"`
	Delete bool                       `json:"delete,omitempty"`
}

// Entry is an op and what the server said to it.
type Entry struct {
	Op
	Result *deltasync.Result // nil: nothing yet
}

// entry is an Entry as the outbox keeps it.
type entry struct {
	Op     Op                `json:"op"`
	Result *deltasync.Result `json:"result,omitempty"`
	Acked  time.Time         `json:"acked,omitzero"`
	Seen   bool              `json:"seen,omitempty"`   // a completed run has brought what it did
	Listed bool              `json:"listed,omitempty"` // was listed as held or rejected
}

const (
	bodyRoom = 900_000              // bytes of ops in a request: under 1 MiB with all the rest
	keepFor  = 180 * 24 * time.Hour // acknowledged ops that no backup holds (PROTOCOL §7.1)
)

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// encode is JSON that spells < > & as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func putEntry(tx *bbolt.Tx, e *entry) error {
	raw, err := encode(e)
	if err != nil {
		return err
	}
	return tx.Bucket(opsBucket).Put(numberKey(e.Op.N), raw)
}

func readEntry(raw []byte) (*entry, error) {
	e := new(entry)
	if err := json.Unmarshal(raw, e); err != nil {
		return nil, fmt.Errorf("an entry of the outbox: %w", err)
	}
	return e, nil
}

func entryAt(tx *bbolt.Tx, n uint64) (*entry, error) {
	raw := tx.Bucket(opsBucket).Get(numberKey(n))
	if raw == nil {
		return nil, nil
	}
	return readEntry(raw)
}

// entries calls fn for all that the outbox holds, in the order of numbers. fn must not write to it.
func entries(tx *bbolt.Tx, fn func(*entry) error) error { return entriesAfter(tx, 0, fn) }

func entriesAfter(tx *bbolt.Tx, n uint64, fn func(*entry) error) error {
	c := tx.Bucket(opsBucket).Cursor()
	for k, raw := c.Seek(numberKey(n + 1)); k != nil; k, raw = c.Next() {
		e, err := readEntry(raw)
		if err != nil {
			return err
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

// rewrite calls fn for all entries, and keeps those that it says it has changed.
func rewrite(tx *bbolt.Tx, fn func(*entry) (changed bool)) error {
	var changed []*entry
	err := entries(tx, func(e *entry) error {
		if fn(e) {
			changed = append(changed, e)
		}
		return nil
	})
	for _, e := range changed {
		if err == nil {
			err = putEntry(tx, e)
		}
	}
	return err
}

// waits reports whether the server has not answered the op.
func (e *entry) waits() bool { return e.Result == nil }

// laid reports whether the op is to be shown over what the server sent.
func (e *entry) laid() bool { return e.Result == nil || e.Result.Status.Took() && !e.Seen }

// batch is what a request offers.
type batch struct {
	Ops       []json.RawMessage
	IDs       []deltasync.OpID
	First     uint64 // number of the first
	LostBelow uint64 // PROTOCOL §7.4
}

func (b *batch) empty() bool { return len(b.Ops) == 0 && b.LostBelow == 0 }

var errEnough = errors.New("enough")

// offer gathers what comes next: consecutive numbers, groups whole, one group at least however large it is.
func offer(tx *bbolt.Tx, st *state, most size) (*batch, error) {
	b := new(batch)
	group, bytes := "", 0
	whole := 0 // ops before the group that is being gathered
	err := entriesAfter(tx, st.Offered, func(e *entry) error {
		switch n := len(b.Ops); {
		case n == 0:
			b.First = e.Op.N
		case e.Op.N != b.First+uint64(n):
			return errEnough
		case e.Op.Group == "" || e.Op.Group != group:
			whole = n
		}
		raw, err := encode(e.Op)
		if err != nil {
			return err
		}
		group, bytes = e.Op.Group, bytes+len(raw)+1
		if whole > 0 && (len(b.Ops) >= most.ops || bytes > most.body) {
			b.Ops, b.IDs = b.Ops[:whole], b.IDs[:whole]
			return errEnough
		}
		b.Ops, b.IDs = append(b.Ops, raw), append(b.IDs, e.Op.ID)
		return nil
	})
	if err != nil && err != errEnough {
		return nil, err
	}
	switch {
	case len(b.Ops) > 0 && b.First > st.Through+1:
		b.LostBelow = b.First
	case len(b.Ops) == 0 && st.LastN > st.Through:
		b.LostBelow = st.LastN + 1
	}
	return b, nil
}

// answer keeps the results of a batch, as far as they came, in the order in which it was sent.
func answer(tx *bbolt.Tx, st *state, sent *batch, results []deltasync.Result, now time.Time, r *Report) error {
	for i, id := range sent.IDs {
		n := sent.First + uint64(i)
		if i >= len(results) || results[i].N != n || results[i].ID != id {
			return nil // what is not answered is offered again
		}
		e, err := entryAt(tx, n)
		if err != nil {
			return err
		}
		if e == nil || e.Op.ID != id {
			return nil
		}
		res := results[i]
		r.count(e, res)
		e.Seen = e.Seen && e.Result != nil && *e.Result == res
		e.Result, e.Acked = &res, now
		if res.Code == "erased" { // nothing of it is to stay on the phone either (PROTOCOL §11)
			e.Op.Set, e.Op.Add, e.Op.Remove = nil, nil, nil
		}
		if err := list(tx, e); err != nil {
			return err
		}
		if err := putEntry(tx, e); err != nil {
			return err
		}
		st.Offered = n
		st.Through = max(st.Through, n)
	}
	return nil
}

// list lists an op that did not take effect, once.
func list(tx *bbolt.Tx, e *entry) error {
	kept := tx.Bucket(keptBucket)
	if e.Result.Status.Took() {
		return kept.Delete([]byte(e.Op.ID))
	}
	if e.Listed {
		return nil
	}
	e.Listed = true
	raw, err := encode(e)
	if err != nil {
		return err
	}
	return kept.Put([]byte(e.Op.ID), raw)
}

// reoffer makes the phone offer again what the server turns out not to hold, and all that is kept if it was restored
// (PROTOCOL §7.3).
func reoffer(tx *bbolt.Tx, st *state, through uint64, all bool) error {
	st.Through, st.Offered = through, min(st.Offered, through)
	if all {
		st.Offered = 0
	}
	return rewrite(tx, func(e *entry) bool {
		if e.Op.N <= through || e.Result == nil {
			return false
		}
		e.Result, e.Acked, e.Seen = nil, time.Time{}, false
		return true
	})
}

// renumber gives all that the outbox holds numbers from 1, for a new client (PROTOCOL §2.3). Results stay until the
// server repeats them.
func renumber(tx *bbolt.Tx, st *state) error {
	var all []*entry
	err := entries(tx, func(e *entry) error {
		all = append(all, e)
		return nil
	})
	if err != nil {
		return err
	}
	if err := empty(tx, opsBucket); err != nil {
		return err
	}
	for i, e := range all {
		e.Op.N = uint64(i) + 1
		if err := putEntry(tx, e); err != nil {
			return err
		}
	}
	st.LastN, st.Offered, st.Through, st.Safe = uint64(len(all)), 0, 0, 0
	return nil
}

// settle is called when a run is complete: what it has brought is laid over the view no longer, and what a backup
// holds is let go.
func settle(tx *bbolt.Tx, st *state, now time.Time) (waiting int, err error) {
	var gone []uint64
	err = rewrite(tx, func(e *entry) bool {
		if e.waits() {
			waiting++
			return false
		}
		seen := e.Seen || e.Result.Version <= st.Head
		safe := e.Op.N <= st.Safe || now.Sub(e.Acked) > keepFor
		if seen && safe && e.Op.N <= st.Offered {
			gone = append(gone, e.Op.N)
			return false
		}
		changed := seen != e.Seen
		e.Seen = seen
		return changed
	})
	for _, n := range gone {
		if err == nil {
			err = tx.Bucket(opsBucket).Delete(numberKey(n))
		}
	}
	return waiting, err
}

func empty(tx *bbolt.Tx, bucket []byte) error {
	if err := tx.DeleteBucket(bucket); err != nil {
		return err
	}
	_, err := tx.CreateBucket(bucket)
	return err
}

// Outbox lists what was written here: what waits for the server, and what the server holds but no backup of it does,
// which is kept in case it is restored. Both are in the order in which they were written.
func (p *Phone) Outbox() (waiting, sent []Entry, err error) {
	err = p.view(func(tx *bbolt.Tx) error {
		return entries(tx, func(e *entry) error {
			if e.waits() {
				waiting = append(waiting, Entry{Op: e.Op})
			} else {
				sent = append(sent, Entry{e.Op, e.Result})
			}
			return nil
		})
	})
	return waiting, sent, err
}

// Kept lists what was held for a coordinator or rejected, the oldest first, until it is cleared. Result says why, in
// words for whoever wrote it.
func (p *Phone) Kept() (kept []Entry, err error) {
	err = p.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(keptBucket).ForEach(func(_, raw []byte) error {
			e, err := readEntry(raw)
			if err == nil {
				kept = append(kept, Entry{e.Op, e.Result})
			}
			return err
		})
	})
	slices.SortFunc(kept, func(a, b Entry) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.N, b.N)) })
	return kept, err
}

// Clear takes entries off the list that Kept gives. The server keeps them.
func (p *Phone) Clear(ids ...deltasync.OpID) error {
	return p.update(func(tx *bbolt.Tx) error {
		for _, id := range ids {
			if err := tx.Bucket(keptBucket).Delete([]byte(id)); err != nil {
				return err
			}
		}
		return nil
	})
}
