package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"alongside/internal/auth"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

// copyOf is a phone over a copy of another's folder.
func (p *handset) copyOf() *handset {
	p.t.Helper()
	if err := p.Close(); err != nil {
		p.t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(p.dir, "phone.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	dir := p.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "phone.db"), raw, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.reopen()
	twin := p.h.handsetIn(p.t, dir)
	twin.user = p.user
	return twin
}

func TestCopiedFolderTakesANewClient(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(p, twin *handset, scope deltasync.Scope){
		"both write":         func(p, twin *handset, scope deltasync.Scope) { twin.followUp(scope, "twin's") },
		"the copy is behind": func(p, twin *handset, scope deltasync.Scope) {},
		"the copy wrote more": func(p, twin *handset, scope deltasync.Scope) {
			twin.followUp(scope, "twin's")
			twin.followUp(scope, "twin's")
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			p := h.worker(t)
			scope := p.person("Ines")
			p.followUp(scope, "before")
			p.sync()
			p.followUp(scope, "in both outboxes")
			twin := p.copyOf()
			p.followUp(scope, "original's")
			then(p, twin, scope)
			twins, _ := twin.outbox()
			p.sync()
			r := twin.sync()
			if !r.NewClient || twin.state().Client == p.state().Client {
				t.Errorf("report %+v: the copy is still the same client", r)
			}
			if r.Rejected+r.Held+r.Repairs != 0 {
				t.Errorf("report %+v; kept %v", r, twin.kept())
			}
			_, sent := twin.outbox()
			for i, e := range sent {
				if e.N != uint64(i)+1 {
					t.Errorf("entry %d of the copy has number %d", i, e.N)
				}
			}
			for _, e := range twins {
				if !slices.ContainsFunc(sent, func(s client.Entry) bool { return s.ID == e.ID && s.At.Equal(e.At) && s.Base == e.Base }) {
					t.Errorf("op %s lost its id, time or base", e.ID)
				}
			}
			p.sync()
			if got, want := twin.portrait(), p.portrait(); got != want || strings.Count(got, "in both outboxes") != 1 {
				t.Errorf("the copy shows\n%swant\n%s", got, want)
			}
			if r := twin.sync(); r.NewClient {
				t.Error("the copy takes a client at each sync")
			}
		})
	}
}

func TestRestoredServerGetsAgainWhatItLost(t *testing.T) {
	h := open(t)
	p, desk := h.worker(t), h.coordinator(t, north)
	scope := p.person("Ines")
	p.followUp(scope, "in the backup")
	p.sync()
	file := h.backup(true)
	p.sync()
	if _, sent := p.outbox(); len(sent) != 0 {
		t.Errorf("%d ops are kept though a backup holds them", len(sent))
	}
	p.followUp(scope, "after the backup")
	p.sync()
	late := p.followUp(scope, "sent later")
	p.set(scope, "follow_up", late, map[string]any{"step": "then changed"})
	p.sync()
	p.followUp(scope, "not sent when it happened")
	h.clock.pass(time.Hour)
	h.restore(file)

	r := p.sync()
	if !r.Reoffered || r.Held+r.Rejected+r.Repairs != 0 {
		t.Errorf("report %+v; kept %v", r, p.kept())
	}
	want := "after the backup\nin the backup\nnot sent when it happened\nsent later\n"
	if got := namesOf(must2(p.View(scope))); got != want {
		t.Errorf("after the restore it shows\n%swant\n%s", got, want)
	}
	desk.sync()
	if got, want := desk.portrait(), p.portrait(); got != want || strings.Count(got, "then changed") != 1 {
		t.Errorf("the desk shows\n%swant\n%s", got, want)
	}
	if s := p.state(); s.Lost != 0 || s.Through != s.LastN {
		t.Errorf("state %+v", s)
	}
}

func namesOf(records []client.Record) string {
	var all []string
	for _, r := range records {
		if r.Kind == "follow_up" {
			all = append(all, r.Text("about")+"\n")
		}
	}
	slices.Sort(all)
	return strings.Join(all, "")
}

func TestRestoreFromAnOlderBackupDeclaresWhatIsGone(t *testing.T) {
	h := open(t)
	p, desk := h.worker(t), h.coordinator(t, north)
	scope := p.person("Ines")
	p.sync()
	old := h.backup(false)
	p.followUp(scope, "lost: only the backup that burned held it")
	p.sync()
	h.backup(true)
	p.sync()
	p.followUp(scope, "acknowledged, in no backup")
	p.sync()
	p.followUp(scope, "not sent")
	h.restore(old)
	r := p.sync()
	if !r.Reoffered || r.Held+r.Rejected != 0 {
		t.Errorf("report %+v; kept %v", r, p.kept())
	}
	if s := p.state(); s.Lost != 1 || s.Through != 4 {
		t.Errorf("state %+v, want one lost and through 4", s)
	}
	if got, want := namesOf(must2(p.View(scope))), "acknowledged, in no backup\nnot sent\n"; got != want {
		t.Errorf("the phone shows\n%swant\n%s", got, want)
	}
	desk.sync()
	held := must2(desk.View(deltasync.CoordinationOf(north)))
	if len(held) != 1 || held[0].Text("reason") != "lost_ops" {
		t.Errorf("the coordinator sees %v, want one lost_ops", held)
	}

	// All of it gone, and nothing to send: that is declared too.
	h.backup(true)
	p.sync()
	h.restore(old)
	p.sync()
	if s := p.state(); s.Lost != 4 || s.Waiting != 0 || s.Through != 4 {
		t.Errorf("state %+v, want four lost in all", s)
	}
}

func TestDamagedRecordIsFetchedAgain(t *testing.T) {
	t.Parallel()
	wrongVersion := func(_ deltasync.Scope, _ deltasync.RecordID, v []byte) []byte { v[5] ^= 1; return v }
	gone := func(deltasync.Scope, deltasync.RecordID, []byte) []byte { return nil }
	short := func(deltasync.Scope, deltasync.RecordID, []byte) []byte { return []byte("x") }
	for name, spoil := range map[string]func(deltasync.Scope, deltasync.RecordID, []byte) []byte{"version": wrongVersion, "gone": gone, "short": short} {
		for _, staged := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s staged %v", name, staged), func(t *testing.T) {
				h := open(t)
				desk := h.coordinator(t, north)
				for i := range 100 { // more than one request may name
					desk.person(fmt.Sprint("Person ", i))
				}
				desk.sync()
				p := h.handset(t, func(o *client.Options) { o.MaxBytes = deltasync.MinPage })
				must(p.Enrol(t.Context(), h.server.URL, h.code(string(desk.state().User.ID)), "a second desk", "test"))
				if staged {
					p.road.meet(repeat(smooth, 4)...)
					p.road.meet(repeat(noSignal, 30)...)
					if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrUnavailable) {
						t.Fatal(err)
					}
					p.road.faults = nil
				} else {
					p.sync()
				}
				must(p.Damage(staged, spoil))
				r := p.sync()
				if r.Repairs != 1 {
					t.Errorf("report %+v, want one repair", r)
				}
				if got, want := p.portrait(), desk.portrait(); got != want {
					t.Errorf("shows\n%swant\n%s", got, want)
				}
				if s := p.state(); s.Incidents != 1 || s.Differs || s.Synced.IsZero() {
					t.Errorf("state %+v", s)
				}
				if r := p.sync(); r.Repairs != 0 || r.Exchanges != 1 {
					t.Errorf("then %+v, want a quiet sync", r)
				}
			})
		}
	}
}

