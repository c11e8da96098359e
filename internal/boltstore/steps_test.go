package boltstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	deltasync "alongside/sync"
)

// A commit that fails at any of its steps, by an error or a panic, tells nobody of what is not durable, keeps nothing half, and leaves a
// file that opens.
func TestACommitThatFailsAtAnyStep(t *testing.T) {
	for _, step := range []string{"begin", "finish", "commit", "committed"} {
		for how, fail := range map[string]func() error{
			"error": func() error { return syscall.EIO },
			"full":  func() error { return syscall.ENOSPC },
			"panic": func() error { panic("the program is broken here") },
		} {
			t.Run(step+" "+how, func(t *testing.T) {
				armed := false
				path := filepath.Join(t.TempDir(), "data", FileName)
				db, err := Open(path, Options{Fault: func(name string) error {
					if armed && name == step {
						armed = false
						return fail()
					}
					return nil
				}})
				if err != nil {
					t.Fatal(err)
				}
				write := func(db *DB, word string) error {
					return db.Update(t.Context(), func(tx deltasync.WriteTx) error {
						for range 2 {
							if _, err := tx.Append(deltasync.Entry{At: noon, Type: "test", Fact: []byte(fmt.Sprintf("%q", word))}); err != nil {
								return err
							}
						}
						return nil
					})
				}
				if err := write(db, "before"); err != nil {
					t.Fatal(err)
				}
				armed = true
				var wg sync.WaitGroup
				outcomes := make([]error, 4)
				for i := range outcomes {
					wg.Go(func() { outcomes[i] = write(db, fmt.Sprint("at ", i)) })
				}
				wg.Wait()
				suspect := step == "commit" || step == "committed"
				later := write(db, "later")
				switch {
				case suspect && !errors.Is(later, ErrSuspect):
					t.Errorf("after it, a write: %v, want %v", later, ErrSuspect)
				case suspect && how == "full" && step == "commit" && !errors.Is(later, ErrFull):
					t.Errorf("after it, a write: %v, want %v", later, ErrFull)
				case !suspect && how != "panic" && later != nil:
					t.Errorf("after it, a write: %v", later)
				}
				if err := db.Close(); err != nil && !suspect {
					t.Error(err)
				}
				again := reopened(t, path, Options{})
				found := map[string]int{}
				err = again.View(context.Background(), func(tx deltasync.Tx) error {
					return tx.Entries(0, func(e deltasync.Entry) bool {
						if e.Type == "test" {
							found[string(e.Fact)]++
						}
						return true
					})
				})
				if err != nil {
					t.Fatal(err)
				}
				failed := 0
				for i, err := range outcomes {
					n := found[fmt.Sprintf(`"at %d"`, i)]
					if err == nil && n != 2 || n == 1 {
						t.Errorf("write %d: %v, and %d of its 2 entries are there", i, err, n)
					}
					if err != nil {
						failed++
					}
				}
				if failed == 0 {
					t.Error("no write failed")
				}
				if found[`"before"`] != 2 {
					t.Error("what was there before is gone")
				}
				for _, f := range faults(t, again) {
					t.Error(f)
				}
			})
		}
	}
}

func TestAFullDiskIsLookedAtBeforeAnythingIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", FileName)
	db := reopened(t, path, Options{Full: true})
	write := func() error {
		return db.Update(t.Context(), func(tx deltasync.WriteTx) error {
			_, err := tx.Append(deltasync.Entry{At: noon, Type: "test", Fact: []byte(`1`)})
			return err
		})
	}
	if err := write(); !errors.Is(err, ErrFull) || !db.Full() {
		t.Errorf("a write: %v, want %v", err, ErrFull)
	}
	if err := db.Room(t.Context()); err != nil || db.Full() {
		t.Errorf("Room() = %v where there is some", err)
	}
	if err := write(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.room")); len(left) > 0 {
		t.Errorf("it has left %v", left)
	}
}
