package boltstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

var errMine = errors.New("changed my mind")

func fact(word string) deltasync.Entry {
	return deltasync.Entry{At: noon, Type: "test", Fact: deltasync.AppendString(nil, word)}
}

// facts are the words of the log's test entries.
func facts(t testing.TB, db *DB) map[string]int {
	t.Helper()
	out := map[string]int{}
	err := db.Read(tcontext, func(tx *Tx) error {
		return tx.Entries(0, func(e deltasync.Entry) bool {
			if e.Type == "test" {
				out[string(e.Fact)]++
			}
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// together hands functions to the committer so that they share a commit, and gives their outcomes.
func together(db *DB, fns ...func(*Tx) error) []error {
	blocked, release := make(chan struct{}), make(chan struct{})
	go func() {
		_ = db.Write(tcontext, func(*Tx) error { close(blocked); <-release; return nil })
	}()
	<-blocked
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		wg.Go(func() { errs[i] = db.Write(tcontext, fn) })
	}
	for atTheDoor() <= len(fns) { // and the one inside
		time.Sleep(time.Millisecond)
	}
	close(release)
	wg.Wait()
	return errs
}

// atTheDoor is how many of together's goroutines wait for the committer.
func atTheDoor() (n int) {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, one := range strings.Split(string(stacks), "\n\n") {
		head, _, _ := strings.Cut(one, "\n")
		if strings.Contains(head, "[select") && strings.Contains(one, "boltstore.(*DB).Write(") && strings.Contains(one, "boltstore.together.") {
			n++
		}
	}
	return n
}

func TestOneFailureCostsTheOthersNothing(t *testing.T) {
	db := opened(t, Options{})
	var fns []func(*Tx) error
	var ran [40]atomic.Int32
	for i := range 40 {
		fns = append(fns, func(tx *Tx) error {
			ran[i].Add(1)
			if i%10 == 3 {
				return errMine // before it wrote
			}
			if i%10 == 4 {
				panic("before it wrote")
			}
			if _, err := tx.Append(fact(fmt.Sprint(i))); err != nil {
				return err
			}
			switch i % 10 {
			case 5:
				return errMine
			case 6:
				var none []int
				none[i] = 1
			case 7:
				panic("a person's name")
			}
			return nil
		})
	}
	before := db.Stats()
	errs := together(db, fns...)
	got := facts(t, db)
	for i, err := range errs {
		var p *PanicError
		switch i % 10 {
		case 3, 5:
			if !errors.Is(err, errMine) {
				t.Errorf("%d: %v, want its own error", i, err)
			}
		case 4, 6, 7:
			if !errors.As(err, &p) || len(p.Stack) == 0 || strings.Contains(err.Error(), "name") {
				t.Errorf("%d: %v, want a PanicError that does not say the value", i, err)
			}
		default:
			if err != nil || got[fmt.Sprintf("%q", fmt.Sprint(i))] != 1 {
				t.Errorf("%d: %v, %d entries, want one", i, err, got[fmt.Sprintf("%q", fmt.Sprint(i))])
			}
		}
		if i%10 == 3 && ran[i].Load() > 13 {
			t.Errorf("%d ran %d times", i, ran[i].Load())
		}
	}
	if len(got) != 20 {
		t.Errorf("%d entries, want 20: %v", len(got), got)
	}
	if n := db.Stats().Commits - before.Commits; n > 3 {
		t.Errorf("%d commits for functions that waited together", n)
	}
	if err := db.Write(tcontext, func(tx *Tx) error { _, err := tx.Append(fact("after")); return err }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	for _, f := range faults(t, db) {
		t.Error(f)
	}
}

func TestAPanicInViewIsItsOwn(t *testing.T) {
	db := opened(t, Options{})
	var p *PanicError
	if err := db.Read(tcontext, func(*Tx) error { panic(1) }); !errors.As(err, &p) || errors.Is(err, ErrDamaged) {
		t.Errorf("View: %v, want a PanicError", err)
	}
}

func TestAFunctionThatEndsItsGoroutineHangsNobody(t *testing.T) {
	db := opened(t, Options{})
	err := db.Write(tcontext, func(tx *Tx) error {
		_, _ = tx.Append(fact("x"))
		runtime.Goexit()
		return nil
	})
	if !errors.Is(err, errGone) {
		t.Errorf("Write: %v, want errGone", err)
	}
	if err := db.Write(tcontext, func(tx *Tx) error { _, err := tx.Append(fact("y")); return err }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if got := facts(t, db); len(got) != 1 || got[`"y"`] != 1 {
		t.Errorf("the log has %v", got)
	}
}

func TestAContextThatEndsBeforeItsTurn(t *testing.T) {
	db := opened(t, Options{})
	blocked, release := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(tcontext)
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.Write(ctx, func(tx *Tx) error {
			close(blocked)
			<-release
			_, err := tx.Append(fact("begun"))
			return err
		})
		if err != nil {
			t.Errorf("a function that had begun: %v", err)
		}
	})
	<-blocked
	ran := false
	wg.Go(func() {
		if err := db.Write(ctx, func(*Tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a function that waited: %v", err)
		}
	})
	time.Sleep(20 * time.Millisecond)
	cancel()
	time.Sleep(20 * time.Millisecond)
	close(release)
	wg.Wait()
	if ran {
		t.Error("it ran after its context had ended")
	}
	if err := db.Write(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Write: %v", err)
	}
	if err := db.Read(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Read: %v", err)
	}
	if facts(t, db)[`"begun"`] != 1 {
		t.Error("what had begun was not committed")
	}
}

func TestAFailedCommitClosesTheStoreToAll(t *testing.T) {
	db := opened(t, Options{})
	put(t, db, note("person/a", "r1", "before"))
	if err := db.file.Close(); err != nil { // so that nothing more reaches the disk
		t.Fatal(err)
	}
	write := func() error {
		return db.Write(tcontext, func(tx *Tx) error { return tx.Put(next(tx, note("person/a", "r2", "lost"))) })
	}
	if err := write(); !errors.Is(err, ErrSuspect) {
		t.Errorf("the commit: %v, want ErrSuspect", err)
	}
	if err := write(); !errors.Is(err, ErrSuspect) {
		t.Errorf("the next: %v, want ErrSuspect", err)
	}
	if err := db.Read(tcontext, func(*Tx) error { return nil }); !errors.Is(err, ErrSuspect) {
		t.Errorf("a read: %v, want ErrSuspect", err)
	}
	if s, _, _ := db.scopes.find("person/a", 1<<30); s.head.Sum.Count != 1 {
		t.Errorf("memory counts %d records, want 1", s.head.Sum.Count)
	}
	_ = db.Close()
	again := reopened(t, db.path, Options{})
	for _, f := range faults(t, again) {
		t.Error(f)
	}
}

func TestFollowersHearOfEachCommit(t *testing.T) {
	db := opened(t, Options{})
	first := db.Committed()
	if err := db.Write(tcontext, func(*Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	select {
	case <-first:
		t.Error("a commit that moved nothing was heard of")
	default:
	}
	put(t, db, note("person/a", "r1", "one"))
	select {
	case <-first:
	case <-time.After(time.Minute):
		t.Error("nothing was heard")
	}
	if db.Committed() == first {
		t.Error("the same channel again")
	}
}

func TestAUserAndARecordInOneTransaction(t *testing.T) {
	db := opened(t, Options{Now: func() time.Time { return noon }})
	user := auth.User{ID: "0192f0c1-0000-7000-8000-000000000001", Name: "Wanda", Role: auth.Worker, Team: "north"}
	add := func(fails error) error {
		return db.Write(tcontext, func(tx *Tx) error {
			if err := tx.Auth().PutUser(user); err != nil {
				return err
			}
			if err := tx.Put(next(tx, note("team/north", "member", "Wanda"))); err != nil {
				return err
			}
			return fails
		})
	}
	look := func() (found bool) {
		err := db.Read(tcontext, func(tx *Tx) error {
			c, ok, err := tx.User(deltasync.UserID(user.ID))
			r, err2 := tx.Record("member")
			if ok != (r != nil) {
				t.Errorf("the user is there: %t, the record: %t", ok, r != nil)
			}
			if ok && (c.Role != deltasync.Worker || c.Team != "north" || c.Since == 0) {
				t.Errorf("User = %+v", c)
			}
			if ok {
				if e, err := tx.Entry(c.Since); err != nil || e.Type != "user" || !strings.Contains(string(e.Fact), `"since":`) {
					t.Errorf("where the user began: %+v, %v", e, err)
				}
			}
			found = ok
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Error(err)
		}
		return found
	}
	if err := add(errMine); !errors.Is(err, errMine) || look() {
		t.Errorf("a failed addition left something (%v)", err)
	}
	if err := add(nil); err != nil || !look() {
		t.Errorf("the addition left nothing (%v)", err)
	}
	user.Disabled = true
	err := db.Auth().Update(tcontext, func(tx auth.WriteTx) error { return tx.PutUser(user) })
	if err != nil || !look() {
		t.Errorf("a disabled user is not found (%v)", err)
	}
}

func TestAReadingTransactionDoesNotWrite(t *testing.T) {
	db := opened(t, Options{})
	err := db.Read(tcontext, func(tx *Tx) error {
		if _, err := tx.Append(fact("x")); !errors.Is(err, ErrReadOnly) {
			t.Errorf("Append: %v", err)
		}
		if err := tx.Put(note("person/a", "r", "x")); !errors.Is(err, ErrReadOnly) {
			t.Errorf("Put: %v", err)
		}
		if err := tx.Auth().PutUser(auth.User{ID: "x"}); !errors.Is(err, ErrReadOnly) {
			t.Errorf("PutUser: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
