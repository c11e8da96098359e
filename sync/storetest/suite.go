package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	deltasync "alongside/sync"
)

// Store is what the suite needs: the store, and the way in which users come into it.
type Store interface {
	deltasync.Store
	// AddUser makes the user known to Tx.User, and returns it with Since set.
	AddUser(deltasync.Client) (deltasync.Client, error)
}

// Run checks each contract of deltasync.Store, each on a new store that open gives, and compares the store with Maps
// under random transactions. The store may be closed when the test it was opened for ends.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, part := range []struct {
		name string
		test func(*fixture)
	}{
		{"a new store is in its first epoch", testNew},
		{"versions rise by one", testVersions},
		{"an entry comes back as it was appended", testEntries},
		{"an epoch begins above all versions", testEpochs},
		{"an entry is placed at its version", testPlace},
		{"a scope is erased", testErase},
		{"an error in Update leaves nothing", testRollback},
		{"an Update reads its own writes", testOwnWrites},
		{"Updates at the same time keep apart", testConcurrent},
		{"a View does not see what came after it", testIsolation},
		{"a View gives back its error", testViewError},
		{"a record comes back as it was put", testRecord},
		{"a record handed out is the caller's to change", testRecordCopy},
		{"Put moves a record in its index", testPutMoves},
		{"Put at the same version replaces", testPutInPlace},
		{"a tombstone counts in Latest and not in the sum", testTombstones},
		{"scopes keep apart", testScopesApart},
		{"Changes is in order and stops early", testChanges},
		{"Entries is in order and stops early", testEntriesOrder},
		{"ops are found by number and by id", testLookups},
		{"an op let in later leaves the lookups alone", testSettled},
		{"a group is used once an op of it is there", testGroups},
		{"counters are kept", testCounters},
		{"held ops are kept by scope", testHeld},
		{"access is kept", testAccess},
		{"scopes are granted in the order of their names", testGranted},
		{"grants are found by principal", testGrants},
		{"the next due is the earliest", testDue},
		{"users are known from where they began", testUsers},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(&fixture{T: t, store: open(t)}) })
	}
	t.Run("any transactions do as in Maps", func(t *testing.T) { testAgainstMaps(t, open) })
}

// fixture is a store under test.
type fixture struct {
	*testing.T
	store Store
}

func (f *fixture) view(fn func(deltasync.Tx)) {
	f.Helper()
	err := f.store.View(f.Context(), func(tx deltasync.Tx) error { fn(tx); return nil })
	if err != nil {
		f.Fatalf("View: %v", err)
	}
}

// update runs fn, which must not end the test: it may run in another goroutine.
func (f *fixture) update(fn func(deltasync.WriteTx) error) {
	f.Helper()
	if err := f.store.Update(f.Context(), fn); err != nil {
		f.Fatalf("Update: %v", err)
	}
}

// put appends an op for the record and puts it there, in a transaction of its own, and gives its version.
func (f *fixture) put(r *deltasync.Record) (v deltasync.Version) {
	f.Helper()
	f.update(func(tx deltasync.WriteTx) (err error) {
		v, err = putNext(tx, r)
		return err
	})
	return v
}

func putNext(tx deltasync.WriteTx, r *deltasync.Record) (deltasync.Version, error) {
	v, err := tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryOp, Op: &deltasync.OpEntry{
		Client: "c", User: "u", N: uint64(tx.Head()), Scope: r.Scope, Kind: r.Kind, Record: r.ID, Status: deltasync.Applied,
	}})
	if err != nil {
		return 0, err
	}
	r.Version, r.Log = v, v
	return v, tx.Put(r)
}

func (f *fixture) head() (v deltasync.Version) {
	f.Helper()
	f.view(func(tx deltasync.Tx) { v = tx.Head() })
	return v
}

func (f *fixture) changes(s deltasync.Scope, after deltasync.Version) []deltasync.Change {
	f.Helper()
	var out []deltasync.Change
	f.view(func(tx deltasync.Tx) { out = f.changesIn(tx, s, after) })
	return out
}

func (f *fixture) changesIn(tx deltasync.Tx, s deltasync.Scope, after deltasync.Version) []deltasync.Change {
	var out []deltasync.Change
	err := tx.Changes(s, after, func(c deltasync.Change) bool {
		c.Body = slices.Clone(c.Body)
		out = append(out, c)
		return true
	})
	if err != nil {
		f.Errorf("Changes(%s, %d): %v", s, after, err)
	}
	return out
}

// sameHead checks that a scope's head is what its changes come to.
func (f *fixture) sameHead(tx deltasync.Tx, s deltasync.Scope) {
	f.Helper()
	var want deltasync.ScopeHead
	for _, c := range f.changesIn(tx, s, 0) {
		want.Latest = max(want.Latest, c.Version)
		if !c.Gone {
			want.Sum.Add(c.ID, c.Version)
		}
	}
	got, err := tx.ScopeHead(s)
	if err != nil || got != want {
		f.Errorf("ScopeHead(%s) = %+v, %v, want %+v", s, got, err, want)
	}
}

func ids(changes []deltasync.Change) string {
	var out []deltasync.RecordID
	for _, c := range changes {
		out = append(out, c.ID)
	}
	return fmt.Sprint(out)
}

var (
	noon      = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	errFailed = errors.New("failed on purpose")
)

const (
	ann  deltasync.Scope = "person/00000000-0000-7000-8000-00000000000a"
	bob  deltasync.Scope = "person/00000000-0000-7000-8000-00000000000b"
	cleo deltasync.Scope = "person/00000000-0000-7000-8000-00000000000c"
)

// note is a record with one word in it.
func note(s deltasync.Scope, id deltasync.RecordID, word string) *deltasync.Record {
	o := deltasync.Origin{Version: 1, Client: "c", N: 1, User: "u", At: noon}
	raw, _ := json.Marshal(word) // a string is always JSON
	return &deltasync.Record{Scope: s, Kind: "support", ID: id, Made: "u", User: "u", At: noon,
		Registers: []deltasync.Register{{Fields: []string{"what"}, Values: []deltasync.Value{{Origin: o, Parts: []json.RawMessage{raw}}}}}}
}
