package boltstore

import (
	"bytes"
	"context"
	"os"

	deltasync "alongside/sync"
)

// Row is an entry of the log as the store keeps it, without its checksum: what an archive holds.
type Row struct {
	Version deltasync.Version
	Data    []byte
}

// Entry reads the row. What it gives shares the row's bytes.
func (r Row) Entry() (deltasync.Entry, error) { return readEntry(r.Version, r.Data) }

// A piece of the log ends at whichever it reaches first.
const (
	pieceRows  = 512
	pieceBytes = 1 << 20
)

// Rows gives the log's next rows after a version, as many as make a piece; none: there are no more. They are the caller's own.
func (db *DB) Rows(ctx context.Context, after deltasync.Version) (rows []Row, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		rows = nil
		size := 0
		return tx.Rows(after, func(r Row) bool {
			rows = append(rows, Row{r.Version, bytes.Clone(r.Data)})
			size += len(r.Data)
			return len(rows) < pieceRows && size < pieceBytes
		})
	})
	return rows, err
}

// Row gives the row of one entry, valid until the transaction ends; false: there is none.
func (tx *Tx) Row(v deltasync.Version) (Row, bool, error) {
	data, err := tx.st.row(inLog, versionKey(v))
	return Row{v, data}, data != nil, err
}

// Rows calls fn for the rows of the log after a version, in order, until fn returns false. They are valid until the transaction ends.
func (tx *Tx) Rows(after deltasync.Version, fn func(Row) bool) error {
	st := tx.st
	t := st.table(inLog)
	if t == nil {
		return st.damaged("table log is missing")
	}
	c := t.Cursor()
	for k, row := c.Seek(versionKey(after + 1)); k != nil; k, row = c.Next() {
		value, err := st.open(inLog, k, row)
		if err != nil {
			return err
		}
		v, _ := versionOf(k)
		if !fn(Row{v, value}) {
			break
		}
	}
	return nil
}

// Peek reads the store in a file that nobody has open, and leaves the file as it is.
func Peek(ctx context.Context, path string, fn func(*Tx) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	looked := false
	broken := inspect(ctx, path, f, func(fault Fault) { err = damaged(path, fault.What) }, func(c *checker) error {
		st, e := c.st.db.openState(c.st.bolt)
		if e != nil {
			return e
		}
		looked, err = true, fn(&Tx{st: st})
		return nil
	})
	if broken != nil {
		return broken
	}
	if !looked && err == nil {
		err = damaged(path, "it cannot be read")
	}
	return err
}

// Same reports whether two rows are the same entry, also where one has been emptied by an erasure since.
func (r Row) Same(o Row) bool {
	if r.Version != o.Version || bytes.Equal(r.Data, o.Data) {
		return r.Version == o.Version
	}
	a, errA := r.Entry()
	b, errB := o.Entry()
	return errA == nil && errB == nil && a.Op != nil && b.Op != nil && a.At.Equal(b.At) && a.Op.Client == b.Op.Client && a.Op.N == b.Op.N &&
		a.Op.ID == b.Op.ID && a.Op.Raw != nil != (b.Op.Raw != nil)
}
