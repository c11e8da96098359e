package client_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

func TestEditIsNumberedAndSurvivesARestart(t *testing.T) {
	p := open(t).worker(t)
	scope := p.person("Ines")
	p.followUp(scope, "call the surgery")
	before, _ := p.outbox()
	p.reopen()
	after, _ := p.outbox()
	if !reflect.DeepEqual(after, before) {
		t.Errorf("outbox after a restart = %v, want %v", after, before)
	}
	p.followUp(scope, "ask again")
	waiting, _ := p.outbox()
	for i, e := range waiting {
		if e.N != uint64(i)+1 || e.Base != 0 || !deltasync.ValidUUID(string(e.ID)) {
			t.Errorf("entry %d has n %d, base %d, id %s", i, e.N, e.Base, e.ID)
		}
	}
	if s := p.state(); s.LastN != 3 || s.Waiting != 3 {
		t.Errorf("last_n %d with %d waiting, want 3 and 3", s.LastN, s.Waiting)
	}
}

func TestBaseIsWhatThePersonWasLookingAt(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	id := p.followUp(scope, "call")
	p.set(scope, "follow_up", id, map[string]any{"step": "before the server has sent it"})
	p.sync()
	r, _ := p.record(id)
	p.set(scope, "follow_up", id, map[string]any{"step": "after"})
	waiting, sent := p.outbox()
	if sent[2].Base != 0 {
		t.Errorf("base before the first sync = %d, want 0", sent[2].Base)
	}
	if waiting[0].Base != r.Version || r.Version == 0 {
		t.Errorf("base = %d, want the shown version %d", waiting[0].Base, r.Version)
	}

	// An ack without its page moves no base.
	p.road.meet(plain(cutAfterAck))
	p.road.meet(repeat(noSignal, 30)...)
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrUnavailable) {
		t.Fatalf("Sync = %v, want ErrUnavailable", err)
	}
	p.set(scope, "follow_up", id, map[string]any{"step": "later still"})
	waiting, sent = p.outbox()
	if len(sent) != 4 || sent[3].Result.Version <= r.Version {
		t.Fatalf("the ack was not kept: %v", sent)
	}
	if waiting[0].Base != r.Version {
		t.Errorf("base after an ack without its page = %d, want %d", waiting[0].Base, r.Version)
	}
}

func TestEditsThatCannotBeSentAreRefusedAtOnce(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	id, _ := p.NewID()
	scope := deltasync.PersonOf(id)
	long := strings.Repeat("<", deltasync.MaxOp)
	for name, e := range map[string]client.Edit{
		"no scope":          {Kind: "person", Record: id, Set: map[string]any{"name": "x"}},
		"no kind":           {Scope: scope, Record: id, Set: map[string]any{"name": "x"}},
		"record is no UUID": {Scope: scope, Kind: "person", Record: "7", Set: map[string]any{"name": "x"}},
		"nothing":           {Scope: scope, Kind: "person", Record: id},
		"deletes nothing":   {Scope: scope, Kind: "person", Delete: true},
		"deletes and sets":  {Scope: scope, Kind: "person", Record: id, Delete: true, Set: map[string]any{"name": "x"}},
		"no JSON":           {Scope: scope, Kind: "person", Record: id, Set: map[string]any{"name": func() {}}},
	} {
		if _, err := p.Edit(e); !errors.Is(err, client.ErrBadEdit) {
			t.Errorf("%s: %v, want ErrBadEdit", name, err)
		}
	}
	if _, err := p.Edit(client.Edit{Scope: scope, Kind: "person", Record: id, Set: map[string]any{"name": long}}); !errors.Is(err, client.ErrTooLarge) {
		t.Errorf("an op over 64 KiB: %v, want ErrTooLarge", err)
	}
	many := make([]client.Edit, deltasync.MaxGroup+1)
	if _, err := p.EditTogether(many...); !errors.Is(err, client.ErrBadEdit) {
		t.Errorf("101 together: %v, want ErrBadEdit", err)
	}
	large := slices.Repeat([]client.Edit{{Scope: scope, Kind: "contact", Set: map[string]any{"x": long[:60_000]}}}, 20)
	if _, err := p.EditTogether(large...); !errors.Is(err, client.ErrTooLarge) {
		t.Errorf("a group over 900 kB: %v, want ErrTooLarge", err)
	}
	if s := p.state(); s.LastN != 0 {
		t.Errorf("refused edits took numbers up to %d", s.LastN)
	}
	if _, err := h.handset(t).Edit(client.Edit{Scope: scope, Kind: "person", Record: id, Set: map[string]any{"name": "x"}}); !errors.Is(err, client.ErrNotEnrolled) {
		t.Errorf("before enrolment: %v, want ErrNotEnrolled", err)
	}
}

func TestLargestEntryIsTaken(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	for n := deltasync.MaxOp; ; n-- {
		_, err := p.Edit(client.Edit{Scope: scope, Kind: "follow_up", Set: map[string]any{"about": "x", "due": "2026-12-01", "later": strings.Repeat("&", n)}})
		if err == nil {
			break
		}
		if !errors.Is(err, client.ErrTooLarge) {
			t.Fatal(err)
		}
	}
	if r := p.sync(); r.Rejected != 0 || r.Pushed != 2 {
		t.Errorf("report %+v with %v, want two ops taken", r, p.kept())
	}
}

func TestOneOpenPhonePerFolder(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	if _, err := client.Open(p.dir, h.options(p.road)); !errors.Is(err, client.ErrInUse) {
		t.Errorf("a second Open = %v, want ErrInUse", err)
	}
	info, err := os.Stat(filepath.Join(p.dir, "phone.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v; want mode 0600", info, err)
	}
	fresh := filepath.Join(t.TempDir(), "a", "b")
	q, err := client.Open(fresh, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v; want mode 0700", info, err)
	}
}

func TestManyWritersAndSyncsAtOnceLoseNothing(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	var all sync.WaitGroup
	const writers, each = 4, 15
	for range writers {
		all.Go(func() {
			for range each {
				if _, err := p.Edit(client.Edit{Scope: scope, Kind: "follow_up", Set: map[string]any{"about": "a", "due": "2026-12-01"}}); err != nil {
					t.Error(err)
				}
				if _, err := p.View(scope); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		all.Go(func() {
			for range 5 {
				if _, err := p.Sync(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	p.sync()
	if waiting, sent := p.outbox(); len(waiting) != 0 || len(sent) != writers*each+1 || h.ops() != writers*each+1 {
		t.Errorf("%d waiting, %d sent, %d on the server; want 0, %d, %[4]d", len(waiting), len(sent), h.ops(), writers*each+1)
	}
}
