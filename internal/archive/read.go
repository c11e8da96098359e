package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	deltasync "alongside/sync"
)

// errEnough ends a reading early.
var errEnough = errors.New("enough")

// Line is an archive to be read. What its methods hand out is valid during the call.
type Line struct {
	Torn int64 // bytes at the end that make no whole row

	segments []segment
}

// Read reads the archive in dir, which nobody writes meanwhile, and changes nothing. One without rows, or none, is empty.
func Read(dir string) (*Line, error) {
	l := &Line{}
	return l, l.read(dir)
}

// Store names the store that the archive is of; empty: it holds nothing.
func (l *Line) Store() string {
	if len(l.segments) == 0 {
		return ""
	}
	return l.segments[0].store
}

func (l *Line) read(dir string) error {
	numbers, err := numbersIn(dir)
	if err != nil {
		return err
	}
	for i, n := range numbers {
		path, last := segmentPath(dir, n), i == len(numbers)-1
		if i > 0 && n != numbers[i-1]+1 || i == 0 && n != 1 {
			return damaged(path, "the segment before it is missing")
		}
		s, err := l.readSegment(path, n, last)
		if err != nil {
			return err
		}
		if s.store == "" {
			continue // it was being begun
		}
		if s.store != l.Store() && l.Store() != "" {
			return damaged(path, "it is another store's")
		}
		l.segments = append(l.segments, s)
	}
	return nil
}

func (l *Line) readSegment(path string, number uint64, last bool) (s segment, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return s, err
	}
	head := make([]byte, headerSize)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return s, err
	}
	h, ok := readHeader(head[:n])
	if !ok && last && info.Size() <= int64(headerSize) {
		l.Torn += info.Size()
		return s, nil
	}
	if !ok || h.number != number {
		return s, damaged(path, "it does not begin as a segment does")
	}
	s = segment{header: h, path: path, size: info.Size()}
	if !last {
		return s, nil
	}
	whole, err := s.scan(f, func(r Row, _ int64) error {
		if r.Version <= max(s.last, s.after) {
			return s.damaged("its rows are not in order")
		}
		s.last = r.Version
		return nil
	})
	if errors.Is(err, errTorn) {
		if more, err := s.follows(f, whole); err != nil || more {
			return s, errors.Join(err, s.damaged("a row is not as it was written"))
		}
		l.Torn += s.size - whole
		s.size, err = whole, nil
	}
	return s, err
}

// numbersIn are those of the segments in dir, in order.
func numbersIn(dir string) (numbers []uint64, err error) {
	paths, err := filepath.Glob(filepath.Join(escaped(dir), "segment-*.log"))
	for _, p := range paths {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(p), "segment-"), ".log")
		n, err := strconv.ParseUint(name, 10, 64)
		if err != nil || segmentPath(dir, n) != p {
			return nil, damaged(p, "its name is no segment's")
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers, err
}

// escaped makes a path one that Glob takes as it is.
func escaped(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// Head is the version of the line's last row; 0: it has none.
func (l *Line) Head() deltasync.Version {
	if len(l.segments) == 0 {
		return 0
	}
	s := &l.segments[len(l.segments)-1]
	return max(s.last, s.after)
}

// limits says for each segment up to which version it is part of the line.
func (l *Line) limits() []deltasync.Version {
	limits := make([]deltasync.Version, len(l.segments))
	limit := deltasync.Version(deltasync.MaxInteger)
	for i := len(l.segments) - 1; i >= 0; i-- {
		limits[i] = limit
		limit = min(limit, l.segments[i].after)
	}
	return limits
}

// Rows calls fn for the rows of the line above a version, in order. An error of fn ends it and is returned.
func (l *Line) Rows(after deltasync.Version, fn func(Row) error) error {
	limits := l.limits()
	for i := range l.segments {
		if limits[i] <= after {
			continue
		}
		err := l.segments[i].rows(func(r Row) error {
			if r.Version > limits[i] {
				return errEnough
			}
			if r.Version <= after {
				return nil
			}
			return fn(r)
		})
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
	}
	return nil
}

// Holds gives what stands on the line at a version; false: nothing does.
func (l *Line) Holds(v deltasync.Version) (data []byte, ok bool, err error) {
	limits := l.limits()
	for i := range l.segments {
		if l.segments[i].after >= v || v > limits[i] {
			continue
		}
		err := l.segments[i].rows(func(r Row) error {
			if r.Version == v {
				data, ok = slices.Clone(r.Data), true
			}
			if r.Version >= v {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return nil, false, err
		}
	}
	return data, ok, nil
}

// All calls fn for the rows of every segment in the order of the files, those that are no longer part of the line too.
func (l *Line) All(fn func(Row) error) error {
	for i := range l.segments {
		if err := l.segments[i].rows(fn); err != nil {
			return err
		}
	}
	return nil
}

// Check calls report with what is wrong in the archive in dir.
func Check(dir string, report func(fault string)) error {
	l, err := Read(dir)
	if err == nil {
		err = l.All(func(Row) error { return nil })
	}
	if errors.Is(err, ErrDamaged) {
		report(err.Error())
		return nil
	}
	return err
}
