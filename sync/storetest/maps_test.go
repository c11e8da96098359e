package storetest

import (
	"reflect"
	"testing"
	"time"

	deltasync "alongside/sync"
)

func TestMapsPassesTheSuite(t *testing.T) {
	Run(t, func(*testing.T) Store { return NewMaps(nil) })
}

// A field that the portrait leaves out is one in which stores may differ unseen.
func TestPortraitShowsEveryField(t *testing.T) {
	for typ, want := range map[reflect.Type]int{
		reflect.TypeFor[deltasync.Record]():     12,
		reflect.TypeFor[deltasync.Origin]():     5,
		reflect.TypeFor[deltasync.Register]():   2,
		reflect.TypeFor[deltasync.Value]():      2,
		reflect.TypeFor[deltasync.SetField]():   2,
		reflect.TypeFor[deltasync.Element]():    2,
		reflect.TypeFor[deltasync.Access]():     7,
		reflect.TypeFor[deltasync.Assignment](): 5,
		reflect.TypeFor[deltasync.Entry]():      6,
	} {
		if got := typ.NumField(); got != want {
			t.Errorf("%v has %d fields; the portrait shows %d: add what is new there, then count it here", typ, got, want)
		}
	}
}

func TestRestoreBeginsAboveEveryVersionEverGiven(t *testing.T) {
	now := noon
	m := NewMaps(func() time.Time { return now })
	f := &fixture{T: t, store: m}
	f.put(note(ann, "r1", "kept"))
	backup := m.Snapshot()
	var lost deltasync.Version
	for range 3 {
		f.update(func(tx deltasync.WriteTx) error { return tx.NewEpoch(0, now) })
		lost = f.put(note(ann, "r2", "lost"))
	}
	m.Revert(backup) // the highest version is remembered all the same
	m.Restore(backup)
	f.view(func(tx deltasync.Tx) {
		if first := tx.Epoch().First; first != deltasync.FirstVersion(lost, now) || tx.Head() != first {
			t.Errorf("Epoch().First = %d, Head() = %d, want the first above %d", first, tx.Head(), lost)
		}
	})
	if got := ids(f.changes(ann, 0)); got != "[r1]" {
		t.Errorf("after a restore the scope holds %s, want what the backup held", got)
	}
	f.put(note(ann, "r3", "new"))
	m.Restore(backup)
	if got := ids(f.changes(ann, 0)); got != "[r1]" {
		t.Errorf("after a second restore the scope holds %s: the snapshot has changed", got)
	}
}

func TestRevertIsSilent(t *testing.T) {
	m := NewMaps(nil)
	f := &fixture{T: t, store: m}
	first := f.put(note(ann, "r1", "kept"))
	before := m.Snapshot()
	second := f.put(note(ann, "r2", "lost"))
	m.Revert(before)
	if got := f.head(); got != first {
		t.Errorf("Head() = %d, want %d", got, first)
	}
	if got := f.put(note(ann, "r3", "new")); got != second {
		t.Errorf("the next version is %d, want %d once more", got, second)
	}
}

func TestMarkBackedUpRaisesSafe(t *testing.T) {
	m := NewMaps(nil)
	f := &fixture{T: t, store: m}
	var heads []deltasync.Version
	for n := range uint64(3) {
		f.op(deltasync.OpEntry{Client: "c", User: "u", N: n + 1, Status: deltasync.Applied})
		f.update(func(tx deltasync.WriteTx) error {
			return tx.PutCounter("c", deltasync.Counter{Through: n + 1, Safe: n / 3})
		})
		heads = append(heads, f.head())
	}
	is := func(want deltasync.Counter) {
		t.Helper()
		f.view(func(tx deltasync.Tx) {
			if got, err := tx.Counter("c"); got != want || err != nil {
				t.Errorf("Counter = %+v, %v, want %+v", got, err, want)
			}
		})
	}
	m.MarkBackedUp(heads[1])
	is(deltasync.Counter{Through: 3, Safe: 2})
	m.MarkBackedUp(heads[0])
	is(deltasync.Counter{Through: 3, Safe: 2})
	m.MarkBackedUp(f.head())
	is(deltasync.Counter{Through: 3, Safe: 3})
}
