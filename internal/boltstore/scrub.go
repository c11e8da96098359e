package boltstore

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

const (
	drainWait  = 500 * time.Millisecond // how long writers are kept waiting for readers of an older state
	drainPause = time.Second
)

// Scrub overwrites what the file holds outside of the store as it is now: free pages, where what was erased may still
// stand. Writers wait for as long as it takes to walk the file. It waits for those who still read an older state, as a
// backup may.
func (db *DB) Scrub(ctx context.Context) error {
	// Both pages from which a file is read are to lead to what is now: each commit writes one of them.
	for range 2 {
		if err := db.Write(ctx, func(tx *Tx) error { return tx.writing() }); err != nil {
			return err
		}
	}
	for {
		done, err := db.scrub(ctx)
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-db.closing:
			return ErrClosed
		case <-time.After(drainPause):
		}
	}
}

// scrub is one attempt. Not done: somebody reads an older state.
func (db *DB) scrub(ctx context.Context) (done bool, err error) {
	if cause := db.suspect.Load(); cause != nil {
		return false, *cause
	}
	bolt, err := db.bolt.Begin(true) // nobody commits while it stands
	if err != nil {
		return false, err
	}
	defer func() { _ = bolt.Rollback() }()
	wait, stop := context.WithTimeout(ctx, drainWait)
	defer stop()
	if !db.reads.drained(wait) {
		return false, ctx.Err()
	}
	return true, db.guardOpen(func() error { return scrubFree(db.path, db.file) })
}

// scrubFree overwrites each page that the file's newest commit does not lead to, and what lies behind them.
func scrubFree(path string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	m, both, err := readMetas(f)
	if err != nil || !both {
		return damaged(path, "its first pages are not as they should be")
	}
	w := &walker{r: f, meta: m, report: func(what string) bool {
		err = damaged(path, what)
		return false
	}}
	if w.all(info.Size()); err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	most := uint64(len(zeros)) / uint64(m.pageSize)
	for p := uint64(2); p < m.pages; p++ {
		end := p
		for end < m.pages && !w.uses(end) && end-p < most {
			end++
		}
		if end == p {
			continue
		}
		if err := overwrite(f, zeros, int64(p)*m.pageSize, int64(end)*m.pageSize); err != nil {
			return err
		}
		p = end - 1
	}
	if err := overwrite(f, zeros, int64(m.pages)*m.pageSize, info.Size()); err != nil {
		return err
	}
	return f.Sync()
}

func overwrite(f *os.File, zeros []byte, from, to int64) error {
	for from < to {
		n, err := f.WriteAt(zeros[:min(int64(len(zeros)), to-from)], from)
		if err != nil {
			return fmt.Errorf("overwrite free pages: %w", err)
		}
		from += int64(n)
	}
	return nil
}

// reads counts those who read, by when they began.
type reads struct {
	mu    sync.Mutex
	round int
	open  map[int]int // round → readers that began in it
	ended chan struct{}
}

// begin counts a reader in until end.
func (r *reads) begin() (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	round := r.round
	if r.open == nil {
		r.open = map[int]int{}
	}
	r.open[round]++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.open[round]--; r.open[round] > 0 {
			return
		}
		delete(r.open, round)
		if r.ended != nil {
			close(r.ended)
			r.ended = nil
		}
	}
}

// now is how many read.
func (r *reads) now() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, open := range r.open {
		n += open
	}
	return n
}

// drained waits until all who read by now have ended, and reports whether they did before ctx.
func (r *reads) drained(ctx context.Context) bool {
	r.mu.Lock()
	r.round++
	before := r.round
	for {
		older := false
		for round := range r.open {
			older = older || round < before
		}
		if !older {
			r.mu.Unlock()
			return true
		}
		if r.ended == nil {
			r.ended = make(chan struct{})
		}
		ended := r.ended
		r.mu.Unlock()
		select {
		case <-ended:
		case <-ctx.Done():
			return false
		}
		r.mu.Lock()
	}
}
