package boltstore

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	deltasync "alongside/sync"
)

func TestReadersSeeTheHeadsOfTheirSnapshot(t *testing.T) {
	db := opened(t, Options{})
	scopes := []deltasync.Scope{"person/a", "person/b", "person/c"}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var looks atomic.Int64
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := db.Read(tcontext, func(tx *Tx) error {
					for range 2 { // the second time commits may have come between
						for _, s := range scopes {
							var want deltasync.ScopeHead
							err := tx.Changes(s, 0, func(c deltasync.Change) bool {
								want.Latest = c.Version
								want.Sum.Add(c.ID, c.Version)
								return true
							})
							got, err2 := tx.ScopeHead(s)
							if err != nil || err2 != nil || got != want || want.Latest > tx.Head() {
								t.Errorf("ScopeHead(%s) = %+v, want %+v at head %d (%v, %v)", s, got, want, tx.Head(), err, err2)
							}
						}
						runtime.Gosched()
					}
					looks.Add(1)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 60 {
				s := scopes[(w+i)%len(scopes)]
				fails := i%7 == 3
				err := db.Write(tcontext, func(tx *Tx) error {
					if err := tx.Put(next(tx, note(s, deltasync.RecordID(fmt.Sprint(s, w, i%20)), "x"))); err != nil {
						return err
					}
					if fails {
						return errMine
					}
					return nil
				})
				if fails != errors.Is(err, errMine) || !fails && err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	wg.Wait()
	t.Logf("%d looks, %+v", looks.Load(), db.Stats())
	for _, f := range faults(t, db) {
		t.Error(f)
	}
}

func TestAnOldReaderCounts(t *testing.T) {
	db := opened(t, Options{})
	put(t, db, note("person/a", "r1", "one"))
	err := db.Read(tcontext, func(tx *Tx) error {
		want, _ := tx.ScopeHead("person/a")
		for i := range 4 {
			put(t, db, note("person/a", deltasync.RecordID(fmt.Sprint("more", i)), "x"))
			put(t, db, note("person/new", deltasync.RecordID(fmt.Sprint("new", i)), "x"))
			if got, err := tx.ScopeHead("person/a"); got != want || err != nil {
				t.Errorf("after %d commits: %+v, %v, want %+v", i+1, got, err, want)
			}
			if got, err := tx.ScopeHead("person/new"); got != (deltasync.ScopeHead{}) || err != nil {
				t.Errorf("a scope that came later: %+v, %v", got, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