func TestScopeThatTheServerDoesNotNameIsDropped(t *testing.T) {
	h := open(t)
	p, q := h.worker(t), h.worker(t)
	ghost := q.person("not p's")
	q.sync()
	must(p.Graft(q.Phone, ghost))
	if people := must2(p.People()); len(people) != 1 {
		t.Fatal("the graft did not take")
	}
	if r := p.sync(); r.Repairs != 1 {
		t.Errorf("report %+v, want one repair", r)
	}
	if people := must2(p.People()); len(people) != 0 || p.state().Differs {
		t.Errorf("still shows %v", people)
	}
}

func TestServerThatCannotCountIsReported(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	p.person("Ines")
	p.sync()
	p.road.gate = miscount
	_, err := p.Sync(t.Context())
	if !errors.Is(err, client.ErrDiffers) {
		t.Errorf("Sync = %v, want ErrDiffers", err)
	}
	if s := p.state(); !s.Differs || s.Incidents != 1 {
		t.Errorf("state %+v", s)
	}
	if people := must2(p.People()); len(people) != 1 {
		t.Errorf("shows %d people, want 1", len(people))
	}
	p.road.gate = nil
	p.sync()
	if p.state().Differs {
		t.Error("still says that it differs")
	}
}

func TestRevokedPhoneHandsInWhatItHasAndErasesItself(t *testing.T) {
	h := open(t)
	p, desk := h.worker(t), h.coordinator(t, north)
	scope := p.person("Ines Canary")
	p.sync()
	for range 3 {
		p.followUp(scope, "canary words")
	}
	_, err := h.auth.Revoke(t.Context(), string(p.state().Client))
	must(err)
	p.road.meet(smooth) // the sync that learns of it
	p.road.meet(repeat(noSignal, 30)...)
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrUnavailable) {
		t.Fatalf("Sync = %v, want ErrUnavailable", err)
	}
	if s := p.state(); s.Waiting != 3 {
		t.Errorf("%d wait, want all 3 until they are handed in", s.Waiting)
	}
	if v, ok := p.record(deltasync.RecordID(scope.ID())); ok {
		t.Errorf("a revoked phone shows %v", v)
	}
	p.road.faults = nil
	p.road.meet(smooth, dropReply, cutAt(20))
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrRevoked) {
		t.Fatalf("Sync = %v, want ErrRevoked", err)
	}
	desk.sync()
	if held := must2(desk.View(deltasync.CoordinationOf(north))); len(held) != 3 || held[0].Text("reason") != "device_revoked" {
		t.Errorf("the coordinator sees %v, want three held", held)
	}
	if s := p.state(); s != (client.State{}) {
		t.Errorf("state %+v, want nothing", s)
	}
	must(p.Close())
	files := must2(os.ReadDir(p.dir))
	if len(files) != 1 {
		t.Errorf("the folder holds %v", files)
	}
	raw := must2(os.ReadFile(filepath.Join(p.dir, "phone.db")))
	if bytes.Contains(raw, []byte("canary")) || bytes.Contains(raw, []byte("Canary")) {
		t.Error("the file still holds what was written")
	}
}

