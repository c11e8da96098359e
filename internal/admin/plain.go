package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"alongside/internal/seal"
)

// plainName is what a copy of a store is called, in its folder, until it has been encrypted.
const plainName = "plain-copy-"

// plainCopy makes a file in the data folder, which nobody else may look into, for what is still to be encrypted. Done
// scrubs and removes it. Its lock says that it is in use.
func plainCopy(dir string) (f *os.File, done func() error, err error) {
	if f, err = os.CreateTemp(dir, plainName); err != nil {
		return nil, nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil { // shared with who verifies it
		return nil, nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return f, func() error { return errors.Join(scrub(f), os.Remove(f.Name()), f.Close()) }, nil
}

// Sweep scrubs and removes the plain copies in a data folder that a backup left there when its process was killed.
func Sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(glob(dir), plainName+"*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range left {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			errs = append(errs, scrub(f), os.Remove(name))
		}
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// glob takes the meaning from what would have one in a pattern.
func glob(path string) string {
	var b []rune
	for _, r := range path {
		switch r {
		case '*', '?', '[', '\\':
			b = append(b, '\\')
		}
		b = append(b, r)
	}
	return string(b)
}

// scrub writes over a file's bytes where they stand. A disk or file system that writes elsewhere keeps them until it
// needs the room: only an encrypted disk helps against that.
func scrub(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err = io.CopyN(f, zeros{}, info.Size())
	return errors.Join(err, f.Sync())
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// opened gives a path by which the store in a sealed backup can be read until done is called. It is a file without a
// name on dir's file system, so that a process that is killed leaves none.
func opened(ctx context.Context, file, dir string, keys seal.Keys) (path string, done func() error, err error) {
	from, err := os.Open(file)
	if err != nil {
		return "", nil, err
	}
	defer from.Close()
	f, err := nameless(dir)
	if err != nil {
		return "", nil, err
	}
	done = func() error { return errors.Join(scrub(f), f.Close()) }
	if err := keys.Open(f, &until{ctx, from}); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return "", nil, errors.Join(fmt.Errorf("%s: %w; nothing has been changed", file, err), done())
	}
	return filepath.Join("/proc/self/fd", strconv.Itoa(int(f.Fd()))), done, nil
}

// nameless makes a file in dir, or in the first folder above it that there is.
func nameless(dir string) (*os.File, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for {
		f, err := os.CreateTemp(dir, plainName)
		if errors.Is(err, os.ErrNotExist) && dir != filepath.Dir(dir) {
			dir = filepath.Dir(dir)
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := os.Remove(f.Name()); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
}

// until reads until ctx ends.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u *until) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}
