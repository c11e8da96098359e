package boltstore

import (
	"bytes"
	"encoding/binary"

	deltasync "alongside/sync"

	"go.etcd.io/bbolt"
)

// bucket names one of the store's tables.
type bucket int

const (
	inMeta bucket = iota
	inLog
	inRecords
	inWhere
	inNumbers
	inNames
	inOpIDs
	inOpNums
	inCounters
	inAccess
	inGrants
	inGrantLog
	inDue
	inHeld
	inUsers
	inClients
	inCodes
	inFamilies
	inKeys
	inPulls
	inDerived
	inDerivedOf
	inSessions
	inPasskeys
	buckets // how many there are
)

var bucketNames = [buckets]string{"meta", "log", "records", "where", "numbers", "names", "opids", "opnums", "counters",
	"access", "grants", "grantlog", "due", "held", "users", "clients", "codes", "families", "keys", "pulls",
	"derived", "derivedof", "sessions", "passkeys"}

// onlyGrows reports whether new keys come after all others, so that full pages stay full.
func (b bucket) onlyGrows() bool { return b == inLog || b == inNames }

// The rows of inMeta.
var (
	metaFormat  = []byte("format")  // 4 bytes
	metaStore   = []byte("store")   // the store's id, made with it
	metaSecret  = []byte("secret")  // 32 bytes
	metaHead    = []byte("head")    // 8 bytes, the epoch's first version, 8 bytes, and its id
	metaErasing = []byte("erasing") // there was an erasure, whose traces may not all be gone
	metaNumbers = []byte("numbers") // the last number given, 4 bytes
	metaBackup  = []byte("backup")  // the entry that told of the last backup, 8 bytes; none: there was none
)

// table is one bucket in a transaction.
func (st *state) table(b bucket) *bbolt.Bucket {
	if st.tables[b] == nil {
		t := st.bolt.Bucket([]byte(bucketNames[b]))
		if t == nil {
			return nil
		}
		switch {
		case b.onlyGrows():
			t.FillPercent = 1
		case b == inRecords:
			t.FillPercent = 0.9
		}
		st.tables[b] = t
	}
	return st.tables[b]
}

// row gives what stands at a key; nil: nothing. It is valid until the transaction ends.
func (st *state) row(b bucket, key []byte) ([]byte, error) {
	t := st.table(b)
	if t == nil {
		return nil, st.damaged("table " + bucketNames[b] + " is missing")
	}
	row := t.Get(key)
	if row == nil {
		return nil, nil
	}
	return st.open(b, key, row)
}

func (st *state) open(b bucket, key, row []byte) ([]byte, error) {
	value, ok := unseal(key, row)
	if !ok {
		return nil, st.damaged("a row of " + bucketNames[b] + " does not match its checksum")
	}
	return value, nil
}

// put writes a row, which has sumSize bytes of room in front, and is the transaction's from then on.
func (st *state) put(b bucket, key, row []byte) error {
	t := st.table(b)
	if t == nil {
		return st.damaged("table " + bucketNames[b] + " is missing")
	}
	return t.Put(key, seal(key, row))
}

func (st *state) remove(b bucket, key []byte) error {
	t := st.table(b)
	if t == nil {
		return st.damaged("table " + bucketNames[b] + " is missing")
	}
	return t.Delete(key)
}

// each calls fn for the rows whose keys begin with prefix, in order, until fn returns false or an error. fn must not
// write.
func (st *state) each(b bucket, prefix []byte, fn func(key, value []byte) (bool, error)) error {
	t := st.table(b)
	if t == nil {
		return st.damaged("table " + bucketNames[b] + " is missing")
	}
	c := t.Cursor()
	for k, row := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, row = c.Next() {
		value, err := st.open(b, k, row)
		if err != nil {
			return err
		}
		if more, err := fn(k, value); err != nil || !more {
			return err
		}
	}
	return nil
}

// newRow begins a row of about size bytes.
func newRow(size int) []byte { return make([]byte, sumSize, sumSize+size) }

func versionKey(v deltasync.Version) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v)) }

func versionOf(b []byte) (deltasync.Version, bool) {
	if len(b) != 8 {
		return 0, false
	}
	return deltasync.Version(binary.BigEndian.Uint64(b)), true
}
