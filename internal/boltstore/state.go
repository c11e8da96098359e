package boltstore

import (
	"encoding/binary"

	deltasync "alongside/sync"

	"go.etcd.io/bbolt"
)

// state is one bbolt transaction, with what it will write at its end. Functions that share a commit share it.
type state struct {
	db     *DB
	bolt   *bbolt.Tx
	tables [buckets]*bbolt.Bucket

	head  deltasync.Version
	epoch deltasync.Epoch

	given []grantOf // the list that was granted last, whose scopes are mostly asked about next
	next  int       // of given: where the next question looks first

	// Of a writing one:
	began   deltasync.Version // the head at its start
	scopes  map[deltasync.Scope]*scopeState
	granted map[deltasync.Principal]struct{} // whose scopes in force it changes
	numbers map[string]uint32
	runs    map[deltasync.ClientID]*run
	stands  map[deltasync.ClientID]Stand // written
	backup  LastBackup                   // if one was told of
}

// openState begins with what a transaction says of its head.
func (db *DB) openState(bolt *bbolt.Tx) (*state, error) {
	st := &state{db: db, bolt: bolt}
	row, err := st.row(inMeta, metaHead)
	if err != nil {
		return nil, err
	}
	if len(row) < 16 {
		return nil, st.damaged("it does not say where its log ends")
	}
	st.head = deltasync.Version(binary.BigEndian.Uint64(row))
	st.epoch = deltasync.Epoch{First: deltasync.Version(binary.BigEndian.Uint64(row[8:])), ID: string(row[16:])}
	st.began = st.head
	return st, nil
}

func (st *state) damaged(what string) error { return damaged(st.db.path, what) }

func (st *state) writable() bool { return st.bolt.Writable() }

// txid names the commit that the transaction sees, or will be.
func (st *state) txid() int { return st.bolt.ID() }

// finish writes what was gathered.
func (st *state) finish() error {
	for c, r := range st.runs {
		if err := st.putRun(c, r); err != nil {
			return err
		}
	}
	clear(st.runs)
	if err := st.putStands(); err != nil {
		return err
	}
	return st.putHead()
}

func (st *state) putHead() error {
	row := newRow(64)
	row = binary.BigEndian.AppendUint64(row, uint64(st.head))
	row = binary.BigEndian.AppendUint64(row, uint64(st.epoch.First))
	row = append(row, st.epoch.ID...)
	return st.put(inMeta, metaHead, row)
}

// Numbers stand for long names in keys. Each class counts in the same row, so that a number names one thing only.
const (
	ofScope  = 's'
	ofClient = 'c'
	ofUser   = 'u'
)

func numberKey(class byte, name string) []byte {
	return appendText(append(make([]byte, 0, 18), class), name)
}

// number is what stands for a name; 0: it has none yet.
func (st *state) number(class byte, name string) (uint32, error) {
	key := numberKey(class, name)
	if n := st.numbers[string(key)]; n != 0 {
		return n, nil
	}
	row, err := st.row(inNumbers, key)
	if err != nil || row == nil {
		return 0, err
	}
	if len(row) != 4 {
		return 0, st.damaged("a row of numbers cannot be read")
	}
	n := binary.BigEndian.Uint32(row)
	if st.writable() {
		st.remember(key, n)
	}
	return n, nil
}

func (st *state) remember(key []byte, n uint32) {
	if st.numbers == nil {
		st.numbers = map[string]uint32{}
	}
	st.numbers[string(key)] = n
}

// giveNumber is number, and gives one to a name that has none.
func (st *state) giveNumber(class byte, name string) (uint32, error) {
	n, err := st.number(class, name)
	if err != nil || n != 0 {
		return n, err
	}
	last, err := st.row(inMeta, metaNumbers)
	if err != nil {
		return 0, err
	}
	if len(last) == 4 {
		n = binary.BigEndian.Uint32(last)
	}
	n++
	number := binary.BigEndian.AppendUint32(nil, n)
	key := numberKey(class, name)
	if err := st.put(inMeta, metaNumbers, append(newRow(4), number...)); err != nil {
		return 0, err
	}
	if err := st.put(inNumbers, key, append(newRow(4), number...)); err != nil {
		return 0, err
	}
	if err := st.put(inNames, number, append(newRow(len(key)), key...)); err != nil {
		return 0, err
	}
	st.remember(key, n)
	return n, nil
}

// name is what a number stands for.
func (st *state) name(class byte, n uint32) (string, error) {
	row, err := st.row(inNames, binary.BigEndian.AppendUint32(nil, n))
	if err != nil {
		return "", err
	}
	r := reader{b: row}
	if r.byte() != class || r.bad {
		return "", st.damaged("a number stands for nothing")
	}
	name := r.text()
	if r.err() != nil {
		return "", st.damaged("a row of names cannot be read")
	}
	return name, nil
}
