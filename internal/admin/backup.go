package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"alongside/internal/boltstore"
	"alongside/internal/seal"
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
	Log  string            `json:"log_sha256"` // boltstore.LogHash of what it holds
}

// BackupTo has c write a backup of the folder dir to a file. The file is there whole and verified, or not at all; one
// that stood there before is replaced. Only then do phones hear of it.
func BackupTo(ctx context.Context, c Commands, dir, file string, progress func(done, all int64)) (Backup, error) {
	return SealedBackupTo(ctx, c, dir, file, seal.Recipients{}, progress)
}

// SealedBackupTo is BackupTo, encrypted if there is anybody to encrypt for. Then what is written to the file has never
// been plain: the copy is made and verified in dir, which has to have room for it, encrypted from there, and scrubbed.
// The encrypted file is read back with every part of it authenticated, though the system may answer from memory what it
// has told the disk to keep. That somebody has the secret key, nobody can verify here.
func SealedBackupTo(ctx context.Context, c Commands, dir, file string, to seal.Recipients, progress func(done, all int64)) (Backup, error) {
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
	if to.None() {
		b.Head, b.Log, err = fill(ctx, c, partial, progress)
	} else {
		b.Head, b.Log, err = fillSealed(ctx, c, dir, partial, to, progress)
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

func fill(ctx context.Context, c Commands, partial string, progress func(done, all int64)) (deltasync.Version, string, error) {
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, "", err
	}
	head, err := c.Backup(ctx, f, progress)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = verify(ctx, partial)
	}
	sum := ""
	if err == nil {
		sum, err = logHash(ctx, partial)
	}
	return head, sum, err
}

// logHash sums up the log of a backup that has passed the check.
func logHash(ctx context.Context, file string) (text string, err error) {
	err = boltstore.Peek(ctx, file, func(tx *boltstore.Tx) error {
		sum, err := boltstore.LogHash{}.Extend(tx, 0)
		text = sum.String()
		return err
	})
	return text, err
}

func fillSealed(ctx context.Context, c Commands, dir, partial string, to seal.Recipients, progress func(done, all int64)) (head deltasync.Version, sum string, err error) {
	plain, done, err := plainCopy(dir)
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, done()) }()
	if head, err = c.Backup(ctx, plain, progress); err != nil {
		return 0, "", err
	}
	if err := verify(ctx, plain.Name()); err != nil {
		return 0, "", err
	}
	if sum, err = logHash(ctx, plain.Name()); err != nil {
		return 0, "", err
	}
	if _, err := plain.Seek(0, io.SeekStart); err != nil {
		return 0, "", err
	}
	f, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, "", err
	}
	return head, sum, errors.Join(sealInto(ctx, f, plain, to), f.Close())
}

// sealInto encrypts plain into f, and reads back what came of it.
func sealInto(ctx context.Context, f *os.File, plain io.Reader, to seal.Recipients) error {
	proof, err := to.Seal(f, &until{ctx, plain})
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := proof.Holds(&until{ctx, f}); err != nil {
		return fmt.Errorf("the backup as it was read back is not kept: %w", err)
	}
	return nil
}

func verify(ctx context.Context, partial string) error {
	faults, first := 0, ""
	err := boltstore.CheckUntil(ctx, partial, func(f boltstore.Fault) {
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
