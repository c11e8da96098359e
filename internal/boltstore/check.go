package boltstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"

	deltasync "alongside/sync"

	"go.etcd.io/bbolt"
)

// Fault is one thing that is not as it should be. It names ids and versions, never what people wrote.
type Fault struct {
	Table string // empty: the file itself
	What  string
}

func (f Fault) String() string {
	if f.Table == "" {
		return f.What
	}
	return f.Table + ": " + f.What
}

// Check verifies every invariant of the store at path, which nobody may have open (ErrInUse), and reports each fault. It
// changes nothing and never panics, whatever the file holds. An error means that the check itself could not be done.
func Check(path string, report func(Fault)) error {
	return CheckUntil(context.Background(), path, report)
}

// CheckUntil is Check that gives up when ctx ends.
func CheckUntil(ctx context.Context, path string, report func(Fault)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := lock(f, syscall.LOCK_SH); err != nil {
		_ = f.Close()
		return err
	}
	return inspect(ctx, path, f, report, (*checker).all)
}

// Check verifies the open store as it is at this moment, and what memory holds of it, while readers and writers go on.
func (db *DB) Check(ctx context.Context, report func(Fault)) error {
	return db.Read(ctx, func(tx *Tx) error {
		bolt := tx.st.bolt
		info, err := db.file.Stat()
		if err != nil {
			return err
		}
		sound := true
		m := boltMeta{pageSize: int64(db.bolt.Info().PageSize), root: uint64(bolt.Cursor().Bucket().RootPage()), freelist: noFreelist}
		m.pages = uint64(bolt.Size() / m.pageSize)
		walk(db.file, info.Size(), m, func(what string) bool {
			sound = false
			report(Fault{What: what})
			return ctx.Err() == nil
		})
		if !sound || ctx.Err() != nil {
			return ctx.Err()
		}
		c := &checker{ctx: ctx, st: tx.st, report: report, live: true}
		return c.all()
	})
}

// inspect looks at a file that nobody has open, and hands what is in it to look if its pages are as they should be. It
// closes the file.
func inspect(ctx context.Context, path string, f *os.File, report func(Fault), look func(*checker) error) (err error) {
	opened := false
	defer func() {
		if !opened {
			_ = f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		report(Fault{What: "the file is empty"})
		return nil
	}
	m, both, err := readMetas(f)
	if err != nil {
		report(Fault{What: err.Error()})
		return nil
	}
	sound := true
	if !both {
		report(Fault{What: "the last commit did not reach the disk whole; the one before it counts"})
	}
	walk(f, info.Size(), m, func(what string) bool {
		sound = false
		report(Fault{What: what})
		return true
	})
	if !sound {
		return nil // what is in such a file cannot be told
	}

	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			report(Fault{What: fmt.Sprintf("it cannot be read: %v", p)})
			err = nil
		}
	}()
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, OpenFile: func(string, int, os.FileMode) (*os.File, error) {
		opened = true
		return f, nil
	}})
	if err != nil {
		report(Fault{What: "it cannot be opened: " + err.Error()})
		return nil
	}
	defer func() { _ = bolt.Close() }()
	tx, err := bolt.Begin(false)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for err := range tx.Check() {
		report(Fault{What: err.Error()})
		sound = false
	}
	if !sound {
		return nil
	}
	db := &DB{path: path, bolt: bolt}
	return look(&checker{ctx: ctx, st: &state{db: db, bolt: tx}, report: report})
}

// checker holds every table against the log, and the log against itself.
type checker struct {
	ctx    context.Context
	st     *state
	report func(Fault)
	live   bool // memory is to be checked too

	scopes  map[uint32]*counted
	ops     map[deltasync.ClientID]*tally
	inForce map[grantee]deltasync.Version
	facts   map[string]deltasync.Version // the last entry that put a row, by table and key
	backup  deltasync.Version            // the last entry that told of a backup
}

// counted is a scope as its rows add up.
type counted struct {
	scope deltasync.Scope
	head  deltasync.ScopeHead
}

// tally is a client's ops as the log has them.
type tally struct {
	highest uint64
	count   uint64
}

