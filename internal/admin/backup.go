package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

func (o *Office) Backup(ctx context.Context, w io.Writer, progress func(done, all int64)) (deltasync.Version, error) {
	if progress != nil {
		progress(0, o.DB.Stats().Size)
	}
	info, err := o.DB.Backup(ctx, w, progress)
	return info.Head, err
}

func (o *Office) BackedUp(ctx context.Context, head deltasync.Version) error {
	return o.DB.MarkBackedUp(ctx, head)
}

// Backup is a file that a store can be made anew from.
type Backup struct {
	File string            `json:"file"`
	Size int64             `json:"bytes"`
	Head deltasync.Version `json:"head"`
}

// BackupTo has c write a backup of the folder dir to a file. The file is there whole and verified, or not at all; one
// that stood there before is replaced. Only then do phones hear of it.
func BackupTo(ctx context.Context, c Commands, dir, file string, progress func(done, all int64)) (Backup, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return Backup{}, err
	}
	if err := mayHold(dir, file); err != nil {
		return Backup{}, err
	}
	if there, err := os.Stat(file); err == nil && !there.Mode().IsRegular() {
		return Backup{}, fmt.Errorf("%s is no ordinary file: name one that may be replaced", file)
	}
	partial := file + ".partial"
	b := Backup{File: file}
	if b.Head, err = fill(ctx, c, partial, progress); err == nil {
		err = verify(partial)
	}
	if err == nil {
		b.Size, err = settle(partial, file)
	}
	if err != nil {
		return Backup{}, errors.Join(err, remove(partial))
	}
	if err := c.BackedUp(ctx, b.Head); err != nil {
		return b, fmt.Errorf("the backup is whole, but phones could not be told of it: %w", err)
	}
	return b, nil
}

// mayHold refuses what would harm the store that is backed up.
func mayHold(dir, file string) error {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return &ValueError{file + " is a folder: name a file in it"}
	}
	here, err := os.Stat(filepath.Dir(file))
	if err != nil {
		return err
	}
	data, err := os.Stat(dir)
	if err == nil && os.SameFile(here, data) && filepath.Ext(file) == ".db" {
		return &ValueError{"only the store itself ends in .db in its folder: name the backup otherwise, or put it elsewhere"}
	}
	return nil
}

func fill(ctx context.Context, c Commands, partial string, progress func(done, all int64)) (deltasync.Version, error) {
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	head, err := c.Backup(ctx, f, progress)
	if err == nil {
		err = f.Sync()
	}
	return head, errors.Join(err, f.Close())
}

func verify(partial string) error {
	faults, first := 0, ""
	err := boltstore.Check(partial, func(f boltstore.Fault) {
		if faults++; faults == 1 {
			first = f.String()
		}
	})
	if err == nil && faults > 0 {
		err = fmt.Errorf("the backup has %d faults and is not kept; the first: %s", faults, first)
	}
	return err
}

// settle gives the file its name, so that it has it also after a power cut.
func settle(partial, file string) (int64, error) {
	info, err := os.Stat(partial)
	if err != nil {
		return 0, err
	}
	if err := os.Rename(partial, file); err != nil {
		return 0, err
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return 0, err
	}
	return info.Size(), errors.Join(folder.Sync(), folder.Close())
}

func remove(file string) error {
	if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
