package boltstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	deltasync "alongside/sync"

	"go.etcd.io/bbolt"
)

func derivedRows(t *testing.T, db *DB, table, prefix string) (all []string) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *Tx) error {
		all = nil
		return tx.EachDerived(table, []byte(prefix), func(key []byte, of deltasync.Scope, value []byte) (bool, error) {
			all = append(all, fmt.Sprintf("%s of %s: %s", key, of, value))
			return true, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func faultless(t *testing.T, db *DB) {
	t.Helper()
	if err := db.Check(t.Context(), func(f Fault) { t.Errorf("check: %s", f) }); err != nil {
		t.Fatal(err)
	}
}

func TestDerivedRowsAreFoundInOrderAndGoWithTheirScope(t *testing.T) {
	db := opened(t, Options{})
	ann, bob := deltasync.Scope("person/0192f0c1-aaaa-7b3c-8d1e-5f6071829300"), deltasync.Scope("person/b")
	write := func(fn func(*Tx) error) {
		t.Helper()
		if err := db.Write(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx *Tx) error {
		for _, row := range []struct {
			table, key string
			of         deltasync.Scope
			value      string
		}{{"due", "2 ann", ann, "x"}, {"due", "1 bob", bob, ""}, {"due", "1 ann", ann, "y"}, {"place", "planner", "", "7"}, {"du", "e", ann, "other"}} {
			if err := tx.PutDerived(row.table, []byte(row.key), row.of, []byte(row.value)); err != nil {
				return err
			}
		}
		return nil
	})
	if got, want := derivedRows(t, db, "due", ""), []string{"1 ann of " + string(ann) + ": y", "1 bob of person/b: ", "2 ann of " + string(ann) + ": x"}; !slices.Equal(got, want) {
		t.Errorf("due is %q, want %q", got, want)
	}
	if got := derivedRows(t, db, "due", "1 b"); len(got) != 1 {
		t.Errorf("one row begins so, and it gave %q", got)
	}
	write(func(tx *Tx) error { // another's now, and one is gone
		if err := tx.PutDerived("due", []byte("1 ann"), bob, []byte("z")); err != nil {
			return err
		}
		return tx.DropDerived("due", []byte("2 ann"))
	})
	faultless(t, db)
	write(func(tx *Tx) error {
		_, err := tx.EraseScope(bob)
		return err
	})
	faultless(t, db)
	if got := derivedRows(t, db, "due", ""); len(got) != 0 {
		t.Errorf("the scope was erased, and %q is left", got)
	}
	if got := derivedRows(t, db, "du", ""); len(got) != 1 {
		t.Errorf("another scope's row is gone: %q", got)
	}
	err := db.Read(t.Context(), func(tx *Tx) error { return tx.PutDerived("due", nil, "", nil) })
	if !errors.Is(err, ErrReadOnly) {
		t.Errorf("PutDerived in a transaction that reads: %v, want ErrReadOnly", err)
	}
}

// A store of the first format has no such tables: it passes the check as it is, and gets them when it is opened.
func TestAStoreOfTheFirstFormatIsCheckedAndBroughtUpToDate(t *testing.T) {
	db := opened(t, Options{})
	put(t, db, note("person/a", "r1", "one"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := bbolt.Open(db.path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"derived", "derivedof", "sessions", "passkeys"} {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		row := binary.BigEndian.AppendUint32(newRow(4), 1)
		return tx.Bucket([]byte("meta")).Put(metaFormat, seal(metaFormat, row))
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	if err := CheckUntil(context.Background(), db.path, func(f Fault) { t.Errorf("check of the old one: %s", f) }); err != nil {
		t.Fatal(err)
	}
	db, err = Open(filepath.Clean(db.path), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Write(t.Context(), func(tx *Tx) error { return tx.PutDerived("due", []byte("k"), "person/a", nil) }); err != nil {
		t.Error(err)
	}
	faultless(t, db)
}
