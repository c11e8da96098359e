package boltstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	deltasync "alongside/sync"

	"go.etcd.io/bbolt"
)

// lockWait is how long Open waits for another process to let go.
const lockWait = time.Second

// mapped is how much room of addresses the file gets from the start: growing out of it makes writers wait for all
// readers, and it costs no memory.
const mapped = 1 << 30

// Open opens the store at path, or makes one. It takes the file for itself, or says ErrInUse after a second. A file that
// is not whole is ErrDamaged, and is left as it is.
//
// Open walks all pages, and verifies every record's checksum: some two seconds a gigabyte.
func Open(path string, o Options) (*DB, error) { return open(path, o, nil) }

// open is Open of a file that may be held already, with its lock; it is the store's from then on.
func open(path string, o Options, held *os.File) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	db := &DB{path: path, options: o, file: held, calls: make(chan *call), closing: make(chan struct{}), stopped: make(chan struct{})}
	if err := db.openBolt(); err != nil {
		return nil, err
	}
	if err := db.guardOpen(db.start); err != nil {
		if db.side != nil {
			_ = db.side.close()
		}
		_ = db.bolt.Close()
		return nil, err
	}
	go db.committer()
	if err := db.settleHead(); err != nil {
		_ = db.Close()
		return nil, err
	}
	db.full.Store(o.Full)
	return db, nil
}

// guardOpen makes what bbolt panics about into ErrDamaged.
func (db *DB) guardOpen(step func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(db.path, fmt.Sprint(p))
		}
	}()
	return step()
}

func (db *DB) openBolt() error {
	info, err := os.Stat(db.path)
	size := int64(0)
	if err == nil {
		size = info.Size()
		if _, _, ok := readSide(sidePath(db.path)); ok && size == 0 {
			return damaged(db.path, "the file is empty")
		}
	} else if errors.Is(err, os.ErrNotExist) {
		if aside := movedAside(filepath.Dir(db.path)); aside != "" {
			return fmt.Errorf("there is no store in %s, and %s holds one that a restore had moved aside before it was broken off: run the restore "+
				"again, or move that folder back to its place; to begin anew beside it, give it another name", filepath.Dir(db.path), aside)
		}
	}
	err = db.guardOpen(func() error {
		db.bolt, err = bbolt.Open(db.path, 0o600, &bbolt.Options{
			NoFreelistSync:  true,
			FreelistType:    bbolt.FreelistMapType,
			InitialMmapSize: int(max(mapped, 2*size)),
			OpenFile:        db.openFile,
			Timeout:         lockWait,
			NoSync:          noSync,
		})
		return err
	})
	if err == nil || errors.Is(err, ErrDamaged) || errors.Is(err, ErrInUse) {
		return err
	}
	return fmt.Errorf("open %s: %w", db.path, err)
}

// openFile is how bbolt gets its file: locked, and with every page looked at, since bbolt itself would trust them.
func (db *DB) openFile(path string, flag int, mode os.FileMode) (*os.File, error) {
	f := db.file
	if f == nil {
		var err error
		if f, err = os.OpenFile(path, flag, mode); err != nil {
			return nil, err
		}
	}
	if err := lock(f, syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	if err := db.sound(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	db.file = f
	return f, nil
}

// sound says what is wrong with the pages of a file that has any.
func (db *DB) sound(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	m, both, err := readMetas(f)
	if err != nil {
		return damaged(db.path, err.Error())
	}
	if !both {
		db.options.log().Warn("the last commit did not reach the disk whole; the one before it counts")
	}
	walk(f, info.Size(), m, func(what string) bool {
		err = damaged(db.path, what)
		return false
	})
	return err
}

// lock takes the lock that bbolt takes too; for the same file it is then given again.
func lock(f *os.File, how int) error {
	for until := time.Now().Add(lockWait); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		case time.Now().After(until):
			return ErrInUse
		}
	}
}

