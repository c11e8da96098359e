package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	deltasync "alongside/sync"
)

// FileName is what the store is called in its folder.
const FileName = "alongside.db"

// RestoreInfo says what a restore did.
type RestoreInfo struct {
	Aside  string            // where the former content of the folder is now; empty: there was none
	Backup deltasync.Version // the head of the backup
	Placed deltasync.Version // the head after what Options.Lacking placed
	Known  deltasync.Version // the highest head that is known to have been: what lies above Backup is not in it
	Head   deltasync.Version // the head now
	Epoch  string            // begun now, above all of those
}

// Restore puts a backup in the place of the store in dir. A backup that is damaged is refused, and a folder that a
// server uses is ErrInUse; neither changes anything. What was in dir is moved aside, never away. If anything fails
// after that, it is put back.
//
// A new epoch begins, so that no version is given twice, and every op in the backup counts as safe.
func Restore(ctx context.Context, file, dir string, o Options) (RestoreInfo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return RestoreInfo{}, err
	}
	from, err := openBackup(file)
	if err != nil {
		return RestoreInfo{}, err
	}
	defer func() { _ = from.Close() }()
	known, release, err := takeOver(filepath.Join(dir, FileName))
	if err != nil {
		return RestoreInfo{}, err
	}
	defer release()
	info := RestoreInfo{Known: known}
	var putBack func() error
	if info.Aside, putBack, err = setAside(dir, o.now()); err != nil {
		return RestoreInfo{}, err
	}
	if err := info.fill(ctx, from, dir, o); err != nil {
		return RestoreInfo{}, errors.Join(err, putBack())
	}
	return info, nil
}

