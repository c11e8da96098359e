package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	deltasync "alongside/sync"
)

// client is a made-up client that writes one record an op.
func (db *DB) opOf(c deltasync.ClientID, id deltasync.RecordID) (n uint64, v deltasync.Version, err error) {
	err = db.Write(tcontext, func(tx *Tx) error {
		count, err := tx.Counter(c)
		if err != nil {
			return err
		}
		count.Through++
		n = count.Through
		v, err = tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryOp, Op: &deltasync.OpEntry{Client: c, User: "u", N: n,
			ID: deltasync.OpID(fmt.Sprint(c, n)), Scope: "person/a", Kind: "support", Record: id, Status: deltasync.Applied}})
		if err != nil {
			return err
		}
		r := note("person/a", id, "x")
		r.Version, r.Log = v, v
		return errors.Join(tx.Put(r), tx.PutCounter(c, count))
	})
	return n, v, err
}

func TestABackupDuringWritesIsWhole(t *testing.T) {
	db := opened(t, Options{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := db.opOf(deltasync.ClientID(fmt.Sprint("c", w)), deltasync.RecordID(fmt.Sprint(w, "-", i%50))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	dir := t.TempDir()
	for i := range 4 {
		time.Sleep(20 * time.Millisecond)
		var told []int64
		var image bytes.Buffer
		info, err := db.Backup(tcontext, &image, func(done, total int64) { told = append(told, done, total) })
		if err != nil {
			t.Fatal(err)
		}
		if info.Size != int64(image.Len()) || len(told) == 0 || told[len(told)-2] != info.Size || told[len(told)-1] != info.Size {
			t.Errorf("a backup of %d bytes wrote %d and told %v", info.Size, image.Len(), told)
		}
		path := filepath.Join(dir, fmt.Sprint("backup-", i))
		if err := os.WriteFile(path, image.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Check(path, func(f Fault) { t.Errorf("backup %d: %s", i, f) }); err != nil {
			t.Fatal(err)
		}
		if err := db.Check(tcontext, func(f Fault) { t.Errorf("the open store: %s", f) }); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	ctx, cancel := context.WithCancel(tcontext)
	cancel()
	if _, err := db.Backup(ctx, &bytes.Buffer{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Backup called off: %v", err)
	}
}

func TestSafeIsWhatABackupHolds(t *testing.T) {
	db := opened(t, Options{})
	var heads []deltasync.Version
	for i := range 12 {
		_, v, err := db.opOf([]deltasync.ClientID{"c", "d", "c"}[i%3], "r")
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, v)
	}
	safe := func(c deltasync.ClientID) (n deltasync.Counter) {
		err := db.Read(tcontext, func(tx *Tx) (err error) { n, err = tx.Counter(c); return err })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		head deltasync.Version
		c, d uint64
	}{{heads[0] - 1, 0, 0}, {heads[0], 1, 0}, {heads[5], 4, 2}, {heads[2], 4, 2}, {heads[11] + 100, 8, 4}} {
		if err := db.MarkBackedUp(tcontext, step.head); err != nil {
			t.Fatal(err)
		}
		if safe("c").Safe != step.c || safe("d").Safe != step.d {
			t.Errorf("backed up to %d: c %+v, d %+v, want %d and %d", step.head, safe("c"), safe("d"), step.c, step.d)
		}
	}
}

func TestTheLastBackupIsAFactOfTheLog(t *testing.T) {
	now := noon
	o := Options{Now: func() time.Time { return now }}
	path := filepath.Join(t.TempDir(), FileName)
	db := reopened(t, path, o)
	tells := func(when string, want LastBackup) {
		t.Helper()
		if got := db.Stats().Backup; !got.At.Equal(want.At) || got.Head != want.Head {
			t.Errorf("%s: the last backup is %+v, want %+v", when, got, want)
		}
		if err := db.Check(tcontext, func(f Fault) { t.Errorf("%s: %s", when, f) }); err != nil {
			t.Error(err)
		}
	}
	tells("before any", LastBackup{})
	_, first, err := db.opOf("c", "r")
	if err == nil {
		err = db.MarkBackedUp(tcontext, first)
	}
	if err != nil {
		t.Fatal(err)
	}
	tells("after one", LastBackup{noon, first})
	file := filepath.Join(t.TempDir(), "backup")
	backUp(t, db, file)
	now = noon.Add(time.Hour)
	second, _ := headNow(t, db)
	if err := db.MarkBackedUp(tcontext, second+100); err != nil {
		t.Fatal(err)
	}
	tells("after another", LastBackup{now, second})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopened(t, path, o)
	tells("after a restart", LastBackup{now, second})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(tcontext, file, filepath.Dir(path), o); err != nil {
		t.Fatal(err)
	}
	db = reopened(t, path, o)
	tells("after a restore", LastBackup{noon, first})
}

func TestRestore(t *testing.T) {
	t.Parallel()
	clock := func() time.Time { return noon }
	o := Options{Now: clock}
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, FileName)
	db := reopened(t, path, o)
	for range 5 {
		if _, _, err := db.opOf("c", "r"); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "backup")
	kept := backUp(t, db, file)
	for range 3 {
		if _, _, err := db.opOf("c", "r"); err != nil {
			t.Fatal(err)
		}
	}
	lost, _ := headNow(t, db)
	if err := os.WriteFile(filepath.Join(dir, "note.txt"), []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}

	if _, err := Restore(tcontext, file, dir, o); !errors.Is(err, ErrInUse) {
		t.Errorf("Restore into a folder in use: %v, want ErrInUse", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken")
	image, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, image[:len(image)-4096*3], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(tcontext, broken, dir, o); !errors.Is(err, ErrDamaged) {
		t.Errorf("Restore of a cut backup: %v, want ErrDamaged", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("after two refusals the folder holds %v, %v", entries, err)
	}
	called, cancel := context.WithCancel(tcontext)
	cancel()
	if _, err := Restore(called, file, dir, o); !errors.Is(err, context.Canceled) {
		t.Errorf("Restore called off: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("after one that was called off the folder holds %v, %v", entries, err)
	}

	before := map[string]bool{}
	var last deltasync.Version
	for i := range 3 {
		info, err := Restore(tcontext, file, dir, o)
		if err != nil {
			t.Fatal(err)
		}
		if info.Backup != kept.Head || info.Known < lost || info.Head <= info.Known || info.Head <= last || info.Epoch == kept.Epoch {
			t.Errorf("restore %d: %+v, with %d lost and %d before", i, info, lost, last)
		}
		last = info.Head
		if before[info.Aside] || info.Aside == "" {
			t.Errorf("the former folder went to %q", info.Aside)
		}
		before[info.Aside] = true
		if _, err := os.Stat(filepath.Join(info.Aside, FileName)); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(info.Aside, "note.txt")); (err == nil) != (i == 0) {
			t.Errorf("restore %d: the other file: %v", i, err)
		}
	}
	db = reopened(t, path, o)
	if db.PutBack() {
		t.Error("a restored store counts as put back")
	}
	err = db.Read(tcontext, func(tx *Tx) error {
		n, err := tx.Counter("c")
		if n != (deltasync.Counter{Through: 5, Safe: 5}) {
			t.Errorf("Counter = %+v, want 5 that are safe", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults(t, db) {
		t.Error(f)
	}
	within := filepath.Join(dir, "backup-of-today")
	copyFile(t, file, within)
	if info, err := Restore(tcontext, within, dir, o); err != nil || info.Backup != kept.Head {
		t.Errorf("Restore of a file in the folder itself: %+v, %v", info, err)
	}
	fresh := filepath.Join(t.TempDir(), "none", "yet")
	info, err := Restore(tcontext, file, fresh, o)
	if err != nil || info.Aside != "" {
		t.Errorf("Restore into a folder that is not there: %+v, %v", info, err)
	}
}

func TestRestoreOverAStoreThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	db := reopened(t, path, Options{})
	if _, _, err := db.opOf("c", "r"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	backUp(t, db, file)
	head, _ := headNow(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	info, err := Restore(tcontext, file, dir, Options{})
	if err != nil || info.Known != head {
		t.Errorf("Restore: %+v, %v, want head %d known from the side file", info, err, head)
	}
}

// Between moving the former store aside and naming the new one there is none: a server does not begin another there.
func TestNoStoreIsBegunWhereARestoreHasMovedOneAside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, FileName)
	if err := reopened(t, path, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)} {
		aside, putBack, err := setAside(dir, at)
		if err != nil {
			t.Fatal(err)
		}
		db, err := Open(path, Options{})
		if err == nil {
			_ = db.Close()
		}
		if err == nil || !strings.Contains(err.Error(), aside) || !strings.Contains(err.Error(), "run the restore again") {
			t.Errorf("Open: %v, want that %s holds a store", err, aside)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a store was begun: %v", err)
		}
		if err := putBack(); err != nil {
			t.Fatal(err)
		}
	}
	if err := reopened(t, path, Options{}).Close(); err != nil {
		t.Errorf("Open of the store that was put back: %v", err)
	}
}

// However far a restore had come when its process was killed: there is no store that a server would open, and it can be run again.
func TestARestoreThatWasKilledLeavesNoHalfStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	db := reopened(t, filepath.Join(dir, FileName), Options{})
	if _, _, err := db.opOf("c", "r"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	backUp(t, db, file)
	head, _ := headNow(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(t.TempDir(), "left")
	_, err := Restore(tcontext, file, dir, Options{Lacking: func(db *DB, _ string) (deltasync.Version, error) {
		if _, _, err := db.opOf("d", "r2"); err != nil {
			return 0, err
		}
		return head, os.CopyFS(left, os.DirFS(dir)) // as a kill would leave it
	}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(left, FileName)
	if half, err := Open(path, Options{}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "broken off") {
		if err == nil {
			_ = half.Close()
		}
		t.Errorf("Open after it: %v, want ErrDamaged, and that it was broken off", err)
	}
	found := ""
	if err := Check(path, func(f Fault) { found = f.String() }); err != nil || !strings.Contains(found, "broken off") {
		t.Errorf("Check after it: %q, %v", found, err)
	}
	if _, err := Restore(tcontext, file, left, Options{}); err != nil {
		t.Errorf("Restore again: %v", err)
	}
	for _, f := range faults(t, reopened(t, path, Options{})) {
		t.Error(f)
	}
	if entries, err := os.ReadDir(left); err != nil || len(entries) != 2 {
		t.Errorf("in the folder are %v, %v", entries, err)
	}
}

func TestAFolderThatCannotBeMovedIsEmptiedIntoItself(t *testing.T) {
	dir := t.TempDir()
	names := []string{FileName, "alongside.head", "note.txt"}
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), []byte(n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	aside, putBack, err := setAsideWithin(dir, filepath.Join(dir, "before"), entries)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || filepath.Join(dir, left[0].Name()) != aside {
		t.Errorf("what is left: %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte("half a store"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := putBack(); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if b, err := os.ReadFile(filepath.Join(dir, n)); err != nil || string(b) != n {
			t.Errorf("%s is back as %q, %v", n, b, err)
		}
	}
}