func TestRevokedAfterARestoreOrACopyLosesNothing(t *testing.T) {
	t.Run("restored", func(t *testing.T) {
		h := open(t)
		p, desk := h.worker(t), h.coordinator(t, north)
		scope := p.person("Ines")
		p.sync()
		file := h.backup(true)
		p.sync()
		p.followUp(scope, "acknowledged")
		p.sync()
		p.followUp(scope, "waiting")
		h.restore(file)
		_, err := h.auth.Revoke(t.Context(), string(p.state().Client))
		must(err)
		if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrRevoked) {
			t.Fatalf("Sync = %v, want ErrRevoked", err)
		}
		desk.sync()
		if held := must2(desk.View(deltasync.CoordinationOf(north))); len(held) != 2 {
			t.Errorf("the coordinator sees %d, want both", len(held))
		}
	})
	t.Run("copied", func(t *testing.T) {
		h := open(t)
		p, desk := h.worker(t), h.coordinator(t, north)
		scope := p.person("Ines")
		p.sync()
		twin := p.copyOf()
		p.followUp(scope, "the original's")
		p.sync()
		twin.followUp(scope, "the copy's")
		_, err := h.auth.Revoke(t.Context(), string(p.state().Client))
		must(err)
		if _, err := twin.Sync(t.Context()); !errors.Is(err, client.ErrRevoked) {
			t.Fatalf("Sync = %v, want ErrRevoked", err)
		}
		desk.sync()
		if held := must2(desk.View(deltasync.CoordinationOf(north))); len(held) != 1 {
			t.Errorf("the coordinator sees %d, want the copy's", len(held))
		}
	})
}

