package boltstore

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// format is the version of the file that this program writes.
const format = 3

// oldest is the earliest format of which a store can still be checked, restored and brought up to date.
const oldest = 1

// since says which tables came with which format.
var since = map[bucket]uint32{inDerived: 2, inDerivedOf: 2, inSessions: 3, inPasskeys: 3}

// migration brings a store from one format to the next.
type migration func(*bbolt.Tx) error

// migrations are the steps out of each format that once was. The step from the present one is what the next release
// adds.
var migrations = map[uint32]migration{
	1: tables(inDerived, inDerivedOf), // what followers make of the log
	2: tables(inSessions, inPasskeys), // who is signed in at a desk, and by what
}

// tables is the step to a format that has these tables.
func tables(all ...bucket) migration {
	return func(bolt *bbolt.Tx) error {
		for _, b := range all {
			if _, err := bolt.CreateBucket([]byte(bucketNames[b])); err != nil {
				return fmt.Errorf("table %s: %w", bucketNames[b], err)
			}
		}
		return nil
	}
}

// migrate brings a store up to date, within the transaction that it is given: whole or not at all. A format that no
// step leads on from is the present one.
func (db *DB) migrate(bolt *bbolt.Tx) (changed bool, err error) {
	steps := db.options.migrations
	if steps == nil {
		steps = migrations
	}
	present := uint32(format)
	for steps[present] != nil {
		present++
	}
	st := &state{db: db, bolt: bolt}
	row, err := st.row(inMeta, metaFormat)
	if err != nil {
		return false, err
	}
	if len(row) != 4 {
		return false, st.damaged("it does not say its format")
	}
	at := binary.BigEndian.Uint32(row)
	if at > present {
		return false, otherFormat(at)
	}
	if at == present {
		return false, nil
	}
	for from := at; from < present; from++ {
		step := steps[from]
		if step == nil {
			return false, st.damaged(fmt.Sprintf("no step leads on from its format %d", from))
		}
		if err := step(bolt); err != nil {
			return false, fmt.Errorf("bring the store from format %d to %d: %w", from, from+1, err)
		}
	}
	return true, st.put(inMeta, metaFormat, binary.BigEndian.AppendUint32(newRow(4), present))
}

// otherFormat is why a file is left alone that is whole and of another format.
func otherFormat(at uint32) error {
	if at > format {
		return fmt.Errorf("%w (its format is %d, this program's is %d)", ErrNewer, at, format)
	}
	return fmt.Errorf("the store is of format %d: start the server once, which brings it to %d", at, format)
}
