package boltstore

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

// book is a store that can be put back in time under a running world.
type book struct {
	*conforming
	t    testing.TB
	path string
	now  func() time.Time
}

func newBook(t testing.TB, now func() time.Time) *book {
	path := filepath.Join(t.TempDir(), "data", FileName)
	return &book{&conforming{reopened(t, path, Options{Now: now})}, t, path, now}
}

func (b *book) reopen() { b.DB = reopened(b.t, b.path, Options{Now: b.now}) }

func (b *book) close() {
	b.t.Helper()
	if err := b.DB.Close(); err != nil {
		b.t.Error(err)
	}
}

// world is a world over bolt, with a backup and a restore as the commands do them.
func world(t testing.TB) (*storetest.World, *book) {
	var b *book
	w := storetest.NewWorld(casework.Kinds(), func(now func() time.Time) storetest.Book {
		b = newBook(t, now)
		return b
	})
	kept := filepath.Join(t.TempDir(), "backup")
	w.Backup = func() { backUp(t, b.DB, kept) }
	w.Restore = func(epoch bool) {
		b.close()
		if epoch {
			if _, err := Restore(tcontext, kept, filepath.Dir(b.path), Options{Now: b.now}); err != nil {
				t.Fatal(err)
			}
		} else {
			copyFile(t, kept, b.path)
			if err := os.Remove(sidePath(b.path)); err != nil {
				t.Fatal(err)
			}
		}
		b.reopen()
	}
	return w, b
}

func backUp(t testing.TB, db *DB, file string) BackupInfo {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := db.Backup(tcontext, f, nil)
	if err == nil {
		err = db.MarkBackedUp(tcontext, info.Head)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// faults gives what a check reports of an open store and of its closed file. The store is closed afterwards.
func faults(t testing.TB, db *DB) (found []string) {
	t.Helper()
	report := func(f Fault) { found = append(found, f.String()) }
	if err := db.Check(context.Background(), report); err != nil {
		t.Errorf("Check of the open store: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := Check(db.path, report); err != nil {
		t.Errorf("Check of the file: %v", err)
	}
	return found
}

// The protocol's scripts say what happens on this store too, and leave it without a fault.
func TestScriptsLeaveNoFault(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../sync/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w, b := world(t)
			got, err := w.Play(string(want))
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("it happened otherwise:\n%s", got)
			}
			if err := w.Replayed(t.Context()); err != nil {
				t.Error(err)
			}
			for _, f := range faults(t, b.DB) {
				t.Error(f)
			}
		})
	}
}

var _ deltasync.Store = (*DB)(nil)
