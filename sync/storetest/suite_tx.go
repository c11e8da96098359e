package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	deltasync "alongside/sync"
)

func testRollback(f *fixture) {
	f.put(note(ann, "r1", "before"))
	c := cast{
		from:    f.head(),
		records: []deltasync.RecordID{"r1", "r2"}, scopes: []deltasync.Scope{ann, bob}, clients: []deltasync.ClientID{"c"},
		users: []deltasync.UserID{"u"}, ops: []deltasync.OpID{"op"}, groups: []string{"g"}, numbers: 2,
		grantees: []deltasync.Principal{"u:u"},
	}
	portrait := func() (lines []string) {
		f.view(func(tx deltasync.Tx) {
			var err error
			if lines, err = c.portrait(tx); err != nil {
				f.Fatal(err)
			}
		})
		return lines
	}
	writeAll := func(tx deltasync.WriteTx) error {
		_, err := putNext(tx, note(ann, "r1", "after"))
		_, err2 := putNext(tx, note(bob, "r2", "after"))
		v, err3 := tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryOp, Op: &deltasync.OpEntry{
			Client: "c", User: "u", N: 1, ID: "op", Group: "g", Scope: bob, Status: deltasync.Held}})
		_, err4 := tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryGrant,
			Grant: &deltasync.Grant{Principal: "u:u", Scope: ann, Gen: v + 1}})
		return errors.Join(err, err2, err3, err4,
			tx.PutCounter("c", deltasync.Counter{Through: 1}),
			tx.PutAccess(ann, deltasync.Access{Exists: true, Next: noon,
				Grants: []deltasync.Granted{{Principal: "u:u", Gen: v + 1}}}),
			tx.PutHeld(deltasync.HeldOp{Scope: bob, Client: "c", N: 1, Entry: v, Open: true}),
			tx.NewEpoch(0, noon))
	}
	before := portrait()
	for range 2 { // what a first failure leaves behind in memory may show in the second
		err := f.store.Update(f.Context(), func(tx deltasync.WriteTx) error {
			if err := writeAll(tx); err != nil {
				f.Errorf("writing: %v", err)
			}
			return fmt.Errorf("all written: %w", errFailed)
		})
		if !errors.Is(err, errFailed) {
			f.Errorf("Update: %v, want the error of fn", err)
		}
		if at, is := firstDifference(portrait(), before); at != "" {
			f.Errorf("after a failed Update the store says\n%s\nwhere it said\n%s", at, is)
		}
	}
	f.update(writeAll)
	if at, _ := firstDifference(portrait(), before); at == "" {
		f.Error("an Update left nothing")
	}
}

// firstDifference finds the first lines that are not the same; empty: there are none.
func firstDifference(a, b []string) (string, string) {
	for i := range max(len(a), len(b)) {
		x, y := "(nothing more)", "(nothing more)"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return x, y
		}
	}
	return "", ""
}

func testOwnWrites(f *fixture) {
	f.put(note(ann, "r1", "one"))
	f.update(func(tx deltasync.WriteTx) error {
		for i := range 3 {
			v, err := putNext(tx, note(ann, "r1", fmt.Sprint("again ", i)))
			if err != nil {
				return err
			}
			r, err := tx.Record("r1")
			if err != nil || r == nil || r.Version != v || r.Text("what") != fmt.Sprint("again ", i) {
				f.Errorf("Record in its own transaction = %s, %v", recordText(r), err)
			}
			f.sameHead(tx, ann)
			if got := f.changesIn(tx, ann, v-1); ids(got) != "[r1]" || got[0].Version != v {
				f.Errorf("Changes in its own transaction = %+v, want r1 at %d", got, v)
			}
			if e, err := tx.Entry(v); err != nil || e.Op == nil || e.Op.Record != "r1" {
				f.Errorf("Entry in its own transaction = %+v, %v", e, err)
			}
		}
		v, err := putNext(tx, note(bob, "r2", "new"))
		if err != nil {
			return err
		}
		f.sameHead(tx, bob)
		if h, err := tx.ScopeHead(bob); h.Latest != v || h.Sum.Count != 1 || err != nil {
			f.Errorf("ScopeHead in its own transaction = %+v, %v", h, err)
		}
		return nil
	})
	f.view(func(tx deltasync.Tx) {
		f.sameHead(tx, ann)
		f.sameHead(tx, bob)
	})
}

