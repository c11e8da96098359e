package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"alongside/internal/archive"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	deltasync "alongside/sync"
)

const (
	ArchiveName = "archive"           // in the store's folder, unless another is named
	archiveNote = "alongside.archive" // names the other
)

// ArchiveFolder is where the archive of dir's store is: the folder that the server was last told, or one in dir.
func ArchiveFolder(dir string) string {
	if b, err := os.ReadFile(filepath.Join(dir, archiveNote)); err == nil {
		if name := strings.TrimSpace(string(b)); name != "" {
			return name
		}
	}
	return filepath.Join(dir, ArchiveName)
}

// KeepArchive notes where the archive of dir's store is, for commands that run while the server does not. Empty: in dir.
func KeepArchive(dir, folder string) error {
	note := filepath.Join(dir, archiveNote)
	if folder == "" {
		return remove(note)
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	return os.WriteFile(note, []byte(folder+"\n"), 0o600)
}

// ErrElsewhere says that an archive does not go on from a store or a backup.
var ErrElsewhere = errors.New("the archive does not go on from here")

// line is a log that may know more than a store does.
type line interface {
	Head() deltasync.Version
	Holds(v deltasync.Version) ([]byte, bool, error)
	Rows(after deltasync.Version, fn func(archive.Row) error) error
}

// place replays in db what a line holds after db's head, so many entries. It gives the line's head, so that no version that ever was is
// given again. ErrElsewhere: db's head does not stand on the line.
func place(ctx context.Context, db *boltstore.DB, e *deltasync.Engine, from line) (known deltasync.Version, entries int, err error) {
	known = from.Head()
	var own boltstore.Row
	err = db.Read(ctx, func(tx *boltstore.Tx) error {
		r, _, err := tx.Row(tx.Head())
		own = boltstore.Row{Version: r.Version, Data: bytes.Clone(r.Data)}
		return err
	})
	if err != nil || known == 0 {
		return known, 0, err
	}
	switch there, ok, err := from.Holds(own.Version); {
	case err != nil:
		return known, 0, err
	case !ok || !own.Same(boltstore.Row{Version: own.Version, Data: there}):
		return known, 0, ErrElsewhere
	}
	var piece []deltasync.Entry
	size := 0
	replay := func() error {
		these := piece
		piece, size, entries = nil, 0, entries+len(these)
		return db.Update(ctx, func(tx deltasync.WriteTx) error {
			for _, entry := range these {
				if err := e.Replay(tx, entry); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = from.Rows(own.Version, func(r archive.Row) error {
		entry, err := boltstore.Row{Version: r.Version, Data: bytes.Clone(r.Data)}.Entry()
		if err != nil {
			return fmt.Errorf("the archive: %w", err)
		}
		piece = append(piece, entry)
		if size += len(r.Data); len(piece) < 500 && size < 1<<20 {
			return nil
		}
		return replay()
	})
	if err == nil {
		err = replay()
	}
	return known, entries, err
}

// Archive keeps a store's archive up with its log, and the store up with its archive: Lacking is for boltstore.Options.
// It may be used by several goroutines.
type Archive struct {
	Folder string
	Log    *slog.Logger    // nil: nothing is logged
	Kinds  deltasync.Kinds // that a replay knows; nil: those of casework

	mu    sync.Mutex
	open  *archive.Archive
	db    *boltstore.DB
	after deltasync.Version // what stands at it and below is archived
	dirty bool              // not all of it is durable
	lost  bool              // the archive failed, and is to be opened anew
	owes  bool              // it was away when somebody was erased, and holds what it has to forget before it takes more
}

// Lacking replays in db what the archive holds and db does not, and from then on archives db's log. Where db has gone another way,
// as after a restore without the archive, a branch of the archive begins at the last entry that the two share.
func (k *Archive) Lacking(db *boltstore.DB, _ string) (deltasync.Version, error) {
	ctx := context.Background()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.db = db
	if err := k.reopen(); err != nil {
		return 0, err
	}
	kinds := k.Kinds
	if kinds == nil {
		kinds = casework.Kinds()
	}
	known, _, err := place(ctx, db, &deltasync.Engine{Store: db, Kinds: kinds}, k.open)
	if errors.Is(err, ErrElsewhere) {
		err = nil
	}
	if err == nil {
		err = k.follow(ctx)
	}
	return known, err
}

func (k *Archive) reopen() (err error) {
	if k.open != nil {
		_ = k.open.Close() // what it could not take it is given again
	}
	k.open, err = archive.Open(k.Folder, k.db.ID(), archive.Options{Log: k.Log})
	return err
}

// follow finds up to where the store's log is archived, and whether an erasure is among what is not.
func (k *Archive) follow(ctx context.Context) error {
	if err := k.find(ctx); err != nil || k.after == 0 {
		return err
	}
	return k.db.View(ctx, func(tx deltasync.Tx) error {
		return tx.Entries(k.after, func(e deltasync.Entry) bool {
			k.owes = e.Type == deltasync.EntryErase
			return !k.owes
		})
	})
}

// find finds up to where the store's log is archived.
func (k *Archive) find(ctx context.Context) error {
	head := k.open.Head()
	k.after, k.lost, k.owes = 0, false, false
	return k.db.Read(ctx, func(tx *boltstore.Tx) error {
		data, ok, err := k.open.Holds(head)
		if err != nil {
			return err
		}
		shared, err := shares(tx, archive.Row{Version: head, Data: data})
		if err != nil || ok && shared {
			k.after = head
			return err
		}
		err = k.open.Rows(0, func(r archive.Row) error {
			shared, err := shares(tx, r)
			if err == nil && !shared {
				err = errParted
			}
			if err == nil {
				k.after = r.Version
			}
			return err
		})
		if errors.Is(err, errParted) {
			err = nil
		}
		if err == nil && k.Log != nil && head > k.after {
			k.Log.Warn("the store has parted from its archive, as a restore without it does; what only the archive holds stays there",
				"version", k.after, "archive_head", head)
		}
		return err
	})
}

var errParted = errors.New("from here on they differ")

func shares(tx *boltstore.Tx, r archive.Row) (bool, error) {
	own, ok, err := tx.Row(r.Version)
	return ok && own.Same(boltstore.Row{Version: r.Version, Data: r.Data}), err
}

// CatchUp archives all that the log holds by now. It is durable after Settle.
func (k *Archive) CatchUp(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.catchUp(ctx)
}

func (k *Archive) catchUp(ctx context.Context) error {
	if k.lost {
		if err := k.reopen(); err != nil {
			k.open = nil
			return err
		}
		if err := k.follow(ctx); err != nil {
			k.lost = true
			return err
		}
	}
	if k.owes {
		if err := k.forget(ctx); err != nil {
			return err
		}
		k.owes = false
	}
	for {
		rows, err := k.db.Rows(ctx, k.after)
		if err != nil || len(rows) == 0 {
			return err
		}
		var add []archive.Row
		for _, r := range rows {
			add = append(add, archive.Row{Version: r.Version, Data: r.Data})
		}
		if err := k.open.Append(k.after, add...); err != nil {
			k.lost = true
			return err
		}
		k.after, k.dirty = rows[len(rows)-1].Version, true
	}
}

// Settle makes durable what CatchUp has archived.
func (k *Archive) Settle() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.settle()
}

func (k *Archive) settle() error {
	if !k.dirty || k.lost {
		return nil
	}
	if err := k.open.Sync(); err != nil {
		k.lost = true
		return err
	}
	k.dirty = false
	return nil
}

// Head is the latest version that the archive holds.
func (k *Archive) Head() deltasync.Version {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.after
}

// Close archives what is left, and closes the archive. The store is still open.
func (k *Archive) Close(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open == nil {
		return nil
	}
	err := k.catchUp(ctx)
	if k.open != nil {
		err = errors.Join(err, k.settle(), k.open.Close())
	}
	k.open = nil
	return err
}
