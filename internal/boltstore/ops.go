package boltstore

import (
	"bytes"
	"encoding/binary"

	deltasync "alongside/sync"
)

// run is a client's ops that were appended in one transaction, numbered one after the other: one row for all.
type run struct {
	first    uint64
	versions []deltasync.Version
}

func (r *run) last() uint64 { return r.first + uint64(len(r.versions)) - 1 }

// noteOp makes an op findable by its number, id and group.
func (st *state) noteOp(v deltasync.Version, op *deltasync.OpEntry) error {
	if err := st.noteNumber(v, op.Client, op.N); err != nil {
		return err
	}
	if op.ID == "" && op.Group == "" {
		return nil
	}
	user, err := st.giveNumber(ofUser, string(op.User))
	if err != nil {
		return err
	}
	if op.ID != "" {
		if err := st.noteFirst(opKey(user, byID, string(op.ID)), v); err != nil {
			return err
		}
	}
	if op.Group != "" {
		return st.noteFirst(opKey(user, byGroup, op.Group), v)
	}
	return nil
}

const (
	byID = iota
	byGroup
)

func opKey(user uint32, by byte, name string) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 24), user)
	return appendText(append(b, by), name)
}

// noteFirst leaves what stands there already.
func (st *state) noteFirst(key []byte, v deltasync.Version) error {
	row, err := st.row(inOpIDs, key)
	if err != nil || row != nil {
		return err
	}
	return st.put(inOpIDs, key, binary.BigEndian.AppendUint64(newRow(8), uint64(v)))
}

func (st *state) noteNumber(v deltasync.Version, c deltasync.ClientID, n uint64) error {
	r := st.runs[c]
	if r != nil && n == r.last()+1 {
		r.versions = append(r.versions, v)
		return nil
	}
	var last uint64
	if r != nil {
		last = r.last()
		if err := st.putRun(c, r); err != nil {
			return err
		}
	} else {
		number, err := st.number(ofClient, string(c))
		if err != nil {
			return err
		}
		last = st.lastNumber(number)
	}
	if n <= last {
		delete(st.runs, c)
		return st.putAlone(v, c, n)
	}
	if st.runs == nil {
		st.runs = map[deltasync.ClientID]*run{}
	}
	st.runs[c] = &run{first: n, versions: []deltasync.Version{v}}
	return nil
}

// putAlone writes a number that does not come after all others of its client, which no device that keeps to the protocol
// gives. A run that it falls into is cut.
func (st *state) putAlone(v deltasync.Version, c deltasync.ClientID, n uint64) error {
	client, err := st.giveNumber(ofClient, string(c))
	if err != nil {
		return err
	}
	key, value, err := st.runRow(client, n)
	if err != nil {
		return err
	}
	r := run{first: n + 1}
	if value != nil {
		if _, r, err = readRun(key, value); err != nil {
			return st.damaged("a row of opnums cannot be read")
		}
	}
	if r.first <= n {
		if err := st.remove(inOpNums, runKey(client, r.last())); err != nil {
			return err
		}
		at := n - r.first
		for _, part := range []*run{{r.first, r.versions[:at]}, {n + 1, r.versions[at+1:]}} {
			if len(part.versions) > 0 {
				if err := st.putRun(c, part); err != nil {
					return err
				}
			}
		}
	}
	return st.putRun(c, &run{n, []deltasync.Version{v}})
}

// runRow finds the first row of a client that ends at a number or above it; nil: there is none.
func (st *state) runRow(client uint32, n uint64) (key, value []byte, err error) {
	from := runKey(client, n)
	k, row := st.table(inOpNums).Cursor().Seek(from)
	if !bytes.HasPrefix(k, from[:4]) {
		return nil, nil, nil
	}
	value, err = st.open(inOpNums, k, row)
	return k, value, err
}

func runKey(client uint32, last uint64) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 12), client)
	return binary.BigEndian.AppendUint64(b, last)
}

// putRun writes a run at its last number: the first number, the first version, and from there steps.
func (st *state) putRun(c deltasync.ClientID, r *run) error {
	number, err := st.giveNumber(ofClient, string(c))
	if err != nil {
		return err
	}
	row := binary.AppendUvarint(newRow(16+len(r.versions)), r.first)
	var before deltasync.Version
	for _, v := range r.versions {
		row = binary.AppendUvarint(row, uint64(v-before))
		before = v
	}
	return st.put(inOpNums, runKey(number, r.last()), row)
}

// readRun takes a row apart.
func readRun(key, value []byte) (client uint32, r run, err error) {
	if len(key) != 12 {
		return 0, run{}, errRow
	}
	client = binary.BigEndian.Uint32(key)
	last := binary.BigEndian.Uint64(key[4:])
	rd := reader{b: value}
	r.first = rd.uvarint()
	var v deltasync.Version
	for len(rd.b) > 0 {
		v += deltasync.Version(rd.uvarint())
		r.versions = append(r.versions, v)
	}
	if rd.bad || len(r.versions) == 0 || r.last() != last {
		return 0, run{}, errRow
	}
	return client, r, nil
}

// lastNumber is the highest op number that stands in a client's rows.
func (st *state) lastNumber(client uint32) uint64 {
	if client == 0 {
		return 0
	}
	c := st.table(inOpNums).Cursor()
	k, _ := c.Seek(runKey(client+1, 0))
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	if len(k) != 12 || binary.BigEndian.Uint32(k) != client {
		return 0
	}
	return binary.BigEndian.Uint64(k[4:])
}

func (tx *Tx) OpByNumber(c deltasync.ClientID, n uint64) (deltasync.Version, error) {
	st := tx.st
	if r := st.runs[c]; r != nil && n >= r.first && n <= r.last() {
		return r.versions[n-r.first], nil
	}
	client, err := st.number(ofClient, string(c))
	if err != nil || client == 0 {
		return 0, err
	}
	_, value, err := st.runRow(client, n)
	if err != nil || value == nil {
		return 0, err
	}
	row := reader{b: value}
	var v deltasync.Version
	for i := row.uvarint(); i <= n && !row.bad; i++ {
		v += deltasync.Version(row.uvarint())
	}
	if row.bad {
		return 0, st.damaged("a row of opnums cannot be read")
	}
	return v, nil
}

func (tx *Tx) OpByID(u deltasync.UserID, id deltasync.OpID) (deltasync.Version, error) {
	return tx.st.op(u, byID, string(id))
}

func (tx *Tx) GroupUsed(u deltasync.UserID, group string) (bool, error) {
	v, err := tx.st.op(u, byGroup, group)
	return v != 0, err
}

func (st *state) op(u deltasync.UserID, by byte, name string) (deltasync.Version, error) {
	user, err := st.number(ofUser, string(u))
	if err != nil || user == 0 {
		return 0, err
	}
	row, err := st.row(inOpIDs, opKey(user, by, name))
	if err != nil || row == nil {
		return 0, err
	}
	v, ok := versionOf(row)
	if !ok {
		return 0, st.damaged("a row of opids cannot be read")
	}
	return v, nil
}
