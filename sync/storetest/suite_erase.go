package storetest

import (
	"errors"

	deltasync "alongside/sync"
)

// testErase takes away a scope whole, and leaves others and the log's numbering as they are.
func testErase(f *fixture) {
	rec := func(id deltasync.RecordID, s deltasync.Scope) *deltasync.Record {
		return &deltasync.Record{ID: id, Scope: s, Kind: "support"}
	}
	f.put(rec("one", ann))
	f.put(rec("two", ann))
	f.put(rec("other", bob))
	gone := rec("three", ann)
	gone.Gone = true
	f.put(gone)
	at := f.op(deltasync.OpEntry{Client: "d", User: "v", N: 1, ID: "x", Group: "g", Scope: ann, Kind: "support", Record: "one", Status: deltasync.Held,
		Code: "not_permitted", Detail: "why", Digest: [16]byte{1}, Raw: []byte(`{"words":"hers"}`)})
	f.access(ann, noon, deltasync.Granted{Principal: "u:u", Gen: 1})
	f.access(bob, noon, deltasync.Granted{Principal: "u:u", Gen: 2})
	f.update(func(tx deltasync.WriteTx) error {
		return tx.PutHeld(deltasync.HeldOp{Scope: ann, Record: "one", Client: "d", N: 1, User: "v", Status: deltasync.Held, Entry: at, Open: true})
	})
	before := f.head()
	f.update(func(tx deltasync.WriteTx) error {
		n, err := tx.EraseScope(ann)
		if err == nil && n != 3 {
			err = errors.New("EraseScope does not count what it takes")
		}
		return errors.Join(err, tx.Empty(at))
	})
	if got := f.head(); got != before {
		f.Errorf("Head() = %d after an erasure that appends nothing, want %d", got, before)
	}
	if left := f.changes(ann, 0); len(left) > 0 {
		f.Errorf("of an erased scope are left %v", left)
	}
	f.view(func(tx deltasync.Tx) {
		f.sameHead(tx, ann)
		f.sameHead(tx, bob)
		for _, id := range []deltasync.RecordID{"one", "two", "three"} {
			if r, err := tx.Record(id); r != nil || err != nil {
				f.Errorf("Record(%s) = %v, %v after its scope was erased", id, r, err)
			}
		}
		if r, err := tx.Record("other"); r == nil || err != nil {
			f.Errorf("another scope's record: %v, %v", r, err)
		}
		if a, err := tx.Access(ann); a.Exists || len(a.Grants) > 0 || err != nil {
			f.Errorf("Access of an erased scope = %+v, %v", a, err)
		}
		var sees []deltasync.Scope
		err := tx.Granted("u:u", func(s deltasync.Scope, _ deltasync.Version) bool { sees = append(sees, s); return true })
		if len(sees) != 1 || sees[0] != bob || err != nil {
			f.Errorf("Granted gives %v, %v, want the other scope alone", sees, err)
		}
		err = tx.HeldOf(ann, "one", func(h deltasync.HeldOp) bool { f.Errorf("%+v is still held", h); return true })
		if err != nil {
			f.Error(err)
		}
		e, err := tx.Entry(at)
		want := deltasync.OpEntry{Client: "d", User: "v", N: 1, ID: "x", Group: "g", Scope: ann, Kind: "support", Record: "one", Status: deltasync.Held,
			Code: "not_permitted", Erased: true, At: noon}
		if err != nil || e.Op == nil || e.Op.Raw != nil || entryText(e) != entryText(deltasync.Entry{Version: at, At: noon, Type: deltasync.EntryOp, Op: &want}) {
			f.Errorf("an emptied entry, %v, is\n%s", err, entryText(e))
		}
	})
	f.finds("d", 1, "v", "x", at, at)
	f.update(func(tx deltasync.WriteTx) error {
		if n, err := tx.EraseScope(ann); n != 0 || err != nil {
			f.Errorf("erased again: %d, %v", n, err)
		}
		return tx.Empty(at)
	})
	err := f.store.Update(f.Context(), func(tx deltasync.WriteTx) error { return tx.Empty(before + 100) })
	if !errors.Is(err, deltasync.ErrNoEntry) {
		f.Errorf("Empty of no entry: %v", err)
	}
	v := f.put(rec("one", ann))
	if left := f.changes(ann, 0); len(left) != 1 || left[0].Version != v {
		f.Errorf("what is written anew stands as %v", left)
	}
}