func testConcurrent(f *fixture) {
	const writers, rounds = 8, 12
	start := f.head()
	var mu sync.Mutex
	given := map[deltasync.Version]deltasync.RecordID{}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				fails := (w+i)%3 == 0
				id := deltasync.RecordID(fmt.Sprintf("r%d-%d", w, i))
				var v deltasync.Version
				err := f.store.Update(f.Context(), func(tx deltasync.WriteTx) (err error) {
					if v, err = putNext(tx, note(ann, id, "x")); err == nil && fails {
						err = errFailed
					}
					return err
				})
				if fails != errors.Is(err, errFailed) || !fails && err != nil {
					f.Errorf("Update %s: %v, to fail: %t", id, err, fails)
				}
				if !fails {
					mu.Lock()
					given[v] = id
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if got, want := f.head(), start+deltasync.Version(len(given)); got != want {
		f.Errorf("Head() = %d, want %d: a version for each that did not fail", got, want)
	}
	changes := f.changes(ann, 0)
	if len(changes) != len(given) {
		f.Errorf("%d records, want %d", len(changes), len(given))
	}
	for _, c := range changes {
		if given[c.Version] != c.ID {
			f.Errorf("%s stands at %d, which was given to %q", c.ID, c.Version, given[c.Version])
		}
	}
	f.view(func(tx deltasync.Tx) { f.sameHead(tx, ann) })
}

// testIsolation lets an Update come into a View. A store may let it wait for the View's end; it must not show it.
func testIsolation(f *fixture) {
	first := f.put(note(ann, "r1", "before"))
	done := make(chan error, 1)
	f.view(func(tx deltasync.Tx) {
		look := func(when string) {
			f.Helper()
			r, err := tx.Record("r1")
			if err != nil || r == nil || r.Version != first || r.Text("what") != "before" {
				f.Errorf("%s: Record = %s, %v", when, recordText(r), err)
			}
			h, err := tx.ScopeHead(ann)
			if err != nil || h.Latest != first || h.Sum.Count != 1 || tx.Head() != first {
				f.Errorf("%s: Head() = %d, ScopeHead = %+v, %v, want %d", when, tx.Head(), h, err, first)
			}
			f.sameHead(tx, ann)
			if n, err := tx.Counter("c"); n.Through != 0 || err != nil {
				f.Errorf("%s: Counter = %+v, %v", when, n, err)
			}
			if at, _, err := tx.NextDue(); !at.IsZero() || err != nil {
				f.Errorf("%s: NextDue = %v, %v", when, at, err)
			}
			if _, err := tx.Entry(first + 1); !errors.Is(err, deltasync.ErrNoEntry) {
				f.Errorf("%s: Entry above the head: %v", when, err)
			}
		}
		look("alone")
		go func() {
			done <- f.store.Update(f.Context(), func(tx deltasync.WriteTx) error {
				_, err := putNext(tx, note(ann, "r1", "after"))
				_, err2 := putNext(tx, note(ann, "r2", "after"))
				return errors.Join(err, err2, tx.PutCounter("c", deltasync.Counter{Through: 2}),
					tx.PutAccess(ann, deltasync.Access{Next: noon}))
			})
		}()
		select {
		case err := <-done:
			done <- err
		case <-time.After(200 * time.Millisecond):
		}
		look("beside an Update")
	})
	if err := <-done; err != nil {
		f.Fatalf("Update: %v", err)
	}
	f.view(func(tx deltasync.Tx) {
		f.sameHead(tx, ann)
		if h, err := tx.ScopeHead(ann); h.Latest != first+2 || h.Sum.Count != 2 || err != nil {
			f.Errorf("a View after the Update: ScopeHead = %+v, %v, want two records, the latest at %d", h, err, first+2)
		}
	})
}

func testViewError(f *fixture) {
	err := f.store.View(f.Context(), func(deltasync.Tx) error { return fmt.Errorf("no: %w", errFailed) })
	if !errors.Is(err, errFailed) {
		f.Errorf("View: %v, want the error of fn", err)
	}
}