func TestHandoverDropsAndWhatIsWrittenMeanwhileIsHeld(t *testing.T) {
	h := open(t)
	p, q, desk := h.worker(t), h.worker(t), h.coordinator(t, north)
	scope := p.person("Ines")
	stays := p.person("Jo")
	p.sync()
	desk.sync()
	for _, r := range must2(desk.View(scope)) {
		if r.Kind == "assignment" {
			desk.set(scope, "assignment", r.ID, map[string]any{"until": h.clock.now()})
		}
	}
	desk.set(scope, "assignment", "", map[string]any{"worker": q.user.ID, "part": "lead"})
	desk.sync()
	late := p.followUp(scope, "written after the handover")
	r := p.sync()
	if r.Held != 1 || r.Rejected != 0 {
		t.Errorf("report %+v, want one held", r)
	}
	if people := must2(p.People()); len(people) != 1 || people[0].Scope != stays {
		t.Errorf("shows %v, want Jo only", people)
	}
	if _, ok := p.record(late); ok {
		t.Error("a held edit is still shown")
	}
	if kept := p.kept(); len(kept) != 1 || kept[0].Result.Code != "not_permitted" || kept[0].Record != late {
		t.Errorf("kept %v", kept)
	}
	q.sync()
	if people := must2(q.People()); len(people) != 1 || people[0].Scope != scope {
		t.Errorf("the other worker shows %v", people)
	}
	desk.sync()
	if held := must2(desk.View(deltasync.CoordinationOf(north))); len(held) != 1 {
		t.Errorf("the coordinator sees %v", held)
	}
}

func TestConflictingEditsAreBothKeptAndSettled(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	id := p.followUp(scope, "as it was")
	p.sync()
	desk := h.coordinator(t, north)
	p.set(scope, "follow_up", id, map[string]any{"step": "the worker's words"})
	h.clock.pass(time.Minute)
	desk.set(scope, "follow_up", id, map[string]any{"step": "the desk's words"})
	p.sync()
	if r := desk.sync(); r.Conflicts != 1 {
		t.Errorf("report %+v, want a conflict", r)
	}
	p.sync()
	for _, at := range []*handset{p, desk} {
		r, _ := at.record(id)
		if r.Text("step") != "the desk's words" || len(r.Conflicts["step"]) != 1 {
			t.Fatalf("shows %+v", r)
		}
		beside := r.Conflicts["step"][0]
		if string(beside.Value) != `"the worker's words"` || beside.User != deltasync.UserID(p.user.ID) || r.Shown["step"].User != deltasync.UserID(desk.user.ID) {
			t.Errorf("beside it stands %+v", beside)
		}
	}
	p.set(scope, "follow_up", id, map[string]any{"step": "both"})
	if r, _ := p.record(id); r.Text("step") != "both" || len(r.Conflicts) != 0 || !slices.Equal(r.Unsent, []string{"step"}) {
		t.Errorf("settled here, it shows %+v", r)
	}
	p.sync()
	desk.sync()
	if r, _ := desk.record(id); r.Text("step") != "both" || len(r.Conflicts) != 0 {
		t.Errorf("settled, the desk shows %+v", r)
	}
}

