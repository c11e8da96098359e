package boltstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	deltasync "alongside/sync"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Options come in from outside; the zero value works.
type Options struct {
	Now  func() time.Time // nil: time.Now
	Rand io.Reader        // of ids and of the secret; nil: crypto/rand
	Log  *slog.Logger     // nil: nothing is logged

	// Lacking places what the file's log lacks and something else holds, and gives the highest version that this something
	// knows. It is called before anybody else writes; a new epoch begins above what it gives, if that is above the file's
	// head. Aside is where a restore has put the folder's former content, else empty. Nil: nothing else holds anything.
	Lacking func(db *DB, aside string) (deltasync.Version, error)

	Full bool // the disk was full when the store was last open: nothing is written until DB.Room finds some

	// Fault comes before each step that may fail (begin, finish, commit, committed, room), and its error or panic is that
	// step's: for tests and simulations. Nil: nothing comes.
	Fault func(step string) error

	migrations map[uint32]migration // nil: the program's
}

// DB is an open store. Its methods may be used by several goroutines, but not from inside a transaction's function.
type DB struct {
	path     string
	options  Options
	bolt     *bbolt.DB
	file     *os.File // bbolt's own
	id       string
	secret   []byte
	told     deltasync.Version // by the side file, at the start
	putBack  bool
	scopes   scopes
	granted  granted
	accesses accesses
	side     *sideFile
	pulls    pulls
	reads    reads

	calls   chan *call
	closing chan struct{} // closed when Close begins
	stopped chan struct{} // closed when the committer has ended
	once    sync.Once
	suspect atomic.Pointer[error]
	full    atomic.Bool // writers are turned away until Room finds some
	wedged  bool        // a commit panicked and left bbolt locked; the committer's until it has ended

	followers signal
	figures   figures
}

var _ deltasync.Store = (*DB)(nil)

func (o Options) now() time.Time {
	if o.Now != nil {
		return o.Now().UTC()
	}
	return time.Now().UTC()
}

func (o Options) log() *slog.Logger {
	if o.Log != nil {
		return o.Log
	}
	return slog.New(slog.DiscardHandler)
}

func (o Options) at(step string) error {
	if o.Fault == nil {
		return nil
	}
	return o.Fault(step)
}

func (o Options) random(n int) ([]byte, error) {
	from := o.Rand
	if from == nil {
		from = rand.Reader
	}
	b := make([]byte, n)
	_, err := io.ReadFull(from, b)
	return b, err
}

func (db *DB) newID() (string, error) {
	b, err := db.options.random(16)
	return hex.EncodeToString(b), err
}

// Secret is 32 random bytes that were made with the store.
func (db *DB) Secret() []byte { return append([]byte(nil), db.secret...) }

// ID names the store for as long as it lives, through restores.
func (db *DB) ID() string { return db.id }

// PutBack reports whether Open found that the file had been put back in time, and so began a new epoch, after what
// Options.Lacking had placed.
func (db *DB) PutBack() bool { return db.putBack }

// View runs fn on one consistent state.
func (db *DB) View(ctx context.Context, fn func(deltasync.Tx) error) error {
	return db.Read(ctx, func(tx *Tx) error { return fn(tx) })
}

// Update runs fn alone, on the committer's goroutine, in a transaction that it may share with others that wait. Nil:
// what it wrote is durable. Else the store is untouched, also where fn panicked (PanicError). fn may run again if
// another function of the same transaction failed after it had written.
//
// Where ctx ends while fn waits for its turn, fn is not run. Once it has begun, Update waits for the outcome.
func (db *DB) Update(ctx context.Context, fn func(deltasync.WriteTx) error) error {
	return db.Write(ctx, func(tx *Tx) error { return fn(tx) })
}

// Read is View with the transaction's own type.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if cause := db.suspect.Load(); cause != nil {
		return *cause
	}
	select {
	case <-db.closing:
		return ErrClosed
	default:
	}
	return db.read(fn)
}

// read runs fn on a snapshot. A page that cannot be read, or is not what it should be, comes to ErrDamaged.
func (db *DB) read(fn func(*Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer db.reads.begin()()
	bolt, err := db.bolt.Begin(false)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = caught(db.path, p)
		}
		_ = bolt.Rollback() // a reading transaction has nothing to lose
	}()
	st, err := db.openState(bolt)
	if err != nil {
		return err
	}
	return fn(&Tx{st: st})
}

// Committed gives a channel that is closed when a commit next moves the head. Ask for it before looking at the log, so
// that no commit slips between the two.
func (db *DB) Committed() <-chan struct{} { return db.followers.wait() }

// signal wakes all who wait.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// Close lets the commit that runs finish, waits for readers, and closes the file. Calls that still wait get ErrClosed.
func (db *DB) Close() error {
	err := ErrClosed
	db.once.Do(func() {
		_ = db.KeepStands(context.Background()) // a store that is suspect keeps none
		close(db.closing)
		<-db.stopped
		err = db.side.close()
		if db.wedged {
			err = db.file.Close() // bbolt would wait for ever; this gives the lock back
			return
		}
		if e := db.bolt.Close(); e != nil {
			err = e
		}
	})
	return err
}
