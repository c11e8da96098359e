package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"sync"
	"time"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

// Stand is how far a client has come in the log, for saying later what a lost device may hold.
type Stand struct {
	Confirmed deltasync.Version // it came back after it had been told all up to here
	Served    deltasync.Version // nothing above this was sent to it
	At        int64             // when it last came back so, in milliseconds since 1970; 0: not known
}

// Time is At; nil: it is not known.
func (s Stand) Time() *time.Time {
	if s.At == 0 {
		return nil
	}
	at := time.UnixMilli(s.At).UTC()
	return &at
}

// pulls are the stands that no commit has kept yet. They are what was seen, not facts of the log: a commit that happens
// anyway takes them along, KeepStands and Close see to the rest, and a crash may lose the last of them.
type pulls struct {
	mu  sync.Mutex
	new map[deltasync.ClientID]Stand
}

func (s Stand) join(o Stand) Stand {
	return Stand{Confirmed: max(s.Confirmed, o.Confirmed), Served: max(s.Served, o.Served), At: max(s.At, o.At)}
}

// Pulled notes that a client has confirmed what it was told up to one version, and is being served up to another. It
// has the form of deltasync.Engine.Pulled, and waits for nobody.
func (db *DB) Pulled(c deltasync.ClientID, confirmed, served deltasync.Version) {
	db.pulls.mu.Lock()
	defer db.pulls.mu.Unlock()
	if db.pulls.new == nil {
		db.pulls.new = map[deltasync.ClientID]Stand{}
	}
	s := Stand{Confirmed: confirmed, Served: served}
	if confirmed != 0 {
		s.At = db.options.now().UnixMilli()
	}
	db.pulls.new[c] = db.pulls.new[c].join(s)
}

// waiting are those that no commit has kept.
func (p *pulls) waiting() map[deltasync.ClientID]Stand {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.new)
}

// kept forgets those that a commit has written, but for what came since.
func (p *pulls) kept(written map[deltasync.ClientID]Stand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c, s := range written {
		if p.new[c] == s {
			delete(p.new, c)
		}
	}
}

// KeepStands makes what Pulled noted durable.
func (db *DB) KeepStands(ctx context.Context) error {
	if len(db.pulls.waiting()) == 0 {
		return nil
	}
	return db.Write(ctx, func(tx *Tx) error { return tx.writing() })
}

// pulledAt stands between the epoch's id and the time, which rows of earlier programs do not have.
const pulledAt = 0

// putStands writes what is new into the transaction's own rows.
func (st *state) putStands() error {
	st.stands = st.db.pulls.waiting()
	for c, s := range st.stands {
		kept, _, err := st.stand(c)
		if err != nil {
			return err
		}
		s = s.join(kept)
		row := newRow(64)
		row = binary.BigEndian.AppendUint64(row, uint64(s.Confirmed))
		row = binary.BigEndian.AppendUint64(row, uint64(s.Served))
		row = append(row, st.epoch.ID...)
		row = binary.BigEndian.AppendUint64(append(row, pulledAt), uint64(s.At))
		if err := st.put(inPulls, []byte(c), row); err != nil {
			return err
		}
	}
	return nil
}

// stand is what a row says of a client in this epoch. Told: there is a row, maybe of an earlier epoch.
func (st *state) stand(c deltasync.ClientID) (s Stand, told bool, err error) {
	row, err := st.row(inPulls, []byte(c))
	if err != nil || row == nil {
		return Stand{}, false, err
	}
	if len(row) < 16 {
		return Stand{}, false, st.damaged("a row of pulls cannot be read")
	}
	epoch, at, _ := bytes.Cut(row[16:], []byte{pulledAt})
	s.At = 0
	if len(at) == 8 {
		s.At = int64(binary.BigEndian.Uint64(at))
	}
	if string(epoch) != st.epoch.ID {
		return Stand{At: s.At}, true, nil
	}
	return Stand{At: s.At, Confirmed: deltasync.Version(binary.BigEndian.Uint64(row)), Served: deltasync.Version(binary.BigEndian.Uint64(row[8:]))}, true, nil
}

// Stand is how far a client has come. Not ok: that is not known, since a restore has undone what was known of it, and the
// worst is to be assumed.
func (tx *Tx) Stand(c deltasync.ClientID) (s Stand, ok bool, err error) {
	kept, told, err := tx.st.stand(c)
	if err != nil {
		return Stand{}, false, err
	}
	if s = tx.st.db.pulls.waiting()[c].join(kept); s.Confirmed != 0 || told {
		return s, s.Confirmed != 0, nil
	}
	ok, err = tx.st.beganHere(c)
	return s, ok, err
}

// beganHere reports whether the client is of this epoch, so that what is not known of it did not happen.
func (st *state) beganHere(c deltasync.ClientID) (bool, error) {
	row, ok, err := authRow[auth.Client](st, inClients, string(c))
	if err != nil || !ok {
		return false, err
	}
	first, err := (&Tx{st: st}).Entry(st.epoch.First)
	return err == nil && !row.Created.Before(first.At), err
}
