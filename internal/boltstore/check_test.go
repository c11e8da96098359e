package boltstore

import (
	"context"
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	deltasync "alongside/sync"

	"go.etcd.io/bbolt"
)

// first is a table's first row.
func (st *state) first(b bucket) (key, value []byte) {
	k, row := st.table(b).Cursor().First()
	value, _ = unseal(k, row)
	return append([]byte(nil), k...), append([]byte(nil), value...)
}

// set writes a row with a checksum that holds.
func (st *state) set(b bucket, key, value []byte) error {
	return st.put(b, key, append(newRow(len(value)), value...))
}

// Each invariant that could break while all checksums hold is looked after.
func TestCheckSeesWhatChecksumsDoNot(t *testing.T) {
	t.Parallel()
	w, b := world(t)
	live(t, w, b, 11, 200)
	err := b.Write(tcontext, func(tx *Tx) error { // so that something is due whatever the clock says
		s := deltasync.PersonOf(w.Record("ben"))
		a, err := tx.Access(s)
		a.Next = noon.AddDate(10, 0, 0)
		return errors.Join(err, tx.PutAccess(s, a))
	})
	if err == nil {
		err = errors.Join(b.MarkBackedUp(tcontext, b.Stats().Head), b.MarkBackedUp(tcontext, b.Stats().Head))
	}
	if err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	backUp(t, b.DB, whole)
	drop := func(in bucket) func(*state) error {
		return func(st *state) error {
			k, _ := st.first(in)
			return st.remove(in, k)
		}
	}
	for _, test := range []struct {
		name  string
		table bucket
		hurt  func(*state) error
	}{
		{"an entry is missing", inLog, func(st *state) error { return st.remove(inLog, versionKey(st.head-5)) }},
		{"the last entry is missing", inLog, func(st *state) error { return st.remove(inLog, versionKey(st.head)) }},
		{"the head is beyond the log", inLog, func(st *state) error { st.head++; return st.putHead() }},
		{"the epoch is another", inLog, func(st *state) error { st.epoch.ID = "x"; return st.putHead() }},
		{"a record is missing", inWhere, drop(inRecords)},
		{"a record is not found by its id", inRecords, drop(inWhere)},
		{"a record stands in a scope that nothing names", inRecords, func(st *state) error {
			_, v := st.first(inRecords)
			return st.set(inRecords, recordKey(1<<31, st.head), v)
		}},
		{"a record stands twice", inRecords, func(st *state) error {
			k, v := st.first(inRecords)
			scope, _, _ := splitRecordKey(k)
			return st.set(inRecords, recordKey(scope, st.head+7), v)
		}},
		{"a body is not what its values make", inRecords, func(st *state) error {
			k, v := st.first(inRecords)
			return st.set(inRecords, k, []byte(strings.Replace(string(v), `,"fields":{`, `, "fields":{`, 1)))
		}},
		{"a scope has no records", inNumbers, func(st *state) error { _, err := st.giveNumber(ofScope, "person/nobody"); return err }},
		{"a number is not named", inNumbers, drop(inNames)},
		{"a name has no number", inNames, drop(inNumbers)},
		{"an op is not found by its number", inLog, drop(inOpNums)},
		{"an op is not found by its id", inLog, drop(inOpIDs)},
		{"an id leads to another op", inOpIDs, func(st *state) error {
			k, v := st.first(inOpIDs)
			return st.set(inOpIDs, k, binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(v)-1))
		}},
		{"a number leads to another op", inOpNums, func(st *state) error {
			k, _ := st.first(inOpNums)
			client := binary.BigEndian.Uint32(k)
			c, err := st.name(ofClient, client)
			return errors.Join(err, st.putRun(deltasync.ClientID(c), &run{1000, []deltasync.Version{st.head}}))
		}},
		{"a counter is missing", inCounters, drop(inCounters)},
		{"a counter is behind", inCounters, func(st *state) error {
			tx := &Tx{st: st}
			return tx.eachCounter(func(_ deltasync.ClientID, n deltasync.Counter) (deltasync.Counter, error) {
				n.Through--
				return n, nil
			})
		}},
		{"a counter is safe beyond its end", inCounters, func(st *state) error {
			tx := &Tx{st: st}
			return tx.eachCounter(func(_ deltasync.ClientID, n deltasync.Counter) (deltasync.Counter, error) {
				n.Safe = n.Through + 1
				return n, nil
			})
		}},
		{"who sees a scope is missing", inAccess, drop(inAccess)},
		{"a grant is missing", inGrants, drop(inGrants)},
		{"a grant is too much", inGrants, func(st *state) error {
			return st.set(inGrants, grantKey("u:x", "person/x"), versionKey(st.head))
		}},
		{"a grant of the log is missing", inGrantLog, drop(inGrantLog)},
		{"a grant is not in the log", inGrantLog, func(st *state) error {
			return st.noteGrant(st.head+1, &deltasync.Grant{Principal: "u:x", Scope: "person/x"})
		}},
		{"what is due is not waited for", inDue, drop(inDue)},
		{"what is not due is waited for", inDue, func(st *state) error { return st.set(inDue, dueKey(noon, "person/x"), nil) }},
		{"what waits stands for another entry", inHeld, func(st *state) error {
			k, v := st.first(inHeld)
			h, err := readHeld(k, v)
			h.Entry--
			tx := &Tx{st: st}
			return errors.Join(err, tx.PutHeld(h))
		}},
		{"what waits is seen by nobody", inHeld, func(st *state) error {
			k, v := st.first(inHeld)
			h, err := readHeld(k, v)
			h.Held = "nothing"
			tx := &Tx{st: st}
			return errors.Join(err, tx.PutHeld(h))
		}},
		{"a user is missing", inLog, drop(inUsers)},
		{"a user is another", inUsers, func(st *state) error {
			k, v := st.first(inUsers)
			return st.set(inUsers, k, []byte(strings.Replace(string(v), `"role":"`, `"role":"x`, 1)))
		}},
		{"a key is too much", inKeys, func(st *state) error { return st.set(inKeys, appendText(nil, "k9"), []byte(`{}`)) }},
		{"a table is missing", -1, func(st *state) error { return st.bolt.DeleteBucket([]byte("due")) }},
		{"a table is too much", -1, func(st *state) error { _, err := st.bolt.CreateBucket([]byte("x")); return err }},
		{"the secret is missing", inMeta, func(st *state) error { return st.remove(inMeta, metaSecret) }},
		{"the last backup is missing", inMeta, func(st *state) error { return st.remove(inMeta, metaBackup) }},
		{"the last backup is the one before", inMeta, func(st *state) error { return st.set(inMeta, metaBackup, versionKey(st.head-1)) }},
		{"a backup is none that was", inLog, func(st *state) error {
			fact := `{"at":"2026-11-22T12:00:00Z","head":9007199254740991}`
			e := deltasync.Entry{At: noon, Type: entryBackup, Fact: []byte(fact)}
			return st.put(inLog, versionKey(st.head), appendEntry(newRow(64), &e))
		}},
		{"a checksum does not hold", inCodes, func(st *state) error {
			k, v := st.first(inCodes)
			return st.table(inCodes).Put(k, append(newRow(0), v...))
		}},
	} {
		path := filepath.Join(t.TempDir(), FileName)
		copyFile(t, whole, path)
		hurt(t, path, test.hurt)
		want := ""
		if test.table >= 0 {
			want = bucketNames[test.table]
		}
		found, all := false, []string{}
		err := Check(path, func(f Fault) {
			found = found || f.Table == want
			all = append(all, f.String())
		})
		if err != nil || !found {
			t.Errorf("%s: no fault of table %q among %q, %v", test.name, want, all, err)
		}
		for _, f := range all {
			for _, word := range []string{"Ben", "Clinic", "choir", "step ", `"`} {
				if strings.Contains(f, word) {
					t.Errorf("%s: the fault says what people wrote: %s", test.name, f)
				}
			}
		}
	}
}

