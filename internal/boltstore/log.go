package boltstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	deltasync "alongside/sync"
)

func (st *state) append(v deltasync.Version, e deltasync.Entry) error {
	if v > deltasync.MaxInteger {
		return fmt.Errorf("version %d: the log is full", v)
	}
	size := 64 + len(e.Fact)
	if e.Op != nil {
		size += 192 + len(e.Op.Raw)
	}
	if err := st.put(inLog, versionKey(v), appendEntry(newRow(size), &e)); err != nil {
		return err
	}
	st.head = v
	switch {
	case e.Type == deltasync.EntryOp && e.Op.Settles == 0: // else its number and id stay with the op that it lets in
		return st.noteOp(v, e.Op)
	case e.Type == deltasync.EntryGrant:
		return st.noteGrant(v, e.Grant)
	case e.Type == entryBackup:
		e.Version = v
		return st.noteBackup(e)
	}
	return nil
}

// place is append of an entry that has its version.
func (st *state) place(e deltasync.Entry) error {
	switch {
	case e.Type == deltasync.EntryEpoch && e.Version > st.head:
		st.epoch.First = e.Version
		if err := json.Unmarshal(e.Fact, &st.epoch.ID); err != nil {
			return fmt.Errorf("the start of an epoch at %d cannot be read: %w", e.Version, err)
		}
	case e.Version != st.head+1:
		return fmt.Errorf("entry %d does not follow on %d", e.Version, st.head)
	}
	if err := st.append(e.Version, e); err != nil {
		return err
	}
	return st.noteFact(e)
}

func (st *state) newEpoch(seen deltasync.Version, now time.Time) error {
	id, err := st.db.newID()
	if err != nil {
		return err
	}
	first := deltasync.FirstVersion(max(st.head, seen), now)
	fact, err := json.Marshal(id)
	if err != nil {
		return err
	}
	st.epoch = deltasync.Epoch{ID: id, First: first}
	return st.append(first, deltasync.Entry{At: now, Type: deltasync.EntryEpoch, Fact: fact})
}

func (tx *Tx) Entry(v deltasync.Version) (deltasync.Entry, error) {
	row, err := tx.st.row(inLog, versionKey(v))
	if err != nil {
		return deltasync.Entry{}, err
	}
	if row == nil {
		return deltasync.Entry{}, fmt.Errorf("version %d: %w", v, deltasync.ErrNoEntry)
	}
	return tx.st.entry(v, row)
}

func (st *state) entry(v deltasync.Version, row []byte) (deltasync.Entry, error) {
	e, err := readEntry(v, row)
	if err != nil {
		return e, st.damaged(err.Error())
	}
	return e, nil
}

// Entries calls fn for the log after a version, in order, until fn returns false. fn must not write.
func (tx *Tx) Entries(after deltasync.Version, fn func(deltasync.Entry) bool) error {
	var broken error
	err := tx.Rows(after, func(r Row) bool {
		var e deltasync.Entry
		if e, broken = tx.st.entry(r.Version, r.Data); broken != nil {
			return false
		}
		return fn(e)
	})
	return errors.Join(err, broken)
}
