package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	deltasync "alongside/sync"
)

var (
	errMoves    = errors.New("a record never changes its scope")
	errOccupied = errors.New("another record of the scope has that version")
)

// place is where a record stands.
type place struct {
	scope   uint32
	version deltasync.Version
}

func (st *state) where(id deltasync.RecordID) (place, bool, error) {
	row, err := st.row(inWhere, appendText(nil, string(id)))
	if err != nil || row == nil {
		return place{}, false, err
	}
	scope, v, ok := splitRecordKey(row)
	if !ok {
		return place{}, false, st.damaged("a row of where cannot be read")
	}
	return place{scope, v}, true, nil
}

func (tx *Tx) Record(id deltasync.RecordID) (*deltasync.Record, error) {
	st := tx.st
	at, ok, err := st.where(id)
	if err != nil || !ok {
		return nil, err
	}
	row, err := st.row(inRecords, recordKey(at.scope, at.version))
	if err != nil {
		return nil, err
	}
	scope, err := st.name(ofScope, at.scope)
	if err != nil {
		return nil, err
	}
	r, err := readRecord(deltasync.Scope(scope), at.version, row)
	if err != nil {
		return nil, st.damaged(err.Error())
	}
	if r.ID != id {
		return nil, st.damaged("a record is not where it should be")
	}
	return r, nil
}

// Put places a record at its version, taking it from its former place.
func (tx *Tx) Put(r *deltasync.Record) error {
	if err := tx.writing(); err != nil {
		return err
	}
	return tx.kept(tx.st.putRecord(r))
}

func (st *state) putRecord(r *deltasync.Record) error {
	row, err := appendRecord(newRow(1024), r)
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.Kind, r.ID, err)
	}
	scope, err := st.changing(r.Scope)
	if err != nil {
		return err
	}
	former, known, err := st.where(r.ID)
	if err != nil {
		return err
	}
	key := recordKey(scope.number, r.Version)
	if known {
		if former.scope != scope.number {
			return fmt.Errorf("%s %s: %w", r.Kind, r.ID, errMoves)
		}
		if err := st.take(scope, r.ID, former.version); err != nil {
			return err
		}
	}
	if st.table(inRecords).Get(key) != nil {
		return fmt.Errorf("%s %s: %w", r.Kind, r.ID, errOccupied)
	}
	if err := st.put(inRecords, key, row); err != nil {
		return err
	}
	if err := st.put(inWhere, appendText(nil, string(r.ID)), append(newRow(12), key...)); err != nil {
		return err
	}
	if !r.Gone {
		scope.head.Sum.Add(r.ID, r.Version)
	}
	if r.Version >= scope.head.Latest {
		scope.head.Latest = r.Version
	} else {
		scope.head.Latest = st.latest(scope.number)
	}
	return nil
}

// take removes a record from its place, and from its scope's sum.
func (st *state) take(scope *scopeState, id deltasync.RecordID, v deltasync.Version) error {
	key := recordKey(scope.number, v)
	value, err := st.row(inRecords, key)
	if err != nil {
		return err
	}
	row, err := splitRecord(value)
	if err != nil {
		return st.damaged("a record cannot be read")
	}
	if !row.gone {
		scope.head.Sum.Take(id, v)
	}
	return st.remove(inRecords, key)
}

func (tx *Tx) ScopeHead(s deltasync.Scope) (deltasync.ScopeHead, error) {
	if !tx.st.writable() {
		if found, counted, known := tx.st.find(s); counted || !known {
			return found.head, nil
		}
	}
	own, err := tx.st.scope(s)
	if err != nil || own == nil {
		return deltasync.ScopeHead{}, err
	}
	return own.head, nil
}

// Changes calls fn for the records of a scope above a version, in order, until fn returns false. Bodies are slices of
// the mapped file; their checksums were verified when the store was opened, and are not again. fn must not write.
func (tx *Tx) Changes(s deltasync.Scope, after deltasync.Version, fn func(deltasync.Change) bool) error {
	st := tx.st
	scope, err := st.scope(s)
	if err != nil || scope == nil || after == math.MaxUint64 {
		return err
	}
	prefix := binary.BigEndian.AppendUint32(nil, scope.number)
	var kind []byte
	var change deltasync.Change
	c := st.table(inRecords).Cursor()
	for k, row := c.Seek(recordKey(scope.number, after+1)); bytes.HasPrefix(k, prefix); k, row = c.Next() {
		_, v, ok := splitRecordKey(k)
		if !ok || len(row) < sumSize {
			return st.damaged("a record cannot be read")
		}
		r, err := splitRecord(row[sumSize:])
		if err != nil {
			return st.damaged("a record cannot be read")
		}
		if !bytes.Equal(kind, r.kind) {
			kind, change.Kind = r.kind, textIn(r.kind)
		}
		change.ID, change.Version, change.Gone, change.Body = deltasync.RecordID(textIn(r.id)), v, r.gone, r.wire
		if !fn(change) {
			break
		}
	}
	return nil
}
