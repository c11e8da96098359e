package boltstore

import (
	"bytes"

	deltasync "alongside/sync"
)

// What followers make of the log stands in the same file, so that one commit holds what a follower has read, what it makes of it, and what
// it writes. Each has tables of its own, by name. A row may belong to a scope: an erasure takes it away with the scope.

// Derived gives a row of a follower's table; nil: there is none. It is valid until the transaction ends.
func (tx *Tx) Derived(table string, key []byte) ([]byte, error) {
	_, value, err := tx.st.derived(derivedKey(table, key))
	return value, err
}

// PutDerived writes a row that belongs to a scope; an empty scope: to nobody.
func (tx *Tx) PutDerived(table string, key []byte, of deltasync.Scope, value []byte) error {
	if err := tx.writing(); err != nil {
		return err
	}
	return tx.kept(tx.st.putDerived(derivedKey(table, key), of, value))
}

// DropDerived takes a row away, if there is one.
func (tx *Tx) DropDerived(table string, key []byte) error {
	if err := tx.writing(); err != nil {
		return err
	}
	return tx.kept(tx.st.dropDerived(derivedKey(table, key)))
}

// EachDerived calls fn for the rows whose keys begin with prefix, in the order of their keys, until fn returns false or an error. fn must
// not write. What it is handed is valid until the transaction ends.
func (tx *Tx) EachDerived(table string, prefix []byte, fn func(key []byte, of deltasync.Scope, value []byte) (bool, error)) error {
	own := len(appendText(nil, table))
	return tx.st.each(inDerived, derivedKey(table, prefix), func(k, row []byte) (bool, error) {
		of, value, err := tx.st.splitDerived(row)
		if err != nil {
			return false, err
		}
		return fn(k[own:], of, value)
	})
}

func derivedKey(table string, key []byte) []byte { return append(appendText(nil, table), key...) }

func (st *state) derived(key []byte) (of deltasync.Scope, value []byte, err error) {
	row, err := st.row(inDerived, key)
	if err != nil || row == nil {
		return "", nil, err
	}
	return st.splitDerived(row)
}

func (st *state) splitDerived(row []byte) (deltasync.Scope, []byte, error) {
	r := reader{b: row}
	of := r.text()
	if r.bad {
		return "", nil, st.damaged("a row of derived cannot be read")
	}
	return deltasync.Scope(of), r.b, nil
}

func (st *state) putDerived(key []byte, of deltasync.Scope, value []byte) error {
	former, was, err := st.derived(key)
	if err != nil {
		return err
	}
	if was != nil && former != of && former != "" {
		if err := st.remove(inDerivedOf, derivedOfKey(former, key)); err != nil {
			return err
		}
	}
	if of != "" && (was == nil || former != of) {
		if err := st.put(inDerivedOf, derivedOfKey(of, key), newRow(0)); err != nil {
			return err
		}
	}
	row := appendText(newRow(18+len(value)), string(of))
	return st.put(inDerived, key, append(row, value...))
}

func (st *state) dropDerived(key []byte) error {
	of, was, err := st.derived(key)
	if err != nil || was == nil {
		return err
	}
	if of != "" {
		if err := st.remove(inDerivedOf, derivedOfKey(of, key)); err != nil {
			return err
		}
	}
	return st.remove(inDerived, key)
}

// eraseDerived takes away what followers made of a scope.
func (st *state) eraseDerived(s deltasync.Scope) error {
	keys, err := st.keys(inDerivedOf, scopeKey(s))
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := st.remove(inDerivedOf, k); err != nil {
			return err
		}
		if err := st.remove(inDerived, bytes.Clone(k[len(scopeKey(s)):])); err != nil {
			return err
		}
	}
	return nil
}

func derivedOfKey(s deltasync.Scope, key []byte) []byte { return append(scopeKey(s), key...) }

// derived verifies that each row is found by its scope, and that nothing is left of one that was erased.
func (c *checker) derived() {
	rows := map[string]bool{}
	c.each(inDerived, func(k, value []byte) {
		of, _, err := c.st.splitDerived(value)
		switch {
		case err != nil:
			c.fault(inDerived, "a row cannot be read")
		case of == "":
		default:
			rows[string(derivedOfKey(of, k))] = true
			if _, ok := c.find(inDerivedOf, derivedOfKey(of, k)); !ok {
				c.fault(inDerived, "a row of %s is not found by it", of)
			}
		}
	})
	c.each(inDerivedOf, func(k, _ []byte) {
		if !rows[string(k)] {
			c.fault(inDerivedOf, "a row leads to nothing (key %x)", k)
		}
	})
}
