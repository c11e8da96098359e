package boltstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// mostCalls is how many functions share one commit.
const mostCalls = 512

// errGone is what a function's caller gets that ended its goroutine instead of returning.
var errGone = errors.New("the function ended its goroutine")

// call is one function on its way to a commit.
type call struct {
	fn   func(*Tx) error
	turn atomic.Int32 // waiting, begun or left
	err  error
	done chan error
}

const (
	waiting = iota
	begun
	left
)

// Write is Update with the transaction's own type.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.full.Load() {
		return ErrFull
	}
	c := &call{fn: fn, done: make(chan error, 1)}
	select {
	case db.calls <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closing:
		return ErrClosed
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		if c.turn.CompareAndSwap(waiting, left) {
			return ctx.Err()
		}
		return <-c.done
	}
}

// committer is the one goroutine that writes. It has no timer: what has come while a commit ran makes the next one.
func (db *DB) committer() {
	var calls []*call
	returned := false
	defer func() {
		if !returned { // a function called runtime.Goexit, as t.Fatal does
			for _, c := range calls {
				c.done <- errGone
			}
			go db.committer()
		}
	}()
	for {
		calls = calls[:0]
		select {
		case c := <-db.calls:
			calls = append(calls, c)
		case <-db.closing:
			returned = true
			close(db.stopped)
			return
		}
		for more := true; more && len(calls) < mostCalls; {
			select {
			case c := <-db.calls:
				calls = append(calls, c)
			default:
				more = false
			}
		}
		db.commit(calls)
		for _, c := range calls {
			c.done <- c.err
		}
	}
}

// commit runs functions on one transaction and makes it durable, leaving each call its outcome. A function that fails
// before it wrote costs the others nothing; one that fails afterwards has them run again without it.
func (db *DB) commit(calls []*call) {
	live := calls[:0:0]
	for _, c := range calls {
		if c.turn.CompareAndSwap(waiting, begun) {
			live = append(live, c)
		}
	}
	for len(live) > 0 {
		if cause := db.suspect.Load(); cause != nil {
			fail(live, *cause)
			return
		}
		again, rest := db.attempt(live)
		if !again {
			return
		}
		live = rest
	}
}

func fail(calls []*call, err error) {
	for _, c := range calls {
		c.err = err
	}
}

// attempt is one transaction. Again with rest: it was rolled back because a function failed after it had written.
func (db *DB) attempt(live []*call) (again bool, rest []*call) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var bolt *bbolt.Tx
	committed := false
	defer func() {
		if p := recover(); p != nil {
			db.distrust(caught(db.path, p))
			fail(live, *db.suspect.Load())
			again, rest = false, nil
		}
		if bolt != nil && !committed {
			_ = db.guard(bolt.Rollback)
		}
	}()
	var err error
	if bolt, err = db.begin(); err != nil {
		fail(live, err)
		return false, nil
	}
	st, err := db.openState(bolt)
	if err != nil {
		fail(live, err)
		return false, nil
	}
	wrote := false
	for i, c := range live {
		tx := &Tx{st: st}
		var broke bool
		if broke, c.err = tx.run(c.fn); broke {
			db.distrust(c.err)
			fail(live, *db.suspect.Load())
			return false, nil
		}
		if c.err == nil {
			wrote = wrote || tx.wrote
			rest = append(rest, c)
			continue
		}
		if tx.wrote {
			return true, append(rest, live[i+1:]...)
		}
	}
	if !wrote {
		return false, nil
	}
	err = db.options.at("finish")
	if err == nil {
		err = st.finish()
	}
	if err != nil {
		fail(rest, err)
		return false, nil
	}
	db.granted.publish(st.txid(), st.granted)
	withdraw := db.scopes.publish(st.txid(), st.scopes)
	start := time.Now()
	if err = db.options.at("commit"); err == nil {
		err = db.guard(bolt.Commit)
	}
	if err != nil {
		withdraw()
		db.distrust(noRoom(err))
		fail(rest, *db.suspect.Load())
		return false, nil
	}
	committed = true
	if err := db.options.at("committed"); err != nil { // durable, and nobody is told
		db.distrust(err)
		fail(rest, *db.suspect.Load())
		return false, nil
	}
	db.pulls.kept(st.stands)
	db.figures.note(len(rest), time.Since(start), st)
	if st.head != st.began {
		db.side.write(db.id, st.epoch.ID, st.head)
		db.followers.fire()
	}
	return false, nil
}

func (db *DB) begin() (*bbolt.Tx, error) {
	if err := db.options.at("begin"); err != nil {
		return nil, err
	}
	return db.bolt.Begin(true)
}

// run calls a function and gives its error, or what its panic comes to. Broke: it was not the function that panicked,
// so bbolt may have stopped half way.
func (tx *Tx) run(fn func(*Tx) error) (broke bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = caught(tx.st.db.path, p)
			broke = errors.Is(err, ErrDamaged)
		}
	}()
	if err := fn(tx); err != nil {
		return false, err
	}
	return false, tx.err
}

// guard is a step of bbolt's, whose panics are errors here.
func (db *DB) guard(step func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = caught(db.path, p)
			db.wedged = true
		}
	}()
	return step()
}

// distrust makes every later call fail.
func (db *DB) distrust(cause error) {
	err := fmt.Errorf("%w: %w", ErrSuspect, cause)
	db.suspect.CompareAndSwap(nil, &err)
	db.options.log().Error("the store is closed to all until it is opened anew", "cause", cause)
}