func TestTokensAreRenewed(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	for name, c := range map[string]struct {
		pass   time.Duration
		faults []fault
	}{
		"in time":                      {time.Hour, nil},
		"the reply is lost":            {time.Hour, repeat(dropReply, 2)},
		"the reply is cut":             {time.Hour, []fault{cutAt(30)}},
		"the server's clock is faster": {0, []fault{problem(401, "token_expired")}},
	} {
		h.clock.pass(c.pass)
		p.road.meet(c.faults...)
		had := p.road.asked("/v1/token")
		if _, err := p.Sync(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if p.road.asked("/v1/token") == had {
			t.Errorf("%s: no token was renewed", name)
		}
	}
}

func TestSignedOutPhoneKeepsItsOutboxForTheSameUser(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	p.sync()
	id := p.followUp(scope, "written before")
	before, _ := p.outbox()
	h.clock.pass(401 * 24 * time.Hour)
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrSignedOut) || !p.state().SignedOut {
		t.Fatalf("Sync = %v, want ErrSignedOut", err)
	}
	if got := p.text(id, "about"); got != "written before" {
		t.Errorf("signed out, it shows %q", got)
	}
	other := h.user("Somebody else", auth.Worker, north)
	if err := p.Enrol(t.Context(), h.server.URL, h.code(other.ID), "a phone", "test"); !errors.Is(err, client.ErrOtherUser) {
		t.Errorf("another user: %v, want ErrOtherUser", err)
	}
	must(p.Enrol(t.Context(), h.server.URL, h.code(p.user.ID), "a phone", "test"))
	waiting, _ := p.outbox()
	if len(waiting) != 1 || waiting[0].ID != before[0].ID || waiting[0].N == 0 || waiting[0].Base != before[0].Base {
		t.Errorf("the outbox is %+v, want %+v with new numbers", waiting, before)
	}
	r := p.sync()
	if r.Pushed != 1 || r.Rejected+r.Held+r.Repairs != 0 || p.state().SignedOut {
		t.Errorf("report %+v, state %+v", r, p.state())
	}
	if got := p.text(id, "about"); got != "written before" {
		t.Errorf("then it shows %q", got)
	}
}

func TestEnrolmentCanBeRepeated(t *testing.T) {
	h := open(t)
	u := h.user("Amal", auth.Worker, north)
	code := h.code(u.ID)
	p := h.handset(t)
	p.road.meet(repeat(dropReply, 6)...)
	if err := p.Enrol(t.Context(), h.server.URL, code, "a phone", "test"); !errors.Is(err, client.ErrUnavailable) {
		t.Fatalf("Enrol = %v, want ErrUnavailable", err)
	}
	p.reopen()
	must(p.Enrol(t.Context(), h.server.URL+"/", code, "a phone", "test"))
	if s := p.state(); s.User.Name != "Amal" || s.Client == "" {
		t.Errorf("state %+v", s)
	}
	p.person("Ines")
	must(p.Enrol(t.Context(), h.server.URL, code, "a phone", "test")) // the same client again: nothing is renumbered
	if r := p.sync(); r.Pushed != 1 {
		t.Errorf("report %+v", r)
	}
	var pr *client.Problem
	if err := h.handset(t).Enrol(t.Context(), h.server.URL, code, "another phone", "test"); !errors.As(err, &pr) || pr.Code != "code_used" {
		t.Errorf("another phone: %v, want code_used", err)
	}
	for _, bad := range []string{"", "example.org", "ftp://example.org", "https://"} {
		if err := p.Enrol(t.Context(), bad, code, "a phone", "test"); err == nil {
			t.Errorf("Enrol at %q succeeds", bad)
		}
	}
}

