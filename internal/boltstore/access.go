package boltstore

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"time"

	deltasync "alongside/sync"
)

func scopeKey(s deltasync.Scope) []byte { return appendText(nil, string(s)) }

func (tx *Tx) Access(s deltasync.Scope) (deltasync.Access, error) { return tx.st.access(s) }

func (st *state) access(s deltasync.Scope) (deltasync.Access, error) {
	row, err := st.row(inAccess, scopeKey(s))
	if err != nil || row == nil {
		return deltasync.Access{}, err
	}
	a, err := st.db.accesses.read(s, row)
	if err != nil {
		return deltasync.Access{}, st.damaged("a row of access cannot be read")
	}
	return a, nil
}

// EachAccess calls fn for who sees each scope; an error of fn ends it and is returned. fn must not write.
func (tx *Tx) EachAccess(fn func(deltasync.Scope, deltasync.Access) error) error {
	return tx.st.each(inAccess, nil, func(k, row []byte) (bool, error) {
		var a deltasync.Access
		if json.Unmarshal(row, &a) != nil {
			return false, tx.st.damaged("a row of access cannot be read")
		}
		return true, fn(deltasync.Scope(textIn(k)), a)
	})
}

// PutAccess keeps who sees a scope, who is granted it now, and when that is next due.
func (tx *Tx) PutAccess(s deltasync.Scope, a deltasync.Access) error {
	if err := tx.writing(); err != nil {
		return err
	}
	return tx.kept(tx.st.putAccess(s, a))
}

func (st *state) putAccess(s deltasync.Scope, a deltasync.Access) error {
	former, err := st.access(s)
	if err != nil {
		return err
	}
	row, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if err := st.put(inAccess, scopeKey(s), append(newRow(len(row)), row...)); err != nil {
		return err
	}
	for _, g := range former.Grants {
		if !slices.ContainsFunc(a.Grants, func(n deltasync.Granted) bool { return n.Principal == g.Principal }) {
			st.regranted(g.Principal)
			if err := st.remove(inGrants, grantKey(g.Principal, s)); err != nil {
				return err
			}
		}
	}
	for _, g := range a.Grants {
		if !slices.Contains(former.Grants, g) {
			st.regranted(g.Principal)
			gen := binary.BigEndian.AppendUint64(newRow(8), uint64(g.Gen))
			if err := st.put(inGrants, grantKey(g.Principal, s), gen); err != nil {
				return err
			}
		}
	}
	if former.Next.Equal(a.Next) {
		return nil
	}
	if !former.Next.IsZero() {
		if err := st.remove(inDue, dueKey(former.Next, s)); err != nil {
			return err
		}
	}
	if a.Next.IsZero() {
		return nil
	}
	return st.put(inDue, dueKey(a.Next, s), newRow(0))
}

// grantKey ends with the scope as it is written, so that a principal's scopes stand in the order of their names.
func grantKey(p deltasync.Principal, s deltasync.Scope) []byte {
	return append(appendText(make([]byte, 0, 64), string(p)), s...)
}

// dueKey is seconds since 1970, with the sign turned so that they sort, nanoseconds, and the scope.
func dueKey(at time.Time, s deltasync.Scope) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 64), uint64(at.Unix())^1<<63)
	b = binary.BigEndian.AppendUint32(b, uint32(at.Nanosecond()))
	return append(b, s...)
}

func splitDueKey(k []byte) (time.Time, deltasync.Scope, bool) {
	if len(k) < 12 {
		return time.Time{}, "", false
	}
	seconds := int64(binary.BigEndian.Uint64(k) ^ 1<<63)
	return time.Unix(seconds, int64(binary.BigEndian.Uint32(k[8:]))).UTC(), deltasync.Scope(k[12:]), true
}

func (tx *Tx) NextDue() (time.Time, deltasync.Scope, error) {
	var at time.Time
	var scope deltasync.Scope
	err := tx.st.each(inDue, nil, func(k, _ []byte) (bool, error) {
		var ok bool
		if at, scope, ok = splitDueKey(k); !ok {
			return false, tx.st.damaged("a row of due cannot be read")
		}
		return false, nil
	})
	return at, scope, err
}

// Granted calls fn for the scopes that a principal is granted now, in the order of their names, until fn returns false.
// fn must not write.
func (tx *Tx) Granted(p deltasync.Principal, fn func(deltasync.Scope, deltasync.Version) bool) error {
	st := tx.st
	all, known := []grantOf(nil), false
	if !st.writable() { // else what it wrote itself counts too
		all, known = st.db.granted.find(p, st.txid())
	}
	if !known {
		var err error
		if all, err = st.grantsOf(p); err != nil {
			return err
		}
		if !st.writable() {
			st.db.granted.keep(p, st.txid(), all)
		}
	}
	st.given, st.next = all, 0
	for _, g := range all {
		if !fn(g.scope, g.gen) {
			break
		}
	}
	return nil
}

func (st *state) grantsOf(p deltasync.Principal) (all []grantOf, err error) {
	prefix := appendText(nil, string(p))
	err = st.each(inGrants, prefix, func(k, value []byte) (bool, error) {
		gen, ok := versionOf(value)
		if !ok {
			return false, st.damaged("a row of grants cannot be read")
		}
		name, heads := st.db.scopes.own(k[len(prefix):])
		all = append(all, grantOf{name, gen, heads})
		return true, nil
	})
	return all, err
}

// regranted notes that the transaction changes what a principal sees.
func (st *state) regranted(p deltasync.Principal) {
	if st.granted == nil {
		st.granted = map[deltasync.Principal]struct{}{}
	}
	st.granted[p] = struct{}{}
}

// noteGrant keeps a start or an end where the principal finds it.
func (st *state) noteGrant(v deltasync.Version, g *deltasync.Grant) error {
	row := append(newRow(32), bit(g.End))
	row = binary.AppendUvarint(row, uint64(g.Gen))
	row = appendText(row, string(g.Scope))
	return st.put(inGrantLog, grantLogKey(g.Principal, v), row)
}

func grantLogKey(p deltasync.Principal, v deltasync.Version) []byte {
	return binary.BigEndian.AppendUint64(appendText(make([]byte, 0, 32), string(p)), uint64(v))
}

func readGrant(key, value []byte) (deltasync.Grant, error) {
	k := reader{b: key}
	g := deltasync.Grant{Principal: deltasync.Principal(k.text())}
	v, ok := versionOf(k.b)
	r := reader{b: value}
	g.Version, g.End, g.Gen, g.Scope = v, r.byte() == 1, deltasync.Version(r.uvarint()), deltasync.Scope(r.text())
	if k.bad || !ok {
		return deltasync.Grant{}, errRow
	}
	return g, r.err()
}

// Grants calls fn for the starts and ends of a principal's access after a version, in order, until fn returns false. fn
// must not write.
func (tx *Tx) Grants(p deltasync.Principal, after deltasync.Version, fn func(deltasync.Grant) bool) error {
	st := tx.st
	t := st.table(inGrantLog)
	if t == nil {
		return st.damaged("table grantlog is missing")
	}
	prefix := appendText(nil, string(p))
	c := t.Cursor()
	for k, row := c.Seek(grantLogKey(p, after+1)); k != nil && len(k) == len(prefix)+8 && string(k[:len(prefix)]) == string(prefix); k, row = c.Next() {
		value, err := st.open(inGrantLog, k, row)
		if err != nil {
			return err
		}
		g, err := readGrant(k, value)
		if err != nil {
			return st.damaged("a row of grantlog cannot be read")
		}
		if !fn(g) {
			break
		}
	}
	return nil
}
