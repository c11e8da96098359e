package follow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"alongside/internal/boltstore"
	"alongside/internal/follow"
	deltasync "alongside/sync"
)

func open(t *testing.T) *boltstore.DB {
	t.Helper()
	db, err := boltstore.Open(filepath.Join(t.TempDir(), "alongside.db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func write(t *testing.T, log follow.Log, facts ...string) {
	t.Helper()
	err := log.Update(context.Background(), func(tx deltasync.WriteTx) error {
		for _, f := range facts {
			if _, err := tx.Append(deltasync.Entry{Type: "note", Fact: []byte(f)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func head(t *testing.T, log follow.Log) deltasync.Version {
	t.Helper()
	h, err := follow.Head(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

var errEnough = errors.New("enough")

// gather follows until n entries came.
func gather(ctx context.Context, log follow.Log, from deltasync.Version, n int) (all []deltasync.Entry, batches []int, err error) {
	err = follow.Follow(ctx, log, from, func(_ context.Context, entries []deltasync.Entry) error {
		all = append(all, entries...)
		batches = append(batches, len(entries))
		if len(all) >= n {
			return errEnough
		}
		return nil
	})
	return all, batches, err
}

func TestFollowerGetsEveryEntryOnceWhileOthersWrite(t *testing.T) {
	db := open(t)
	from := head(t, db)
	const writers, each = 4, 60
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				write(t, db, fmt.Sprintf("[%d,%d]", w, i), "0")
			}
		})
	}
	all, _, err := gather(t.Context(), db, from, 2*writers*each)
	writing.Wait()
	if !errors.Is(err, errEnough) {
		t.Fatalf("Follow = %v, want the error of its function", err)
	}
	if got, want := len(all), 2*writers*each; got != want {
		t.Errorf("it got %d entries, want %d", got, want)
	}
	for i, e := range all {
		if want := from + deltasync.Version(i) + 1; e.Version != want {
			t.Fatalf("entry %d has version %d, want %d", i, e.Version, want)
		}
	}
}

func TestFollowerBeginsWhereItWasAndTakesBoundedBatches(t *testing.T) {
	db := open(t)
	from := head(t, db)
	var facts []string
	for i := range 1000 {
		facts = append(facts, strconv.Itoa(i))
	}
	write(t, db, facts...)
	all, batches, err := gather(t.Context(), db, from+100, 900)
	if !errors.Is(err, errEnough) || len(all) != 900 || all[0].Version != from+101 {
		t.Fatalf("got %d entries and %v, want 900 from %d on", len(all), err, from+101)
	}
	for _, n := range batches {
		if n > 256 {
			t.Errorf("a batch has %d entries", n)
		}
	}

	large := `"` + string(bytes.Repeat([]byte("x"), 300<<10)) + `"`
	from = head(t, db)
	write(t, db, large, large, large, large, large, large, large)
	if _, batches, _ = gather(t.Context(), db, from, 7); len(batches) != 2 {
		t.Errorf("7 entries of 300 KiB came in batches of %v, want two", batches)
	}
}

func TestEntriesAreTheFollowersOwn(t *testing.T) {
	db := open(t)
	from := head(t, db)
	write(t, db, `"first"`)
	all, _, _ := gather(t.Context(), db, from, 1)
	for i := range 200 {
		write(t, db, strconv.Itoa(i))
	}
	if got := string(all[0].Fact); got != `"first"` {
		t.Errorf("after later commits the entry's fact is %s", got)
	}
	all[0].Fact[1] = 'F'
	again, _, _ := gather(t.Context(), db, from, 1)
	if got := string(again[0].Fact); got != `"first"` {
		t.Errorf("a change of the copy reached the store: %s", got)
	}
}

func TestFollowerWaitsForWhatIsNewAndEndsWithItsContext(t *testing.T) {
	db := open(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	got := make(chan deltasync.Entry)
	ended := make(chan error)
	from := head(t, db)
	go func() {
		ended <- follow.Follow(ctx, db, from, func(ctx context.Context, entries []deltasync.Entry) error {
			for _, e := range entries {
				got <- e
			}
			return nil
		})
	}()
	for i := range 5 {
		write(t, db, strconv.Itoa(i))
		if e := <-got; string(e.Fact) != strconv.Itoa(i) {
			t.Errorf("write %d: it got %s", i, e.Fact)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow = %v, want %v", err, context.Canceled)
	}
}

func TestFollowerOfAStoreThatClosedSaysSo(t *testing.T) {
	db := open(t)
	from := head(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, _, err := gather(t.Context(), db, from, 1)
	if !errors.Is(err, boltstore.ErrClosed) {
		t.Errorf("Follow = %v, want %v", err, boltstore.ErrClosed)
	}
}