// fill makes the folder and the store in it, which gets its name when it is whole: with what is lacking, and an epoch of its own.
func (info *RestoreInfo) fill(ctx context.Context, from io.Reader, dir string, o Options) error {
	path := filepath.Join(dir, FileName)
	place, held, err := copyDurably(ctx, from, path)
	if err != nil {
		return err
	}
	defer func() { _ = place.Close() }()
	if err := info.build(ctx, held, o); err != nil {
		return err
	}
	part := path + partEnd
	if err := os.Rename(sidePath(part), sidePath(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // without one, a store that is put back in time is not noticed at its start
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return errors.Join(syncFolder(dir), syncFolder(filepath.Dir(dir)))
}

// build makes the store out of a copy of the backup.
func (info *RestoreInfo) build(ctx context.Context, held *os.File, o Options) error {
	lacking := o.Lacking
	o.Lacking = nil // it is asked below, when all that the backup holds counts as safe
	db, err := open(held.Name(), o, held)
	if err != nil {
		return err
	}
	err = db.Write(ctx, func(tx *Tx) error {
		info.Backup = tx.Head()
		return tx.eachCounter(func(_ deltasync.ClientID, n deltasync.Counter) (deltasync.Counter, error) {
			n.Safe = n.Through
			return n, nil
		})
	})
	if err == nil && lacking != nil {
		var known deltasync.Version
		known, err = lacking(db, info.Aside)
		info.Known = max(info.Known, known)
	}
	if err == nil {
		err = db.Write(ctx, func(tx *Tx) error {
			info.Placed = tx.Head()
			if err := tx.NewEpoch(info.Known, o.now()); err != nil {
				return err
			}
			info.Head, info.Epoch = tx.Head(), tx.Epoch().ID
			return nil
		})
	}
	info.Known = max(info.Known, info.Backup)
	return errors.Join(err, db.Close())
}

// openBackup checks a backup, and holds it open from then on.
func openBackup(file string) (*os.File, error) {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no ordinary file: name the file that backup wrote", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	faults, first := 0, Fault{}
	err = Check(file, func(f Fault) {
		if faults == 0 {
			first = f
		}
		faults++
	})
	if err == nil && faults > 0 {
		err = fmt.Errorf("%w: the backup %s has %d faults, the first: %s; use another backup, the folder has not been changed",
			ErrDamaged, file, faults, first)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// takeOver makes sure that nobody uses the store at path, until release, and finds the highest head that it or its side
// file knows. A store that cannot be read is no hindrance.
func takeOver(path string) (known deltasync.Version, release func(), err error) {
	_, known, _ = readSide(sidePath(path))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return known, func() {}, nil
	}
	if err != nil {
		return 0, nil, err
	}
	if err := lock(f, syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return 0, nil, err
	}
	return max(known, headOf(f)), func() { _ = f.Close() }, nil
}

// headOf reads a store's head; 0: it cannot be read.
func headOf(f *os.File) (head deltasync.Version) {
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return 0
	}
	_ = inspect(context.Background(), f.Name(), os.NewFile(uintptr(fd), f.Name()), func(Fault) {}, func(c *checker) error {
		st, err := c.st.db.openState(c.st.bolt)
		if err == nil {
			head = st.head
		}
		return nil
	})
	return head
}

// setAside moves a folder with something in it to a new name beside it, or where it cannot be moved, as the root of a
// mounted volume, its content into a new folder within it. PutBack takes away what came into its place, and undoes that.
func setAside(dir string, now time.Time) (aside string, putBack func() error, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return "", func() error { return clearStore(dir) }, nil
	}
	if err != nil {
		return "", nil, err
	}
	mark := "before-" + now.UTC().Format("20060102T150405Z")
	aside = unused(dir + "." + mark)
	if os.Rename(dir, aside) != nil {
		return setAsideWithin(dir, unused(filepath.Join(dir, mark)), entries)
	}
	return aside, func() error {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		return os.Rename(aside, dir)
	}, nil
}

// movedAside is the latest store that a restore has moved away from a folder; empty: there is none.
func movedAside(dir string) string {
	folder, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	latest := ""
	for _, within := range []struct{ folder, begins string }{{filepath.Dir(folder), filepath.Base(folder) + ".before-"}, {folder, "before-"}} {
		entries, _ := os.ReadDir(within.folder) // none can be seen: none is known of
		for _, e := range entries {
			aside := filepath.Join(within.folder, e.Name())
			if _, err := os.Stat(filepath.Join(aside, FileName)); strings.HasPrefix(e.Name(), within.begins) && err == nil {
				latest = aside
			}
		}
	}
	return latest
}

func setAsideWithin(dir, aside string, entries []os.DirEntry) (string, func() error, error) {
	if err := os.Mkdir(aside, 0o700); err != nil {
		return "", nil, err
	}
	var moved []string
	back := func() error {
		var errs []error
		for _, name := range moved {
			errs = append(errs, os.Rename(filepath.Join(aside, name), filepath.Join(dir, name)))
		}
		return errors.Join(append(errs, os.Remove(aside))...)
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(dir, e.Name()), filepath.Join(aside, e.Name())); err != nil {
			return "", nil, errors.Join(err, back()) // what has not been moved stays as it is
		}
		moved = append(moved, e.Name())
	}
	return aside, func() error { return errors.Join(clearStore(dir), back()) }, nil
}

// clearStore removes what a restore made.
func clearStore(dir string) error {
	path := filepath.Join(dir, FileName)
	part := path + partEnd
	return errors.Join(os.RemoveAll(path), os.RemoveAll(part), os.RemoveAll(sidePath(path)), os.RemoveAll(sidePath(part)))
}

// unused is the name, with a number after it if there is something of that name.
func unused(name string) string {
	try := name
	for n := 2; ; n++ {
		if _, err := os.Lstat(try); errors.Is(err, os.ErrNotExist) {
			return try
		}
		try = fmt.Sprintf("%s-%d", name, n)
	}
}

const (
	partEnd   = ".part"                                       // of the name of a store that is being restored
	brokenOff = "a restore is under way, or was broken off\n" // stands in the store's place meanwhile
)

// copyDurably copies a backup beside the store's place, which it takes meanwhile: a server that is started then finds it in use, or after
// a restore that was broken off no store.
func copyDurably(ctx context.Context, from io.Reader, path string) (place, to *os.File, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, err
	}
	if place, err = lockedFile(path); err != nil {
		return nil, nil, err
	}
	if _, err = place.WriteString(brokenOff); err == nil {
		to, err = lockedFile(path + partEnd)
	}
	if err != nil {
		return nil, nil, errors.Join(err, place.Close())
	}
	if _, err = io.Copy(&meter{ctx: ctx, w: to}, from); err == nil {
		err = to.Sync()
	}
	if err != nil {
		return nil, nil, errors.Join(err, to.Close(), place.Close())
	}
	return place, to, nil
}

// lockedFile makes a file that was not there.
func lockedFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f, syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
