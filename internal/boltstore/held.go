package boltstore

import (
	"encoding/binary"

	deltasync "alongside/sync"
)

func (tx *Tx) Counter(c deltasync.ClientID) (deltasync.Counter, error) {
	row, err := tx.st.row(inCounters, appendText(nil, string(c)))
	if err != nil || row == nil {
		return deltasync.Counter{}, err
	}
	n, err := readCounter(row)
	if err != nil {
		return n, tx.st.damaged("a row of counters cannot be read")
	}
	return n, nil
}

func readCounter(row []byte) (deltasync.Counter, error) {
	r := reader{b: row}
	n := deltasync.Counter{Through: r.uvarint(), Safe: r.uvarint()}
	return n, r.err()
}

func (tx *Tx) PutCounter(c deltasync.ClientID, n deltasync.Counter) error {
	if err := tx.writing(); err != nil {
		return err
	}
	row := binary.AppendUvarint(newRow(8), n.Through)
	row = binary.AppendUvarint(row, n.Safe)
	return tx.kept(tx.st.put(inCounters, appendText(nil, string(c)), row))
}

func heldKey(h *deltasync.HeldOp) []byte {
	b := appendText(make([]byte, 0, 64), string(h.Scope))
	b = appendText(b, string(h.Record))
	b = appendText(b, string(h.Client))
	return binary.BigEndian.AppendUint64(b, h.N)
}

func (tx *Tx) PutHeld(h deltasync.HeldOp) error {
	if err := tx.writing(); err != nil {
		return err
	}
	row := append(newRow(48), bit(h.Open))
	row = appendWord(row, statuses, string(h.Status))
	row = appendText(row, string(h.User))
	row = appendText(row, string(h.Held))
	row = binary.AppendUvarint(row, uint64(h.Entry))
	return tx.kept(tx.st.put(inHeld, heldKey(&h), row))
}

func readHeld(key, value []byte) (deltasync.HeldOp, error) {
	k, r := reader{b: key}, reader{b: value}
	h := deltasync.HeldOp{Scope: deltasync.Scope(k.text()), Record: deltasync.RecordID(k.text()), Client: deltasync.ClientID(k.text())}
	if k.bad || len(k.b) != 8 {
		return h, errRow
	}
	h.N = binary.BigEndian.Uint64(k.b)
	h.Open, h.Status = r.byte() == 1, deltasync.Status(r.word(statuses))
	h.User, h.Held, h.Entry = deltasync.UserID(r.text()), deltasync.RecordID(r.text()), deltasync.Version(r.uvarint())
	return h, r.err()
}

// HeldOps calls fn for what was held or rejected for a scope, until fn returns false. fn must not write.
func (tx *Tx) HeldOps(s deltasync.Scope, fn func(deltasync.HeldOp) bool) error {
	return tx.st.held(scopeKey(s), fn)
}

// HeldOf calls fn for those that were meant for one record.
func (tx *Tx) HeldOf(s deltasync.Scope, id deltasync.RecordID, fn func(deltasync.HeldOp) bool) error {
	return tx.st.held(appendText(scopeKey(s), string(id)), fn)
}

func (st *state) held(prefix []byte, fn func(deltasync.HeldOp) bool) error {
	return st.each(inHeld, prefix, func(k, value []byte) (bool, error) {
		h, err := readHeld(k, value)
		if err != nil {
			return false, st.damaged("a row of held cannot be read")
		}
		return fn(h), nil
	})
}
