package boltstore

import (
	"testing"

	deltasync "alongside/sync"
)

// A reader that began before a change sees what was, and what it reads is nobody's answer afterwards.
func TestWhoSeesWhatIsOfTheReadersOwnSnapshot(t *testing.T) {
	db := opened(t, Options{})
	const who = deltasync.Principal("u:0192aa00-0000-7000-8000-000000000001")
	grant := func(s deltasync.Scope, to ...deltasync.Granted) {
		t.Helper()
		if err := db.Write(tcontext, func(tx *Tx) error { return tx.PutAccess(s, deltasync.Access{Exists: true, Grants: to}) }); err != nil {
			t.Fatal(err)
		}
	}
	sees := func(tx *Tx) (all string) {
		t.Helper()
		if err := tx.Granted(who, func(s deltasync.Scope, _ deltasync.Version) bool { all += string(s) + " "; return true }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	want := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: sees %q, want %q", what, got, want)
		}
	}
	now := func(what, is string) {
		t.Helper()
		_ = db.Read(tcontext, func(tx *Tx) error { want(what, sees(tx), is); return nil }) // what it reads is judged
	}
	mine := deltasync.Granted{Principal: who, Gen: 1}
	grant("person/a", mine)
	now("after the first grant", "person/a ")
	now("again, out of memory", "person/a ")
	_ = db.Read(tcontext, func(old *Tx) error {
		grant("person/b", mine)
		want("a reader from before the second", sees(old), "person/a ")
		now("after the second", "person/a person/b ")
		want("the reader from before, again", sees(old), "person/a ")
		grant("person/a")
		want("the reader from before, after an end", sees(old), "person/a ")
		return nil
	})
	now("after the end", "person/b ")
	err := db.Write(tcontext, func(tx *Tx) error {
		want("a writer, before it writes", sees(tx), "person/b ")
		if err := tx.PutAccess("person/c", deltasync.Access{Exists: true, Grants: []deltasync.Granted{mine}}); err != nil {
			return err
		}
		want("a writer, of what it wrote", sees(tx), "person/b person/c ")
		return errGone // taken back
	})
	if err == nil {
		t.Fatal("the write stands")
	}
	now("after a write that was taken back", "person/b ")
}

// Who asks what was granted first asks for heads out of that list, which may be older than a scope's first record.
func TestHeadsOutOfAListAreOfTheReadersOwnSnapshot(t *testing.T) {
	db := opened(t, Options{})
	const who = deltasync.Principal("u:0192aa00-0000-7000-8000-000000000001")
	scopes := []deltasync.Scope{"person/a", "person/b", "person/c"}
	write := func(fn func(tx *Tx) error) {
		t.Helper()
		if err := db.Write(tcontext, fn); err != nil {
			t.Fatal(err)
		}
	}
	put := func(s deltasync.Scope, id deltasync.RecordID) {
		write(func(tx *Tx) error { return tx.Put(next(tx, note(s, id, "x"))) })
	}
	look := func(what string, tx *Tx, sizes ...int) {
		t.Helper()
		if err := tx.Granted(who, func(deltasync.Scope, deltasync.Version) bool { return true }); err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 1, 2, 2, 0} { // in their order, and not
			head, err := tx.ScopeHead(scopes[i])
			if err != nil || head.Sum.Count != sizes[i] {
				t.Errorf("%s: %s has %d records, %v; want %d", what, scopes[i], head.Sum.Count, err, sizes[i])
			}
		}
	}
	now := func(what string, sizes ...int) {
		t.Helper()
		_ = db.Read(tcontext, func(tx *Tx) error { look(what, tx, sizes...); return nil }) // what it reads is judged
	}
	put("person/b", "b1")
	for _, s := range scopes {
		write(func(tx *Tx) error {
			return tx.PutAccess(s, deltasync.Access{Exists: true, Grants: []deltasync.Granted{{Principal: who, Gen: 1}}})
		})
	}
	now("when the list is read", 0, 1, 0)
	_ = db.Read(tcontext, func(old *Tx) error {
		put("person/a", "a1")
		put("person/b", "b2")
		look("a reader from before", old, 0, 1, 0)
		now("after two more", 1, 2, 0)
		return nil
	})
	put("person/c", "c1")
	now("after all have one", 1, 2, 1)
}
