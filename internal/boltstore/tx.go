package boltstore

import (
	"bytes"
	"fmt"
	"time"

	deltasync "alongside/sync"
)

// Tx is one transaction, as one function sees it: a deltasync.WriteTx, and by Auth an auth.WriteTx over the same state.
// In one that only reads, what writes returns ErrReadOnly. It must not be used after its function has returned.
type Tx struct {
	st    *state
	wrote bool
	err   error // the first of a method that wrote
}

var _ deltasync.WriteTx = (*Tx)(nil)

func (tx *Tx) Head() deltasync.Version { return tx.st.head }
func (tx *Tx) Epoch() deltasync.Epoch  { return tx.st.epoch }
func (tx *Tx) Secret() []byte          { return bytes.Clone(tx.st.db.secret) }

// writing is what each method that writes asks first.
func (tx *Tx) writing() error {
	if !tx.st.writable() {
		return ErrReadOnly
	}
	tx.wrote = true
	return nil
}

// kept makes an error of a method that wrote the transaction's own, whatever its function makes of it: what was half
// written is never committed.
func (tx *Tx) kept(err error) error {
	if tx.err == nil {
		tx.err = err
	}
	return err
}

// Append gives the entry the next version, and notes what a store looks up by it.
func (tx *Tx) Append(e deltasync.Entry) (deltasync.Version, error) {
	if e.Type == deltasync.EntryOp && e.Op == nil || e.Type == deltasync.EntryGrant && e.Grant == nil {
		return 0, fmt.Errorf("an entry of type %s without its content", e.Type)
	}
	if err := tx.writing(); err != nil {
		return 0, err
	}
	v := tx.st.head + 1
	return v, tx.kept(tx.st.append(v, e))
}

// Place is Append of an entry that carries its version.
func (tx *Tx) Place(e deltasync.Entry) error {
	if err := tx.writing(); err != nil {
		return err
	}
	return tx.kept(tx.st.place(e))
}

// NewEpoch makes the next version the first of a new epoch, above the head and above seen. The entry that says so
// takes it, with the epoch's id as its fact.
func (tx *Tx) NewEpoch(seen deltasync.Version, now time.Time) error {
	if err := tx.writing(); err != nil {
		return err
	}
	return tx.kept(tx.st.newEpoch(seen, now))
}
