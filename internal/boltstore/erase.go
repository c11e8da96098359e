package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	deltasync "alongside/sync"
)

// EraseScope takes away all rows of a scope. What it erases still stands in free pages of the file until Scrub has run,
// which Erasing says.
func (tx *Tx) EraseScope(s deltasync.Scope) (int, error) {
	if err := tx.writing(); err != nil {
		return 0, err
	}
	n, err := tx.st.eraseScope(s)
	return n, tx.kept(err)
}

func (st *state) eraseScope(s deltasync.Scope) (int, error) {
	if err := st.put(inMeta, metaErasing, append(newRow(8), versionKey(st.head)...)); err != nil {
		return 0, err
	}
	if err := st.putAccess(s, deltasync.Access{}); err != nil { // with what is due, and granted
		return 0, err
	}
	if err := st.eraseDerived(s); err != nil {
		return 0, err
	}
	held, err := st.keys(inHeld, scopeKey(s))
	if err != nil {
		return 0, err
	}
	for _, k := range append(held, scopeKey(s)) {
		b := inHeld
		if bytes.Equal(k, scopeKey(s)) {
			b = inAccess
		}
		if err := st.remove(b, k); err != nil {
			return 0, err
		}
	}
	known, err := st.scope(s)
	if err != nil || known == nil {
		return 0, err
	}
	scope, err := st.changing(s)
	if err != nil {
		return 0, err
	}
	records, err := st.keys(inRecords, binary.BigEndian.AppendUint32(nil, scope.number))
	if err != nil {
		return 0, err
	}
	for _, k := range records {
		value, err := st.row(inRecords, k)
		if err != nil {
			return 0, err
		}
		row, err := splitRecord(value)
		if err != nil {
			return 0, st.damaged("a record cannot be read")
		}
		if err := st.remove(inWhere, bytes.Clone(row.id)); err != nil {
			return 0, err
		}
		if err := st.remove(inRecords, k); err != nil {
			return 0, err
		}
	}
	scope.head = deltasync.ScopeHead{}
	return len(records), nil
}

// keys are those that begin with prefix.
func (st *state) keys(b bucket, prefix []byte) (keys [][]byte, err error) {
	err = st.each(b, prefix, func(k, _ []byte) (bool, error) {
		keys = append(keys, bytes.Clone(k))
		return true, nil
	})
	return keys, err
}

// Empty takes away what an entry holds.
func (tx *Tx) Empty(v deltasync.Version) error {
	if err := tx.writing(); err != nil {
		return err
	}
	return tx.kept(tx.st.empty(v))
}

func (st *state) empty(v deltasync.Version) error {
	row, err := st.row(inLog, versionKey(v))
	if err != nil {
		return err
	}
	if row == nil {
		return fmt.Errorf("version %d: %w", v, deltasync.ErrNoEntry)
	}
	e, err := st.entry(v, row)
	if err != nil {
		return err
	}
	e = e.Emptied()
	return st.put(inLog, versionKey(v), appendEntry(newRow(256), &e))
}

// Emptied is the row as an erasure leaves it.
func (r Row) Emptied() (Row, error) {
	e, err := r.Entry()
	if err != nil {
		return r, err
	}
	e = e.Emptied()
	return Row{r.Version, appendEntry(nil, &e)}, nil
}

// Erasing reports whether there was an erasure of which something may still stand in free pages of the file, or elsewhere, and the
// version up to which there were such, for EraseDone.
func (db *DB) Erasing(ctx context.Context) (upTo deltasync.Version, is bool, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		row, err := tx.st.row(inMeta, metaErasing)
		is = row != nil
		upTo, _ = versionOf(row)
		return err
	})
	return upTo, is, err
}

// EraseDone says that nothing stands anywhere any more of what was erased up to a version. Who was erased since is still to be
// seen to.
func (db *DB) EraseDone(ctx context.Context, upTo deltasync.Version) error {
	return db.Write(ctx, func(tx *Tx) error {
		row, err := tx.st.row(inMeta, metaErasing)
		if v, _ := versionOf(row); err != nil || v > upTo {
			return err
		}
		if err := tx.writing(); err != nil {
			return err
		}
		return tx.kept(tx.st.remove(inMeta, metaErasing))
	})
}
