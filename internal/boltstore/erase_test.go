package boltstore

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

// canaried is a world in which whatever was said about ben, in each place where something can stand, has a canary in it.
func canaried(t *testing.T) (*storetest.World, *book, []string) {
	t.Helper()
	w, b := world(t)
	big := strings.Repeat("ben-was-here-", 3000) // of several pages
	lines := `user wanda worker north
user will worker north
user cora coordinator north
user sam coordinator south
phone a wanda
phone b will
phone desk cora
phone other sam
person a ben name=ben-was-here interests+=ben-was-here x_future=ben-was-here
person a mo name=Mo
sync a
edit a ben/contact contact name=ben-was-here phone=ben-was-here
edit a ben/visit appointment title=ben-was-here starts_at=2026-03-03T10:00:00Z status=planned
edit a ben/big support what=call at=2026-03-01T10:00:00Z note=` + big + `
edit a mo/visit appointment title=Dentist starts_at=2026-03-03T10:00:00Z status=planned
sync a
sync desk
edit a ben/visit appointment title=ben-was-here-a
edit desk ben/visit appointment title=ben-was-here-b
edit a ben/contact contact delete
edit b ben/late support what=call at=2026-03-01T10:00:00Z note=ben-was-here
edit a ben/bad support what=call at=yesterday note=ben-was-here
edit a ben/later diary words=ben-was-here
edit a ben/one support what=call at=2026-03-01T10:00:00Z note=ben-was-here group=g
edit a ben/two support what=call at=yesterday note=ben-was-here group=g
sync a
sync b
sync desk
settle desk 1 set_aside "ben-was-here, said the desk"
sync desk
edit desk ben person team=south
sync desk
sync other
settle other 2 set_aside "ben-was-here too"
sync other
copy a c
become c
sync c`
	for _, line := range strings.Split(lines, "\n") {
		if err := w.Do(line, &strings.Builder{}); err != nil {
			t.Fatalf("%.80s: %v", line, err)
		}
	}
	return w, b, []string{"ben-was-here", "en-was-her"}
}

func traces(t testing.TB, path string, words []string) (found []string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		if n := bytes.Count(raw, []byte(word)); n > 0 {
			found = append(found, fmt.Sprintf("%q %d times in %s", word, n, filepath.Base(path)))
		}
	}
	return found
}

// told is what the store says of a person that is not erased, and of whoever sees them.
func told(t testing.TB, w *storetest.World, name string) (lines []string) {
	t.Helper()
	err := w.Book.View(t.Context(), func(tx deltasync.Tx) error {
		s := w.Scope(name)
		h, err := tx.ScopeHead(s)
		lines = append(lines, fmt.Sprint(h))
		if err == nil {
			err = tx.Changes(s, 0, func(c deltasync.Change) bool {
				lines = append(lines, fmt.Sprintf("%d %s %s", c.Version, c.ID, c.Body))
				return true
			})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestAnErasureLeavesNoTraceInTheFile(t *testing.T) {
	w, b, words := canaried(t)
	if len(traces(t, b.path, words)) == 0 {
		t.Fatal("there is nothing to erase")
	}
	before := told(t, w, "mo")
	if _, err := w.Engine.Erase(t.Context(), deltasync.RecordID(w.ID("ben"))); err != nil {
		t.Fatal(err)
	}
	upTo, is, err := b.Erasing(t.Context())
	if !is || err != nil {
		t.Errorf("Erasing() = %t, %v after an erasure", is, err)
	}
	if err := b.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.EraseDone(t.Context(), upTo); err != nil {
		t.Fatal(err)
	}
	if _, is, err := b.Erasing(t.Context()); is || err != nil {
		t.Errorf("Erasing() = %t, %v when it is done", is, err)
	}
	if after := told(t, w, "mo"); !slices.Equal(after, before) {
		t.Errorf("of somebody else the store now says\n%q\nbefore\n%q", after, before)
	}
	kept := filepath.Join(t.TempDir(), "backup")
	backUp(t, b.DB, kept)
	for _, line := range []string{"sync a", "sync b", "sync desk", "sync other"} {
		if err := w.Do(line, &strings.Builder{}); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	for _, p := range w.Phones {
		if len(p.Scopes[w.Scope("ben")]) > 0 && p.Name != "c" {
			t.Errorf("%s still shows ben", p.Name)
		}
	}
	for _, f := range faults(t, b.DB) {
		t.Error(f)
	}
	for _, path := range []string{b.path, sidePath(b.path), kept} {
		for _, f := range traces(t, path, words) {
			t.Error(f)
		}
	}
}

// Who is erased while the traces of another are taken away is not taken for done with them.
func TestAnErasureThatCameSinceIsStillToBeSeenTo(t *testing.T) {
	w, b, _ := canaried(t)
	erase := func(who string) deltasync.Version {
		t.Helper()
		if _, err := w.Engine.Erase(t.Context(), deltasync.RecordID(w.ID(who))); err != nil {
			t.Fatal(err)
		}
		upTo, is, err := b.Erasing(t.Context())
		if !is || err != nil {
			t.Fatalf("Erasing() = %t, %v after an erasure", is, err)
		}
		return upTo
	}
	first := erase("ben")
	second := erase("mo")
	for _, c := range []struct {
		done  deltasync.Version
		still bool
	}{{first, true}, {second, false}} {
		if err := b.EraseDone(t.Context(), c.done); err != nil {
			t.Fatal(err)
		}
		if _, is, err := b.Erasing(t.Context()); is != c.still || err != nil {
			t.Errorf("done up to %d: Erasing() = %t, %v", c.done, is, err)
		}
	}
}

func TestAScrubWaitsForWhoReadsWhatWasThere(t *testing.T) {
	w, b, words := canaried(t)
	reading, read := make(chan struct{}), make(chan error, 1)
	var ended atomic.Bool
	go func() {
		read <- b.View(t.Context(), func(tx deltasync.Tx) error {
			close(reading)
			time.Sleep(drainWait + drainWait/2)
			n := 0
			err := tx.Changes(w.Scope("ben"), 0, func(deltasync.Change) bool { n++; return true })
			if n == 0 {
				t.Error("what was being read is gone")
			}
			ended.Store(true)
			return err
		})
	}()
	<-reading
	if _, err := w.Engine.Erase(t.Context(), deltasync.RecordID(w.ID("ben"))); err != nil {
		t.Fatal(err)
	}
	if err := b.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !ended.Load() {
		t.Error("the scrub did not wait")
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
	if found := traces(t, b.path, words); len(found) > 0 {
		t.Error(found)
	}
}

// A backup of before, and the log of after, come to a store that has nothing of the person either.
func TestAReplayErasesAgain(t *testing.T) {
	w, b, words := canaried(t)
	kept := filepath.Join(t.TempDir(), "backup")
	backUp(t, b.DB, kept)
	for _, line := range []string{"edit other ben person goals=ben-was-here", "sync other", "erase ben", "edit a mo person goals=swim", "sync a"} {
		if err := w.Do(line, &strings.Builder{}); err != nil {
			t.Fatal(err)
		}
	}
	old := reopened(t, kept, Options{Now: b.now})
	if err := storetest.Replayed(t.Context(), w.Engine, b, &conforming{old}); err != nil {
		t.Error(err)
	}
	if _, is, err := old.Erasing(t.Context()); !is || err != nil {
		t.Errorf("Erasing() = %t, %v after a replay of an erasure", is, err)
	}
	if err := old.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range append(faults(t, old), traces(t, kept, words)...) {
		t.Error(f)
	}
}
