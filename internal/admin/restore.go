package admin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"alongside/internal/archive"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/internal/seal"
	deltasync "alongside/sync"
)

// Restored says what a restore did.
type Restored struct {
	Epoch    string            `json:"epoch"`
	Aside    string            `json:"aside,omitempty"` // where the folder's former content is now
	Backup   deltasync.Version `json:"backup"`          // how far the backup's log went
	Replayed deltasync.Version `json:"replayed"`        // how far the log goes with what was replayed
	Entries  int               `json:"entries"`         // that were replayed
	Known    deltasync.Version `json:"known"`           // how far the log is known to have gone
	Undone   *Undone           `json:"undone,omitempty"`
}

// RestoreSealed is Restore of a backup that may be encrypted, which is seen by how it begins. What it holds is plain on
// dir's file system alone, and only until the store has been made.
func RestoreSealed(ctx context.Context, file, dir, archived, identity string, o Options) (r Restored, err error) {
	switch sealed, err := seal.Sealed(file); {
	case err != nil:
		return Restored{}, err
	case !sealed:
		return Restore(ctx, file, dir, archived, o)
	case identity == "":
		return Restored{}, &ValueError{file + " is encrypted: name the file with its secret key by --identity"}
	}
	keys, err := seal.ReadKeys(identity)
	if err != nil {
		return Restored{}, err
	}
	if _, err := Call(dir); err == nil {
		return Restored{}, inUse(dir)
	}
	plain, done, err := opened(ctx, file, dir, keys)
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return Restore(ctx, plain, dir, archived, o)
}

// Restore makes the store of dir anew from a backup, and from an archive, if one is named, what came after it; else it says what
// may be undone. It is refused while a server has the folder.
func Restore(ctx context.Context, file, dir, archived string, o Options) (Restored, error) {
	url := lastURL(dir)
	if _, err := Call(dir); err == nil {
		return Restored{}, inUse(dir)
	}
	if err := mayReplay(dir, archived); err != nil {
		return Restored{}, err
	}
	var r Restored
	b := boltstore.Options{Log: o.Log, Now: o.Now, Rand: o.Rand, Lacking: func(db *boltstore.DB, aside string) (known deltasync.Version, err error) {
		if archived != "" {
			known, r.Entries, err = replayed(ctx, db, o.Kinds, dir, archived, aside)
			return known, err
		}
		r.Undone, err = undone(ctx, formerStore(aside), db)
		return 0, err
	}}
	info, err := boltstore.Restore(ctx, file, dir, b)
	if errors.Is(err, boltstore.ErrInUse) {
		return Restored{}, inUse(dir)
	}
	if err != nil {
		return Restored{}, err
	}
	r.Epoch, r.Aside, r.Backup, r.Replayed, r.Known = info.Epoch, info.Aside, info.Backup, info.Placed, info.Known
	if url != defaultURL {
		err = KeepURL(dir, url)
	}
	return r, errors.Join(err, comesAlong(dir, archived, info.Aside))
}

// mayReplay refuses a folder in which there is nothing to replay, before anything is moved: else all would seem to stand again.
func mayReplay(dir, archived string) error {
	if archived == "" {
		return nil
	}
	from, err := archive.Read(archived)
	if err != nil {
		return whole(err)
	}
	if from.Store() != "" {
		return nil
	}
	why := "there is no archive in " + archived + ": name the folder that serve keeps it in, or leave --archive out"
	if _, ok := inside(dir, archived); ok {
		why += "; a restore that was broken off has left it in " + filepath.Clean(dir) + ".before-…"
	}
	return &ValueError{why}
}

// whole says what else can be done where an archive is damaged.
func whole(err error) error {
	if errors.Is(err, archive.ErrDamaged) {
		return fmt.Errorf("%w; or restore without --archive, which may undo what came after the backup", err)
	}
	return err
}

// replayed brings in what the archive holds, and then what the former store does that its archive had not taken yet: so many entries.
func replayed(ctx context.Context, db *boltstore.DB, kinds deltasync.Kinds, dir, archived, aside string) (known deltasync.Version, entries int, err error) {
	from, err := archive.Read(asideOf(dir, archived, aside))
	if err != nil {
		return 0, 0, whole(err)
	}
	if from.Store() != db.ID() {
		return 0, 0, fmt.Errorf("%s: %w", archived, archive.ErrOtherStore)
	}
	if kinds == nil {
		kinds = casework.Kinds()
	}
	engine := &deltasync.Engine{Store: db, Kinds: kinds}
	known, entries, err = place(ctx, db, engine, from)
	if errors.Is(err, ErrElsewhere) {
		return 0, 0, fmt.Errorf("%w: the backup belongs to a life of the store that a restore without the archive has ended; use a later backup, "+
			"or restore without --archive", err)
	}
	if _, is, e := db.Erasing(ctx); err == nil && e == nil && is {
		err = db.Scrub(ctx) // it has erased what the backup still held
	}
	if former := formerStore(aside); err == nil && former != "" {
		// A former store that is damaged, or has gone another way, is no loss: the archive has been replayed.
		_ = boltstore.Peek(ctx, former, func(tx *boltstore.Tx) error {
			more, n, err := place(ctx, db, engine, storeLine{tx})
			known, entries = max(known, more), entries+n
			return err
		})
	}
	return known, entries, whole(err)
}

// formerStore is the store in a folder that was moved aside; empty: there is none.
func formerStore(aside string) string {
	if aside == "" {
		return ""
	}
	if _, err := os.Stat(StorePath(aside)); err != nil {
		return ""
	}
	return StorePath(aside)
}

// asideOf is where a folder is now that may have been in dir before that was moved aside.
func asideOf(dir, folder, aside string) string {
	if within, ok := inside(dir, folder); ok && aside != "" {
		return filepath.Join(aside, within)
	}
	return folder
}

func inside(dir, folder string) (string, bool) {
	d, errD := filepath.Abs(dir)
	f, errF := filepath.Abs(folder)
	if errD != nil || errF != nil {
		return "", false
	}
	within, err := filepath.Rel(d, f)
	return within, err == nil && within != "." && within != ".." && !strings.HasPrefix(within, ".."+string(filepath.Separator))
}

// comesAlong moves an archive that was in dir back into it, and notes where another one is.
func comesAlong(dir, archived, aside string) error {
	if archived == "" {
		return nil
	}
	within, ok := inside(dir, archived)
	if !ok {
		return KeepArchive(dir, archived)
	}
	if within != ArchiveName {
		if err := KeepArchive(dir, archived); err != nil {
			return err
		}
	}
	if aside == "" {
		return nil
	}
	to := filepath.Join(dir, within)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.Rename(filepath.Join(aside, within), to)
}

func inUse(dir string) error {
	return fmt.Errorf("%s: %w: stop it first", dir, boltstore.ErrInUse)
}

// storeLine is a store's own log as a line.
type storeLine struct{ tx *boltstore.Tx }

func (l storeLine) Head() deltasync.Version { return l.tx.Head() }

func (l storeLine) Holds(v deltasync.Version) ([]byte, bool, error) {
	r, ok, err := l.tx.Row(v)
	return r.Data, ok, err
}

func (l storeLine) Rows(after deltasync.Version, fn func(archive.Row) error) error {
	var broken error
	err := l.tx.Rows(after, func(r boltstore.Row) bool {
		broken = fn(archive.Row{Version: r.Version, Data: r.Data})
		return broken == nil
	})
	return errors.Join(err, broken)
}
