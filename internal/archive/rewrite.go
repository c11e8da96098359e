package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Rewrite has fn say what is to stand in place of each row, in the order of the files, those that are no longer part of the line
// too, and gives how many it changed. A segment changes whole or not at all, and what stood there before is overwritten. Broken off, it may
// simply be run again.
func (a *Archive) Rewrite(ctx context.Context, fn func(Row) ([]byte, error)) (changed int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.finishRewrite(); err != nil {
		return 0, fmt.Errorf("the archive: %w", err)
	}
	for i := range a.line.segments {
		if err := ctx.Err(); err != nil {
			return changed, err
		}
		n, err := a.rewrite(&a.line.segments[i], fn)
		if err != nil {
			return changed, fmt.Errorf("the archive: %w", err)
		}
		changed += n
	}
	return changed, nil
}

const (
	newName = ".new" // what is to come in a segment's place
	oldName = ".old" // what stood there
)

func (a *Archive) rewrite(s *segment, fn func(Row) ([]byte, error)) (changed int, err error) {
	fresh, size, changed, err := a.writeAnew(s, fn)
	if fresh != "" && (err != nil || changed == 0) {
		return 0, errors.Join(err, scrub(fresh))
	}
	if err != nil || changed == 0 {
		return 0, err
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"keep", func() error { return os.Link(s.path, s.path+oldName) }},
		{"replace", func() error { return errors.Join(os.Rename(fresh, s.path), syncFolder(a.dir)) }},
		{"scrub", func() error { return scrub(s.path + oldName) }},
	} {
		if err := a.options.step(step.name); err != nil {
			return 0, err
		}
		if err := step.do(); err != nil {
			return 0, err
		}
	}
	s.size = size
	if s == a.last() && a.file != nil {
		old := a.file
		if a.file, err = os.OpenFile(s.path, os.O_RDWR, 0); err != nil {
			a.file, a.broken = old, err
			return changed, err
		}
		err = old.Close()
	}
	return changed, err
}

// writeAnew writes a segment's rows as fn gives them to a file beside it.
func (a *Archive) writeAnew(s *segment, fn func(Row) ([]byte, error)) (path string, size int64, changed int, err error) {
	path = s.path + newName
	if err := a.options.step("write anew"); err != nil {
		return "", 0, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", 0, 0, err
	}
	out := &counted{w: f}
	_, err = out.Write(s.bytes())
	if err == nil {
		var frames []byte
		err = s.rows(func(r Row) error {
			data, err := fn(r)
			if err != nil {
				return err
			}
			if string(data) != string(r.Data) {
				changed++
			}
			if frames = appendFrame(frames, s.seal(), Row{r.Version, data}); len(frames) < 256<<10 {
				return nil
			}
			_, err = out.Write(frames)
			frames = frames[:0]
			return err
		})
		if err == nil {
			_, err = out.Write(frames)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	return path, out.n, changed, errors.Join(err, f.Close())
}

type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// finishRewrite takes away what a Rewrite that was broken off has left.
func (a *Archive) finishRewrite() error {
	for _, name := range []string{newName, oldName} {
		left, err := filepath.Glob(filepath.Join(escaped(a.dir), "segment-*.log"+name))
		if err != nil {
			return err
		}
		for _, path := range left {
			if err := scrub(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// scrub overwrites a file and removes it. One that shares its bytes with the segment itself, since it was about to be replaced, is only
// removed.
func scrub(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || stat.Nlink == 1 {
		zeros := make([]byte, 64<<10)
		for at := int64(0); at < info.Size(); at += int64(len(zeros)) {
			if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), info.Size()-at)], at); err != nil {
				return err
			}
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
	return errors.Join(os.Remove(path), syncFolder(filepath.Dir(path)))
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