type grantee struct {
	principal deltasync.Principal
	scope     deltasync.Scope
}

// all runs each check in turn. A later one takes for granted what an earlier one has reported.
func (c *checker) all() error {
	if !c.tables() {
		return c.ctx.Err()
	}
	if ok, err := c.meta(); !ok || err != nil {
		return err
	}
	for _, check := range []func(){c.numbers, c.log, c.records, c.where, c.opIDs, c.opNums, c.counters, c.access, c.grantLog, c.held, c.rows, c.backups, c.heads, c.derived} {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		check()
	}
	return c.ctx.Err()
}

func (c *checker) fault(b bucket, format string, args ...any) {
	c.report(Fault{Table: bucketNames[b], What: fmt.Sprintf(format, args...)})
}

// each calls fn for the rows of a table whose checksums hold, and gives up when the check is called off.
func (c *checker) each(b bucket, fn func(key, value []byte)) {
	t := c.st.table(b)
	if t == nil {
		return // of an older format
	}
	cur := t.Cursor()
	n := 0
	for k, row := cur.First(); k != nil; k, row = cur.Next() {
		if n++; n%1024 == 0 && c.ctx.Err() != nil {
			return
		}
		if value, ok := unseal(k, row); ok {
			fn(k, value)
		}
	}
}

// find gives a row whose checksum holds.
func (c *checker) find(b bucket, key []byte) ([]byte, bool) {
	row := c.st.table(b).Get(key)
	if row == nil {
		return nil, false
	}
	return unseal(key, row)
}

// tables verifies that there are the tables that should be, and the checksum of each row.
func (c *checker) tables() bool {
	ok := true
	known := map[string]bool{}
	for b, name := range bucketNames {
		known[name] = true
		if c.st.table(bucket(b)) == nil && !c.before(bucket(b)) {
			c.report(Fault{What: "table " + name + " is missing"})
			ok = false
		}
	}
	_ = c.st.bolt.ForEach(func(name []byte, _ *bbolt.Bucket) error { // fn fails never
		if !known[string(name)] {
			c.report(Fault{What: fmt.Sprintf("there is a table that nobody knows (%d letters)", len(name))})
		}
		return nil
	})
	if !ok {
		return false
	}
	for b := range buckets {
		if c.st.table(b) == nil {
			continue
		}
		cur := c.st.table(b).Cursor()
		n := 0
		for k, row := cur.First(); k != nil; k, row = cur.Next() {
			if n++; n%1024 == 0 && c.ctx.Err() != nil {
				return false
			}
			if _, ok := unseal(k, row); !ok {
				c.fault(b, "row %d (key %x) does not match its checksum", n, k)
			}
		}
	}
	return true
}

// before reports whether the store is of a format that had no such table yet.
func (c *checker) before(b bucket) bool {
	if c.st.table(inMeta) == nil {
		return false
	}
	at, ok := c.find(inMeta, metaFormat)
	return ok && len(at) == 4 && binary.BigEndian.Uint32(at) < since[b]
}

func (c *checker) meta() (bool, error) {
	row := func(key []byte, size int) ([]byte, bool) {
		value, ok := c.find(inMeta, key)
		if !ok || len(value) < size {
			c.fault(inMeta, "the row %s is missing", key)
			return nil, false
		}
		return value, true
	}
	at, ok1 := row(metaFormat, 4)
	_, ok2 := row(metaStore, 1)
	_, ok3 := row(metaSecret, 32)
	_, ok4 := row(metaHead, 16)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return false, nil
	}
	if n := binary.BigEndian.Uint32(at); n < oldest || n > format {
		return false, otherFormat(n)
	}
	st, err := c.st.db.openState(c.st.bolt)
	if err != nil {
		c.fault(inMeta, "%v", err)
		return false, nil
	}
	c.st.head, c.st.epoch = st.head, st.epoch
	return true, nil
}

// entry reads an entry; an error is reported by log.
func (c *checker) entry(v deltasync.Version) (deltasync.Entry, bool) {
	value, ok := c.find(inLog, versionKey(v))
	if !ok {
		return deltasync.Entry{}, false
	}
	e, err := readEntry(v, value)
	return e, err == nil
}