// start makes a new store's tables, or brings an old one's up to date, and reads what memory keeps of it.
func (db *DB) start() error {
	if err := db.prepare(); err != nil {
		return err
	}
	whole := make(chan error, 1)
	go func() { whole <- db.read(func(tx *Tx) error { return tx.st.whole() }) }()
	err := db.read(func(tx *Tx) error { return db.load(tx.st) })
	if other := <-whole; err == nil {
		err = other
	}
	if err != nil {
		return err
	}
	db.startSide()
	return nil
}

// prepare commits only where there is something to write.
func (db *DB) prepare() error {
	bolt, err := db.bolt.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = bolt.Rollback() }() // after a commit it does nothing
	if name, _ := bolt.Cursor().First(); name == nil {
		if err := db.create(bolt); err != nil {
			return err
		}
		return errors.Join(bolt.Commit(), syncFolder(filepath.Dir(db.path)))
	}
	changed, err := db.migrate(bolt)
	if err != nil {
		return err
	}
	if changed {
		return bolt.Commit()
	}
	return nil
}

// create makes the tables and the first epoch.
func (db *DB) create(bolt *bbolt.Tx) error {
	for _, name := range bucketNames {
		if _, err := bolt.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	id, err := db.newID()
	if err != nil {
		return err
	}
	secret, err := db.options.random(32)
	if err != nil {
		return err
	}
	st := &state{db: db, bolt: bolt}
	for _, row := range []struct{ key, value []byte }{
		{metaFormat, binary.BigEndian.AppendUint32(nil, format)},
		{metaStore, []byte(id)},
		{metaSecret, secret},
	} {
		if err := st.put(inMeta, row.key, append(newRow(len(row.value)), row.value...)); err != nil {
			return err
		}
	}
	if err := st.newEpoch(0, db.options.now()); err != nil {
		return err
	}
	return st.finish()
}

// load reads what memory keeps, and verifies the checksums of records on its way.
func (db *DB) load(st *state) error {
	id, err := st.row(inMeta, metaStore)
	if err != nil {
		return err
	}
	secret, err := st.row(inMeta, metaSecret)
	if err != nil {
		return err
	}
	if len(id) == 0 || len(secret) != 32 {
		return st.damaged("it has lost its id or secret")
	}
	db.id, db.secret = string(id), append([]byte(nil), secret...)
	db.figures.s.Head = st.head
	if db.figures.s.Backup, err = st.lastBackup(); err != nil {
		return err
	}
	heads, err := st.heads()
	if err != nil {
		return err
	}
	db.scopes.by = heads
	return nil
}

// whole verifies the checksum of every row but those of records, which load verifies at the same time. A damaged row would else be
// found when somebody needs it.
func (st *state) whole() error {
	for b := range buckets {
		if b == inRecords {
			continue
		}
		if err := st.each(b, nil, func([]byte, []byte) (bool, error) { return true, nil }); err != nil {
			return err
		}
	}
	return nil
}

// startSide reads what the side file says, and opens it to be written.
func (db *DB) startSide() {
	path := sidePath(db.path)
	_, told, ok := readSide(path)
	if ok {
		db.told = told
	}
	var err error
	if db.side, err = openSide(path); err != nil {
		db.options.log().Warn("no side file: a store put back in time would not be noticed", "error", err)
		db.side = &sideFile{}
	}
}

// settleHead brings in what the file lacks, and begins a new epoch where more is known to have been.
func (db *DB) settleHead() error {
	head, known := db.figures.s.Head, db.told
	if db.options.Lacking != nil {
		more, err := db.options.Lacking(db, "")
		if err != nil {
			return err
		}
		known = max(known, more)
	}
	if known > head {
		db.putBack = true
		db.options.log().Warn("the store was put back in time; a new epoch begins", "head", head, "known", known)
		if err := db.newEpoch(known); err != nil {
			return err
		}
	}
	return db.read(func(tx *Tx) error {
		db.side.write(db.id, tx.Epoch().ID, tx.Head())
		return nil
	})
}

// newEpoch begins one above a version.
func (db *DB) newEpoch(seen deltasync.Version) error {
	return db.Write(context.Background(), func(tx *Tx) error { return tx.NewEpoch(seen, db.options.now()) })
}