func hurt(t testing.TB, path string, how func(*state) error) {
	t.Helper()
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	err = bolt.Update(func(tx *bbolt.Tx) error {
		st, err := (&DB{path: path, bolt: bolt, scopes: scopes{by: map[deltasync.Scope]*scopeHeads{}}}).openState(tx)
		if err != nil {
			return err
		}
		return how(st)
	})
	if err := errors.Join(err, bolt.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestCheckSeesThatMemoryIsWrong(t *testing.T) {
	db := opened(t, Options{})
	put(t, db, note("person/a", "r1", "one"))
	db.scopes.by["person/a"].now.head.Sum.Sum++
	n := 0
	if err := db.Check(tcontext, func(Fault) { n++ }); err != nil || n != 1 {
		t.Errorf("Check: %d faults, %v, want 1", n, err)
	}
	ctx, cancel := context.WithCancel(tcontext)
	cancel()
	if err := db.Check(ctx, func(Fault) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("Check called off: %v", err)
	}
}

func TestARowThatDoesNotMatchIsNotReadAsData(t *testing.T) {
	db := opened(t, Options{})
	put(t, db, note("person/a", "r1", "one"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	hurt(t, db.path, func(st *state) error {
		k, v := st.first(inCounters)
		return st.table(inCounters).Put(k, append(newRow(0), v...))
	})
	if _, err := Open(db.path, Options{}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "alongside check") {
		t.Errorf("Open: %v, want ErrDamaged", err)
	}
	hurt(t, db.path, func(st *state) error {
		k, v := st.first(inRecords)
		return st.table(inRecords).Put(k, append(newRow(0), v...))
	})
	if _, err := Open(db.path, Options{}); !errors.Is(err, ErrDamaged) {
		t.Errorf("Open: %v, want ErrDamaged", err)
	}
}

func TestWhatWasHalfWrittenIsNotCommitted(t *testing.T) {
	db := opened(t, Options{})
	put(t, db, note("person/a", "r1", "one"))
	err := db.Write(tcontext, func(tx *Tx) error {
		other := note("person/b", "r1", "one")
		_ = tx.Put(next(tx, other)) // a record never changes its scope; the function does not care
		return nil
	})
	if !errors.Is(err, errMoves) {
		t.Errorf("Write: %v, want errMoves", err)
	}
	for _, f := range faults(t, db) {
		t.Error(f)
	}
}

func TestNumbersInAnyOrder(t *testing.T) {
	db := opened(t, Options{})
	want := map[uint64]deltasync.Version{}
	for _, batch := range [][]uint64{{1, 2, 3, 4, 5}, {6, 9, 10}, {3}, {7, 1, 5, 8}, {11, 4}, {10}, {12}} {
		err := db.Write(tcontext, func(tx *Tx) error {
			for _, n := range batch {
				v, err := tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryOp, Op: &deltasync.OpEntry{Client: "c", User: "u", N: n}})
				if err != nil {
					return err
				}
				want[n] = v
				if got, err := tx.OpByNumber("c", n); got != v || err != nil {
					t.Errorf("op %d in its own transaction: %d, %v, want %d", n, got, err, v)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Read(tcontext, func(tx *Tx) error {
			for n := range uint64(15) {
				if got, err := tx.OpByNumber("c", n); got != want[n] || err != nil {
					t.Errorf("op %d after %v: %d, %v, want %d", n, batch, got, err, want[n])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
