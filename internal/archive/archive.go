package archive

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	deltasync "alongside/sync"
)

// mostSegment is where a segment is full, unless Options says otherwise.
const mostSegment = 16 << 20

// Options come in from outside; the zero value works.
type Options struct {
	Segment int64        // bytes of a segment; 0: 16 MiB
	Log     *slog.Logger // nil: nothing is logged

	step func(name string) error // comes before each step that changes something on the disk; nil: nothing does
}

// Archive is an archive that is being written. Its methods may be used by several goroutines; those that read wait for
// those that write.
type Archive struct {
	mu      sync.RWMutex
	line    Line
	dir     string
	store   string
	options Options
	lock    *os.File
	file    *os.File // the last segment; nil: the next row begins one
	broken  error    // since a write that could not be undone
}

// Open opens the archive of a store in dir, which is made if there is none, for this process alone. An end that is not
// whole is cut off; nothing else is changed where something is damaged.
func Open(dir, store string, o Options) (*Archive, error) {
	if len(store) > storeSize {
		return nil, fmt.Errorf("the store's id %q is too long", store)
	}
	if o.Segment == 0 {
		o.Segment = mostSegment
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.step == nil {
		o.step = func(string) error { return nil }
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the archive: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the archive: %w", err)
	}
	a := &Archive{dir: dir, store: store, options: o, lock: lock}
	if err := a.open(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return a, nil
}

func (a *Archive) open() error {
	if err := syscall.Flock(int(a.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return ErrInUse
		}
		return fmt.Errorf("lock the archive: %w", err)
	}
	if err := a.finishRewrite(); err != nil {
		return err
	}
	if err := a.line.read(a.dir); err != nil {
		return err
	}
	if s := a.line.Store(); s != "" && s != a.store {
		return fmt.Errorf("%s: %w", a.dir, ErrOtherStore)
	}
	return a.cutTail()
}

// cutTail takes away what the last segment has beyond its last whole frame, and a segment that was only being begun.
func (a *Archive) cutTail() error {
	numbers, err := numbersIn(a.dir)
	if err != nil || len(numbers) == 0 {
		return err
	}
	if len(numbers) > len(a.line.segments) {
		if err := os.Remove(segmentPath(a.dir, numbers[len(numbers)-1])); err != nil {
			return err
		}
		again := Line{Torn: a.line.Torn}
		if err := again.read(a.dir); err != nil {
			return err
		}
		a.line = again
		if len(a.line.segments) == 0 {
			return syncFolder(a.dir)
		}
	}
	s := &a.line.segments[len(a.line.segments)-1]
	if a.file, err = os.OpenFile(s.path, os.O_RDWR, 0); err != nil {
		return err
	}
	if a.line.Torn > 0 {
		a.options.Log.Warn("the archive's end was not whole, and was cut off", "bytes", a.line.Torn)
		a.line.Torn = 0
	}
	return errors.Join(a.file.Truncate(s.size), a.file.Sync(), syncFolder(a.dir))
}

// Head is the version of the line's last row; 0: it has none.
func (a *Archive) Head() deltasync.Version {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.line.Head()
}

// Rows is Line.Rows.
func (a *Archive) Rows(after deltasync.Version, fn func(Row) error) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.line.Rows(after, fn)
}

// Holds is Line.Holds.
func (a *Archive) Holds(v deltasync.Version) ([]byte, bool, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.line.Holds(v)
}

// Append adds rows, in order, of which the first follows in the store's log on the version after. Where the line's head
// is another, a branch begins: what stands above after is not part of the line any more. What is added is there for all who read, and
// durable after Sync. After an error Head says how many of them were added.
func (a *Archive) Append(after deltasync.Version, rows ...Row) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken != nil {
		return a.broken
	}
	last := after
	for _, r := range rows {
		if r.Version <= last || r.Version > deltasync.MaxInteger || len(r.Data) > mostData {
			return fmt.Errorf("the archive: version %d, of %d bytes, cannot follow %d", r.Version, len(r.Data), last)
		}
		last = r.Version
	}
	for len(rows) > 0 {
		if a.file == nil || a.line.Head() != after || a.last().size >= a.options.Segment {
			if err := a.begin(after); err != nil {
				return fmt.Errorf("the archive: %w", err)
			}
		}
		s := a.last()
		var frames []byte
		seal, n := s.seal(), 0
		for n < len(rows) && (n == 0 || s.size+int64(len(frames)) < a.options.Segment) {
			frames = appendFrame(frames, seal, rows[n])
			n++
		}
		if err := a.write(frames); err != nil {
			return fmt.Errorf("the archive: %w", err)
		}
		after = rows[n-1].Version
		s.last, s.size = after, s.size+int64(len(frames))
		rows = rows[n:]
	}
	return nil
}

func (a *Archive) last() *segment { return &a.line.segments[len(a.line.segments)-1] }

// write puts bytes at the end of the last segment, or leaves it as it was.
func (a *Archive) write(b []byte) error {
	s := a.last()
	err := a.options.step("write")
	if err == nil {
		_, err = a.file.WriteAt(b, s.size)
	}
	if err == nil {
		return nil
	}
	if e := a.file.Truncate(s.size); e != nil {
		a.broken = fmt.Errorf("the archive cannot be written any more, until it is opened anew: %w", errors.Join(err, e))
		return a.broken
	}
	return err
}

// begin makes a segment for what follows on a version. The one before it is durable from then on.
func (a *Archive) begin(after deltasync.Version) error {
	number := uint64(1)
	if a.file != nil {
		if err := a.file.Sync(); err != nil {
			return err
		}
		number = a.last().number + 1
	}
	s := segment{header: header{a.store, number, after}, path: segmentPath(a.dir, number), size: int64(headerSize)}
	if err := a.options.step("begin"); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(s.bytes())
	if err == nil {
		err = errors.Join(f.Sync(), syncFolder(a.dir))
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(s.path))
	}
	if a.file != nil {
		if err := a.file.Close(); err != nil {
			return err
		}
	}
	a.file, a.line.segments = f, append(a.line.segments, s)
	return nil
}

// Sync makes durable what was appended.
func (a *Archive) Sync() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return nil
	}
	if err := a.file.Sync(); err != nil {
		// What the disk holds is not known any more (fsyncgate): the rows are in the store, and whoever opens anew looks.
		a.broken = fmt.Errorf("the archive cannot be trusted any more, until it is opened anew: %w", err)
		return a.broken
	}
	return nil
}

// Close makes durable what was appended, and gives the archive back.
func (a *Archive) Close() error {
	err := a.Sync()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file != nil {
		err = errors.Join(err, a.file.Close())
	}
	return errors.Join(err, a.lock.Close())
}
