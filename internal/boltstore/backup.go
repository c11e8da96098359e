package boltstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"time"

	deltasync "alongside/sync"
)

// BackupInfo says what a backup holds.
type BackupInfo struct {
	Head  deltasync.Version
	Epoch string
	Size  int64 // in bytes
}

// entryBackup is the type of an entry that says a backup stands. Its fact is a LastBackup.
const entryBackup deltasync.EntryType = "backup"

// LastBackup is the latest backup that the log tells of; the zero value: it tells of none.
type LastBackup struct {
	At   time.Time         `json:"at"`   // when it had been verified
	Head deltasync.Version `json:"head"` // how far it holds the log
}

func readBackup(e deltasync.Entry) (b LastBackup, ok bool) {
	ok = json.Unmarshal(e.Fact, &b) == nil && !b.At.IsZero() && b.Head < e.Version
	return b, ok
}

// noteBackup keeps where the log tells of the latest backup.
func (st *state) noteBackup(e deltasync.Entry) error {
	b, ok := readBackup(e)
	if !ok {
		return fmt.Errorf("entry %d tells of a backup, but not of which", e.Version)
	}
	st.backup = b
	return st.put(inMeta, metaBackup, binary.BigEndian.AppendUint64(newRow(8), uint64(e.Version)))
}

// lastBackup is what the log last told.
func (st *state) lastBackup() (LastBackup, error) {
	row, err := st.row(inMeta, metaBackup)
	if err != nil || row == nil {
		return LastBackup{}, err
	}
	v, ok := versionOf(row)
	if !ok {
		return LastBackup{}, st.damaged("its row of the last backup cannot be read")
	}
	e, err := (&Tx{st: st}).Entry(v)
	if err != nil {
		return LastBackup{}, err
	}
	b, ok := readBackup(e)
	if !ok {
		return LastBackup{}, st.damaged("its last backup cannot be told")
	}
	return b, nil
}

// Backup writes the store as it is at this moment, while readers and writers go on. The file grows by what they write
// until it is done, since nothing that the backup still needs is written over. Progress may be nil.
//
// Once what it wrote is safe, MarkBackedUp says so to the phones.
func (db *DB) Backup(ctx context.Context, w io.Writer, progress func(done, total int64)) (BackupInfo, error) {
	var info BackupInfo
	err := db.Read(ctx, func(tx *Tx) error {
		info = BackupInfo{Head: tx.Head(), Epoch: tx.Epoch().ID, Size: tx.st.bolt.Size()}
		_, err := tx.st.bolt.WriteTo(&meter{ctx: ctx, w: w, total: info.Size, progress: progress})
		return err
	})
	return info, err
}

// meter counts what passes through it, and stops when ctx ends.
type meter struct {
	ctx         context.Context
	w           io.Writer
	done, total int64
	told        int64
	progress    func(done, total int64)
}

const tellEvery = 1 << 20

func (m *meter) Write(b []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.w.Write(b)
	m.done += int64(n)
	if m.progress != nil && (m.done-m.told >= tellEvery || m.done == m.total) {
		m.told = m.done
		m.progress(m.done, m.total)
	}
	return n, err
}

// MarkBackedUp says that the log up to head stands in a backup: each client's safe number rises to its highest op there.
// That there is such a backup is itself an entry of the log, which the next backup holds.
func (db *DB) MarkBackedUp(ctx context.Context, head deltasync.Version) error {
	return db.Write(ctx, func(tx *Tx) error {
		now := db.options.now()
		fact, err := json.Marshal(LastBackup{At: now, Head: min(head, tx.Head())})
		if err != nil {
			return err
		}
		if _, err := tx.Append(deltasync.Entry{At: now, Type: entryBackup, Fact: fact}); err != nil {
			return err
		}
		return tx.eachCounter(func(c deltasync.ClientID, n deltasync.Counter) (deltasync.Counter, error) {
			client, err := tx.st.number(ofClient, string(c))
			if err != nil || client == 0 {
				return n, err
			}
			safe, err := tx.st.highestBy(client, head)
			n.Safe = max(n.Safe, safe)
			return n, err
		})
	})
}

// eachCounter puts what fn makes of each counter, where that is another.
func (tx *Tx) eachCounter(fn func(deltasync.ClientID, deltasync.Counter) (deltasync.Counter, error)) error {
	type row struct {
		client deltasync.ClientID
		n      deltasync.Counter
	}
	var rows []row
	err := tx.st.each(inCounters, nil, func(k, value []byte) (bool, error) {
		n, err := readCounter(value)
		if err != nil {
			return false, tx.st.damaged("a row of counters cannot be read")
		}
		rows = append(rows, row{deltasync.ClientID(textIn(k)), n})
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, r := range rows {
		n, err := fn(r.client, r.n)
		if err != nil {
			return err
		}
		if n != r.n {
			if err := tx.PutCounter(r.client, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// highestBy is a client's highest op number at or below a version. Numbers and versions rise together.
func (st *state) highestBy(client uint32, head deltasync.Version) (uint64, error) {
	c := st.table(inOpNums).Cursor()
	var row []byte
	k, _ := c.Seek(runKey(client+1, 0))
	if k == nil {
		k, row = c.Last()
	} else {
		k, row = c.Prev()
	}
	for ; len(k) == 12 && binary.BigEndian.Uint32(k) == client; k, row = c.Prev() {
		value, err := st.open(inOpNums, k, row)
		if err != nil {
			return 0, err
		}
		_, r, err := readRun(k, value)
		if err != nil {
			return 0, st.damaged("a row of opnums cannot be read")
		}
		for i := len(r.versions) - 1; i >= 0; i-- {
			if r.versions[i] <= head {
				return r.first + uint64(i), nil
			}
		}
	}
	return 0, nil
}
