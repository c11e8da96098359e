package boltstore

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	deltasync "alongside/sync"

	"go.etcd.io/bbolt"
)

func headNow(t testing.TB, db *DB) (v deltasync.Version, epoch deltasync.Epoch) {
	t.Helper()
	err := db.Read(tcontext, func(tx *Tx) error {
		v, epoch = tx.Head(), tx.Epoch()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return v, epoch
}

func TestAStoreComesBackAsItWas(t *testing.T) {
	w, b := world(t)
	live(t, w, b, 3, 80)
	scopes := map[deltasync.Scope]deltasync.ScopeHead{}
	for s := range b.scopes.by {
		scopes[s] = deltasync.ScopeHead{}
	}
	look := func(into func(deltasync.Scope, deltasync.ScopeHead)) {
		err := b.Read(tcontext, func(tx *Tx) error {
			for s := range scopes {
				h, err := tx.ScopeHead(s)
				if err != nil {
					return err
				}
				into(s, h)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	look(func(s deltasync.Scope, h deltasync.ScopeHead) { scopes[s] = h })
	head, epoch := headNow(t, b.DB)
	id, secret := b.ID(), b.Secret()
	b.close()
	b.reopen()
	look(func(s deltasync.Scope, h deltasync.ScopeHead) {
		if h != scopes[s] || h.Latest == 0 {
			t.Errorf("ScopeHead(%s) = %+v, want %+v", s, h, scopes[s])
		}
	})
	if h, e := headNow(t, b.DB); h != head || e != epoch || b.PutBack() {
		t.Errorf("head %d in %v, put back: %t, want %d in %v", h, e, b.PutBack(), head, epoch)
	}
	if b.ID() != id || !bytes.Equal(b.Secret(), secret) || len(secret) != 32 {
		t.Error("the id or the secret is another")
	}
	if info, err := os.Stat(b.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v, want mode 0600", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Dir(b.path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v, want mode 0700", info.Mode(), err)
	}
	others, err := filepath.Glob(filepath.Join(filepath.Dir(b.path), "*.db"))
	if err != nil || len(others) != 1 {
		t.Errorf("files that end in .db: %v", others)
	}
}

func TestAStoreInUseIsRefused(t *testing.T) {
	t.Parallel()
	db := opened(t, Options{})
	start := time.Now()
	if _, err := Open(db.path, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("Open: %v, want ErrInUse", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	if err := Check(db.path, func(Fault) {}); !errors.Is(err, ErrInUse) {
		t.Errorf("Check: %v, want ErrInUse", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := reopened(t, db.path, Options{})
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("Close again: %v", err)
	}
	if err := again.Read(tcontext, func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("Read: %v, want ErrClosed", err)
	}
	if err := again.Write(tcontext, func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("Write: %v, want ErrClosed", err)
	}
}

func TestAStorePutBackInTimeBeginsAnEpoch(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	earlier := path + "-copy"
	clock := func() time.Time { return noon }
	db := reopened(t, path, Options{Now: clock})
	put(t, db, note("person/a", "r1", "one"))
	backUp(t, db, earlier)
	put(t, db, note("person/a", "r2", "lost"))
	lost, first := headNow(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	side, err := os.ReadFile(sidePath(path))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	open := func() *DB {
		copyFile(t, earlier, path)
		return reopened(t, path, Options{Now: clock, Log: slog.New(slog.NewTextHandler(&log, nil))})
	}

	db = open()
	head, epoch := headNow(t, db)
	if !db.PutBack() || epoch.ID == first.ID || epoch.First <= lost || head != epoch.First || !strings.Contains(log.String(), "put back") {
		t.Errorf("head %d in %+v, put back: %t, want an epoch above %d; the log says %q", head, epoch, db.PutBack(), lost, log.String())
	}
	put(t, db, note("person/a", "r2", "again"))
	for _, f := range faults(t, db) {
		t.Error(f)
	}
	db = reopened(t, path, Options{})
	if _, e := headNow(t, db); db.PutBack() || e != epoch {
		t.Errorf("opened again: put back: %t, %+v, want %+v", db.PutBack(), e, epoch)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	// A side file that is not whole, or not there, is no fault, and tells nothing.
	flipped := bytes.Clone(side)
	flipped[len(flipped)/2] ^= 1
	for _, s := range [][]byte{nil, {}, side[:len(side)-3], flipped, []byte("something else altogether"), append(bytes.Clone(side), 'x')} {
		if err := os.Remove(sidePath(path)); err != nil {
			t.Fatal(err)
		}
		if s != nil {
			if err := os.WriteFile(sidePath(path), s, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		db := open()
		if db.PutBack() {
			t.Errorf("put back by a side file %q", s)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, head, ok := readSide(sidePath(path)); !ok || head >= lost {
			t.Errorf("the side file afterwards: %d, %t", head, ok)
		}
	}
}

func TestAnEmptiedStoreIsNotTakenForANewOne(t *testing.T) {
	db := opened(t, Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(db.path, 0); err != nil {
		t.Fatal(err)
	}
	_, err := Open(db.path, Options{})
	dir := filepath.Dir(db.path)
	for _, want := range []string{"alongside check --data " + dir, "alongside restore FILE --data " + dir} {
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
			t.Errorf("Open: %v, want ErrDamaged and %q", err, want)
		}
	}
}

func TestFormats(t *testing.T) {
	db := opened(t, Options{})
	put(t, db, note("person/a", "r1", "one"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open := func(steps map[uint32]migration) error {
		db, err := Open(db.path, Options{migrations: steps})
		if err == nil {
			err = db.Close()
		}
		return err
	}
	mark := func(b *bbolt.Tx) error { return b.Bucket([]byte("meta")).SetSequence(7) }
	steps := map[uint32]migration{
		format:     mark,
		format + 1: func(*bbolt.Tx) error { return errMine },
	}
	if err := open(steps); !errors.Is(err, errMine) || !strings.Contains(err.Error(), "format 4 to 5") {
		t.Errorf("a step that fails: %v", err)
	}
	seen := func() (n uint64, row []byte) {
		b, err := bbolt.Open(db.path, 0o600, &bbolt.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = b.Close() }()
		_ = b.View(func(tx *bbolt.Tx) error { // cannot fail
			meta := tx.Bucket([]byte("meta"))
			n, row = meta.Sequence(), bytes.Clone(meta.Get(metaFormat))
			return nil
		})
		return n, row
	}
	if n, row := seen(); n != 0 || row[len(row)-1] != format {
		t.Errorf("the first step stands, without the one that failed (%d, %x)", n, row)
	}
	steps[format+1] = func(b *bbolt.Tx) error {
		return b.Bucket([]byte("meta")).SetSequence(b.Bucket([]byte("meta")).Sequence() + 1)
	}
	if err := open(steps); err != nil {
		t.Errorf("two steps: %v", err)
	}
	if n, row := seen(); n != 8 || row[len(row)-1] != format+2 {
		t.Errorf("after two steps: %d, %x", n, row)
	}
	if err := open(steps); err != nil {
		t.Errorf("again: %v", err)
	}
	if n, _ := seen(); n != 8 {
		t.Errorf("the steps were taken twice")
	}
	if err := open(nil); !errors.Is(err, ErrNewer) || errors.Is(err, ErrDamaged) {
		t.Errorf("an older program: %v, want ErrNewer", err)
	}
	if err := Check(db.path, func(f Fault) { t.Error(f) }); !errors.Is(err, ErrNewer) {
		t.Errorf("an older program's check: %v, want ErrNewer", err)
	}
	if _, err := Restore(tcontext, db.path, t.TempDir(), Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("an older program's restore: %v, want ErrNewer", err)
	}
}

func TestAForeignFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	b, err := bbolt.Open(path, 0o600, nil)
	if err == nil {
		err = b.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err })
	}
	if err == nil {
		err = b.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); !errors.Is(err, ErrDamaged) {
		t.Errorf("Open: %v, want ErrDamaged", err)
	}
}
