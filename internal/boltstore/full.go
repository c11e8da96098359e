package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrFull says that the disk has no room for what was to be written. Nothing of it was.
var ErrFull = errors.New("the disk is full; make room on it")

// roomNeeded is what a probe writes, in bytes: more than a commit does, less than would matter to who makes room.
const roomNeeded = 4 << 20

// noRoom makes an error that a full disk has brought about say so.
func noRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// Full reports whether nothing is written at present, since there was no room for it. Room ends that.
func (db *DB) Full() bool { return db.full.Load() }

// Room looks whether the disk has room again, by writing a file beside the store, and if so lets writers in. Else it is
// ErrFull, or why that cannot be known.
func (db *DB) Room(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := db.options.at("room"); err != nil {
		return noRoom(err)
	}
	path := sidePath(db.path) + ".room"
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return noRoom(err)
	}
	noise, err := db.options.random(roomNeeded) // what a disk cannot make smaller
	if err == nil {
		_, err = f.Write(noise)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close(), os.Remove(path)); err != nil {
		return noRoom(err)
	}
	db.full.Store(false)
	return nil
}
