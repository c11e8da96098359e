package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	deltasync "alongside/sync"
)

// Doer sends requests; *http.Client is one. It should not follow redirects: they would carry tokens elsewhere.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Options are what a phone takes from outside. The zero value works.
type Options struct {
	HTTP     Doer                                       // nil: a client without redirects and without a deadline for whole requests
	Now      func() time.Time                           // the device's clock; nil: time.Now
	Rand     io.Reader                                  // of ids and delays; nil: crypto/rand
	Sleep    func(context.Context, time.Duration) error // between attempts; nil: a timer
	Kinds    deltasync.Kinds                            // for fields that merge as one; nil: each is alone
	MaxBytes int                                        // of a response before it is packed; 0: deltasync.DefaultPage
	Batch    int                                        // ops of a request; 0: deltasync.MaxOps
	NoSync   bool                                       // for simulations: what was written last may go with the power
}

// Phone is one device: its folder, and what it does with a server. It is safe for concurrent use; edits and views
// go on while a Sync runs.
type Phone struct {
	o    Options
	path string

	mu sync.RWMutex // guards db, which wipe replaces
	db *bbolt.DB    // nil: closed

	turn   lock        // held by the one Sync or Enrol that runs
	renew  lock        // held while tokens are renewed
	chance sync.Mutex  // guards o.Rand
	size   size        // guarded by turn
	plain  atomic.Bool // the server takes no packed bodies
}

const (
	fileName   = "phone.db"
	erasedName = "phone.erased" // a file that is on its way out
)

// Open opens the phone that lives in the folder dir, which is made if there is none. A folder has one open Phone at a
// time, across programs: else ErrInUse.
func Open(dir string, o Options) (*Phone, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("phone: %w", err)
	}
	p := &Phone{o: o.filled(), path: filepath.Join(dir, fileName), turn: make(lock, 1), renew: make(lock, 1)}
	p.size = p.o.largest()
	if err := scrub(filepath.Join(dir, erasedName)); err != nil {
		return nil, fmt.Errorf("phone: %w", err)
	}
	db, err := p.open()
	if err != nil {
		return nil, err
	}
	p.db = db
	return p, nil
}

func (o Options) filled() Options {
	if o.HTTP == nil {
		o.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	o.MaxBytes = min(max(cmp.Or(o.MaxBytes, deltasync.DefaultPage), deltasync.MinPage), deltasync.MaxPage)
	o.Batch = min(max(cmp.Or(o.Batch, deltasync.MaxOps), 1), deltasync.MaxOps)
	return o
}

func (p *Phone) open() (*bbolt.DB, error) {
	db, err := bbolt.Open(p.path, 0o600, &bbolt.Options{Timeout: 200 * time.Millisecond, NoSync: p.o.NoSync})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("phone: %w", ErrInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("phone: %w", err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{metaBucket, opsBucket, keptBucket, scopesBucket, stagingBucket, slotsBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("phone: %w", err)
	}
	return db, nil
}

// Close ends the use of the folder. A Sync that runs ends with ErrClosed.
func (p *Phone) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db == nil {
		return nil
	}
	err := p.db.Close()
	p.db = nil
	return err
}

// wipe erases the folder and leaves an empty phone in it. The bytes are overwritten; what the medium keeps of them
// elsewhere is beyond a program's reach.
func (p *Phone) wipe() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db == nil {
		return ErrClosed
	}
	err := p.db.Close()
	p.db = nil
	if err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	erased := filepath.Join(filepath.Dir(p.path), erasedName)
	if err := os.Rename(p.path, erased); err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	if err := scrub(erased); err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	p.db, err = p.open()
	return err
}

// scrub overwrites a file and removes it. One that is not there is fine.
func scrub(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, 64<<10)
	for left := info.Size(); left > 0; left -= int64(len(zeros)) {
		if _, err := f.Write(zeros[:min(left, int64(len(zeros)))]); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Remove(path)
}

func (p *Phone) view(fn func(tx *bbolt.Tx) error) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.db == nil {
		return ErrClosed
	}
	return p.db.View(fn)
}

func (p *Phone) update(fn func(tx *bbolt.Tx) error) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.db == nil {
		return ErrClosed
	}
	return p.db.Update(fn)
}

// now is in milliseconds, as the protocol writes times, so that an op reads back as it was written.
func (p *Phone) now() time.Time { return p.o.Now().UTC().Truncate(time.Millisecond) }

// lock is a mutex that a context bounds the wait for. It holds something while it is taken.
type lock chan struct{}

func (l lock) take(ctx context.Context) (release func(), err error) {
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