func TestAcknowledgedOpsAreLetGoAfterHalfAYear(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	p.person("Ines")
	p.sync()
	for days, want := range []int{1, 0} {
		h.clock.pass(time.Duration(179+2*days) * 24 * time.Hour)
		p.sync()
		if _, sent := p.outbox(); len(sent) != want {
			t.Errorf("%d kept, want %d", len(sent), want)
		}
		h.clock.pass(-time.Duration(179+2*days) * 24 * time.Hour)
	}
}

func TestAccessThatComesAndGoesBetweenPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	desk := h.coordinator(t, north)
	p := h.worker(t, func(o *client.Options) { o.MaxBytes = deltasync.MinPage })
	var people []deltasync.Scope
	for range 6 {
		people = append(people, desk.person("A person"))
	}
	assign := func(scope deltasync.Scope) {
		desk.set(scope, "assignment", "", map[string]any{"worker": p.user.ID})
		desk.sync()
	}
	end := func(scope deltasync.Scope) {
		for _, r := range must2(desk.View(scope)) {
			if r.Kind == "assignment" && r.Text("until") == "" {
				desk.set(scope, "assignment", r.ID, map[string]any{"until": h.clock.now()})
			}
		}
		desk.sync()
		h.clock.pass(time.Minute)
	}
	for _, scope := range people {
		assign(scope)
	}
	p.sync()
	for _, scope := range people {
		for pages := 1; pages < 5; pages++ {
			end(scope)
			assign(scope)
			for _, s := range people {
				desk.set(s, "follow_up", "", map[string]any{"about": strings.Repeat("long ", 500), "due": "2026-12-01"})
			}
			desk.sync()
			p.road.meet(repeat(smooth, pages)...)
			p.road.meet(before(func() { end(scope) }))
			if r := p.sync(); r.Repairs != 0 {
				t.Errorf("after %d pages: %+v", pages, r)
			}
			if view := must2(p.View(scope)); p.road.left() == 0 && len(view) > 0 {
				t.Errorf("after %d pages: a scope that went is shown", pages)
			}
			p.road.faults = nil
			end(scope)
			assign(scope)
			p.sync()
			desk.sync()
		}
	}
	fresh := h.phone(t, p.user)
	if got, want := p.portrait(), fresh.portrait(); got != want {
		t.Errorf("shows\n%swant\n%s", got, want)
	}
}

func TestEraseThatWasInterruptedIsFinishedAtOpen(t *testing.T) {
	dir := t.TempDir()
	erased := filepath.Join(dir, "phone.erased")
	must(os.WriteFile(erased, bytes.Repeat([]byte("canary"), 50_000), 0o600))
	p, err := client.Open(dir, client.Options{})
	must(err)
	defer p.Close()
	if _, err := os.Stat(erased); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was to be erased is still there: %v", err)
	}
}

func TestLiveEndsWithTheDevice(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	hints := make(chan uint64, 64)
	ended := make(chan error, 1)
	go func() { ended <- p.Live(t.Context(), func(seq uint64) { hints <- seq }) }()
	<-hints
	h.server.CloseClientConnections() // it connects again
	<-hints
	_, err := h.auth.Revoke(t.Context(), string(p.state().Client))
	must(err)
	var pr *client.Problem
	if err := <-ended; !errors.As(err, &pr) || pr.Code != "device_revoked" {
		t.Errorf("Live = %v, want device_revoked", err)
	}
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrRevoked) {
		t.Errorf("Sync = %v, want ErrRevoked", err)
	}
}

func TestClosedPhoneSaysSo(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	must(p.Close())
	must(p.Close())
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrClosed) {
		t.Errorf("Sync = %v, want ErrClosed", err)
	}
	if _, err := p.NewPerson("Ines", nil); !errors.Is(err, client.ErrClosed) {
		t.Errorf("NewPerson = %v, want ErrClosed", err)
	}
	if _, err := p.People(); !errors.Is(err, client.ErrClosed) {
		t.Errorf("People = %v, want ErrClosed", err)
	}
}
