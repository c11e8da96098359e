package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

func repeat(f fault, n int) []fault { return slices.Repeat([]fault{f}, n) }

// cutAfterAck: of the reply only the first line comes.
func cutAfterAck(req *http.Request, pass func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	res, err := pass(req)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(append(line, '\n')), cutReader{}))
	return res, nil
}

func TestWhatOnePhoneWritesAnotherShows(t *testing.T) {
	h := open(t)
	p, desk := h.worker(t), h.coordinator(t, north)
	scope := p.person("Ines")
	id := p.followUp(scope, "call the surgery")
	p.edit(client.Edit{Scope: scope, Kind: "person", Record: deltasync.RecordID(scope.ID()), Add: map[string][]string{"needs": {"transport", "company"}}})
	r := p.sync()
	if r.Pushed != 3 || r.Rejected+r.Held+r.Conflicts+r.Repairs != 0 {
		t.Errorf("report %+v, want three ops taken", r)
	}
	desk.sync()
	if got, want := desk.portrait(), p.portrait(); got != want || got == "" {
		t.Errorf("the desk shows\n%swant\n%s", got, want)
	}
	if got := desk.text(id, "about"); got != "call the surgery" {
		t.Errorf("about = %q", got)
	}
	person, _ := desk.record(deltasync.RecordID(scope.ID()))
	if got := person.Elements("needs"); !slices.Equal(got, []string{"company", "transport"}) {
		t.Errorf("needs = %v", got)
	}
	if s := p.state(); s.Waiting != 0 || !s.Everything.Equal(h.clock.now()) || !s.Synced.Equal(h.clock.now()) {
		t.Errorf("state %+v, want everything on the server now", s)
	}
}

func TestEditDuringAPushGoesWithTheSameSync(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	p.road.meet(before(func() { p.followUp(scope, "while the request was on its way") }))
	p.road.meet(func(req *http.Request, pass func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		res, err := pass(req)
		p.followUp(scope, "while the reply was on its way")
		return res, err
	})
	if r := p.sync(); r.Pushed != 3 {
		t.Errorf("pushed %d, want 3", r.Pushed)
	}
	if waiting, _ := p.outbox(); len(waiting) != 0 {
		t.Errorf("%d still wait", len(waiting))
	}
}

func TestLostReplyChangesNothing(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	p.followUp(scope, "call")
	p.road.meet(dropReply, dropReply, noSignal)
	p.sync()
	if got := h.ops(); got != 2 {
		t.Errorf("the server holds %d ops, want 2", got)
	}
	if waiting, sent := p.outbox(); len(waiting) != 0 || len(sent) != 2 {
		t.Errorf("%d waiting and %d sent, want 0 and 2", len(waiting), len(sent))
	}
}

func TestReplyCutAtEveryByte(t *testing.T) {
	t.Parallel()
	h := open(t)
	p, desk := h.worker(t), h.coordinator(t, north)
	scope := p.person("Ines")
	p.sync()
	desk.sync()
	written := 1
	for name, c := range map[string]struct {
		cut  func(int) fault
		step int
		sync func() deltasync.RecordID
	}{
		"a change": {func(at int) fault { return plain(cutAt(at)) }, 1, func() deltasync.RecordID {
			return p.followUp(scope, "call")
		}},
		"a new scope": {func(at int) fault { return plain(cutAt(at)) }, 7, func() deltasync.RecordID {
			return deltasync.RecordID(p.person("Jo").ID())
		}},
		"a new scope, packed": {cutAt, 3, func() deltasync.RecordID {
			return deltasync.RecordID(p.person("Jo").ID())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for at, whole := 0, false; !whole; at += c.step {
				id := c.sync()
				written++
				p.road.meet(c.cut(at))
				r := p.sync()
				whole = r.Cut == 0
				s := p.state()
				if s.Waiting != 0 || s.Through != s.LastN || s.Incidents != 0 || s.Differs {
					t.Fatalf("cut at %d: %+v", at, s)
				}
				if got, ok := p.record(id); !ok || got.Version == 0 || got.Unsent != nil || got.Sent != nil {
					t.Fatalf("cut at %d: shows %+v", at, got)
				}
				if at > 1<<14 {
					t.Fatal("the reply never comes whole")
				}
				if written%50 == 0 {
					h.backup(true) // so that the outbox stays short
				}
			}
		})
	}
	desk.sync()
	if got, want := desk.portrait(), p.portrait(); got != want || h.ops() != written {
		t.Errorf("the server holds %d ops, want %d; the desk shows\n%swant\n%s", h.ops(), written, got, want)
	}
}

func TestBatchesShrinkOnABadLineAndGrowAgain(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	for i := range 40 {
		p.followUp(scope, fmt.Sprint("number ", i))
	}
	// A line that carries nothing above 2 kB, either way.
	p.road.gate = func(req *http.Request) fault {
		if req.URL.Path == "/v1/sync" && req.ContentLength > 1200 {
			return noSignal
		}
		return nil
	}
	p.sync()
	if waiting, _ := p.outbox(); len(waiting) != 0 {
		t.Errorf("%d still wait", len(waiting))
	}
}

func TestTwoThousandOpsGoInBatches(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	for range 999 {
		p.followUp(scope, "alone")
	}
	for range 10 { // groups of 100, the first of which would straddle the 500th op were they cut
		edits := make([]client.Edit, 100)
		for i := range edits {
			edits[i] = client.Edit{Scope: scope, Kind: "follow_up", Set: map[string]any{"about": "together", "due": "2026-12-01"}}
		}
		if _, err := p.EditTogether(edits...); err != nil {
			t.Fatal(err)
		}
	}
	r := p.sync()
	if r.Pushed != 2000 || r.Rejected+r.Held != 0 {
		t.Errorf("report %+v, want 2000 pushed and none rejected; kept %v", r, p.kept())
	}
	if n := p.road.asked("/v1/sync"); n < 5 {
		t.Errorf("%d requests, want 5 at least", n)
	}
	view, err := p.View(scope)
	if err != nil || len(view) != 2001 { // with the assignment
		t.Errorf("the view has %d records, %v; want 2001", len(view), err)
	}
}

func TestGroupsAreNeverCut(t *testing.T) {
	h := open(t)
	p := h.worker(t, func(o *client.Options) { o.Batch = 7 })
	scope := p.person("Ines")
	for size := 1; size < 12; size++ {
		edits := make([]client.Edit, size)
		for i := range edits {
			edits[i] = client.Edit{Scope: scope, Kind: "follow_up", Set: map[string]any{"about": "together", "due": "2026-12-01"}}
		}
		if _, err := p.EditTogether(edits...); err != nil {
			t.Fatal(err)
		}
		p.followUp(scope, "between")
	}
	p.road.meet(dropReply, cutAt(10), dropReply)
	if r := p.sync(); r.Rejected+r.Held != 0 {
		t.Errorf("report %+v; kept %v", r, p.kept())
	}
}

func TestGroupIsRejectedWholeAndListed(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	records, err := p.EditTogether(
		client.Edit{Scope: scope, Kind: "follow_up", Set: map[string]any{"about": "good", "due": "2026-12-01"}},
		client.Edit{Scope: scope, Kind: "follow_up", Set: map[string]any{"about": "bad", "due": "some day"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.text(records[0], "about"); got != "good" {
		t.Errorf("before the sync the phone shows %q", got)
	}
	p.sync()
	for _, id := range records {
		if got, ok := p.record(id); ok {
			t.Errorf("rejected, and still shown: %+v", got)
		}
	}
	kept := p.kept()
	if len(kept) != 2 || kept[0].Result.Code != "group_rejected" || kept[1].Result.Code != "bad_value" || kept[1].Result.Detail == "" {
		t.Fatalf("kept %+v", kept)
	}
	if err := p.Clear(kept[0].ID, kept[1].ID); err != nil {
		t.Fatal(err)
	}
	p.sync()
	if kept := p.kept(); len(kept) != 0 {
		t.Errorf("cleared, and listed again: %+v", kept)
	}
}

func TestServerThatAsksToWaitIsObeyed(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	p.person("Ines")
	p.road.meet(problem(503, "busy", "Retry-After", "7"), problem(429, "rate_limited", "Retry-After", h.clock.now().Add(20*time.Second).Format(http.TimeFormat)), problem(500, "internal"))
	p.road.slept = nil
	p.sync()
	s := p.road.slept
	if len(s) != 3 || s[0] < 7*time.Second || s[0] > 9*time.Second || s[1] < 11*time.Second || s[2] > 4*time.Second {
		t.Errorf("slept %v, want 7 s, then until the time given, then a little", s)
	}
	p.road.meet(problem(503, "busy", "Retry-After", "86400"))
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("told to wait a day: %v, want ErrUnavailable", err)
	}
}

func TestSyncGivesUpAfterAWhileAndLosesNothing(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	p.person("Ines")
	for name, f := range map[string]fault{
		"no signal":      noSignal,
		"server down":    problem(502, ""),
		"captive portal": says(200, "text/html", "<html>Welcome to the library</html>"),
		"redirect":       says(302, "text/html", "", "Location", "http://portal.invalid/"),
		"half a reply":   cutAt(3),
	} {
		p.road.mu.Lock()
		p.road.gate = func(*http.Request) fault { return f }
		p.road.mu.Unlock()
		p.road.slept = nil
		_, err := p.Sync(t.Context())
		if !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
		if n := len(p.road.slept); n < 5 || n > 20 {
			t.Errorf("%s: slept %d times", name, n)
		}
	}
	p.road.gate = nil
	if r := p.sync(); h.ops() != 1 {
		t.Errorf("afterwards %+v with %d ops, want 1", r, h.ops())
	}
}

func TestRefusalsThatAreForever(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	p.person("Ines")
	p.road.meet(problem(400, "malformed"))
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrOutdated) {
		t.Errorf("400: %v, want ErrOutdated", err)
	}
	p.road.meet(problem(413, "too_large"), problem(413, "too_large"))
	if r := p.sync(); r.Pushed != 1 {
		t.Errorf("413: %+v, want the op pushed with a smaller batch", r)
	}
	p.road.meet(says(404, "text/plain", "no such page"))
	var pr *client.Problem
	if _, err := p.Sync(t.Context()); !errors.As(err, &pr) || pr.Status != 404 {
		t.Errorf("404: %v, want a Problem", err)
	}
}

func TestServerThatTakesNoPackedBodies(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	for range 20 {
		p.followUp(scope, "call")
	}
	p.road.gate = func(req *http.Request) fault {
		if req.Header.Get("Content-Encoding") != "" {
			return problem(415, "unsupported_encoding")
		}
		return nil
	}
	if r := p.sync(); r.Pushed != 21 {
		t.Errorf("report %+v, want 21 pushed", r)
	}
}

func TestPagesOfARunAreStagedAndSurviveARestart(t *testing.T) {
	h := open(t)
	desk := h.coordinator(t, north)
	for i := range 30 {
		scope := desk.person(fmt.Sprint("Person ", i))
		desk.set(scope, "follow_up", "", map[string]any{"about": strings.Repeat("long ", 200), "due": "2026-12-01"})
	}
	desk.sync()
	p := h.handset(t, func(o *client.Options) { o.MaxBytes = deltasync.MinPage })
	if err := p.Enrol(t.Context(), h.server.URL, h.code(string(desk.state().User.ID)), "a second desk", "test"); err != nil {
		t.Fatal(err)
	}
	p.road.meet(smooth, smooth, smooth)
	p.road.meet(repeat(noSignal, 30)...)
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrUnavailable) {
		t.Fatal(err)
	}
	some, err := p.People()
	if err != nil || len(some) == 0 || len(some) >= 30 {
		t.Fatalf("after three pages of the first run it shows %d people, %v; want some", len(some), err)
	}
	p.road.faults = nil
	p.reopen()
	had := p.road.asked("/v1/sync")
	p.sync()
	if got, want := p.portrait(), desk.portrait(); got != want {
		t.Errorf("shows\n%swant\n%s", got, want)
	}
	whole := p.road.asked("/v1/sync") - had
	slots, named, err := p.Slots()
	if err != nil || slots != named {
		t.Errorf("%d slots, of which %d are in use, %v", slots, named, err)
	}

	// The next run changes the view in one step only.
	shown := p.portrait()
	for _, s := range must2(desk.People()) {
		desk.set(s.Scope, "follow_up", "", map[string]any{"about": strings.Repeat("new ", 200), "due": "2026-12-01"})
	}
	desk.sync()
	p.road.meet(smooth, smooth)
	p.road.meet(repeat(noSignal, 30)...)
	if _, err := p.Sync(t.Context()); !errors.Is(err, client.ErrUnavailable) {
		t.Fatal(err)
	}
	if got := p.portrait(); got != shown || !p.state().Pulling {
		t.Errorf("the view changed before the run was complete")
	}
	p.road.faults = nil
	p.sync()
	if got, want := p.portrait(), desk.portrait(); got != want {
		t.Errorf("shows\n%swant\n%s", got, want)
	}
	t.Logf("the first run went on with %d requests", whole)
}

func must2[T any](v T, err error) T {
	must(err)
	return v
}

func TestLiveHintsUntilItIsTold(t *testing.T) {
	h := open(t)
	p, desk := h.worker(t), h.coordinator(t, north)
	ctx, done := contextOf(t)
	hints := make(chan uint64, 16)
	ended := make(chan error, 1)
	go func() { ended <- desk.Live(ctx, func(seq uint64) { hints <- seq }) }()
	first := <-hints
	p.person("Ines")
	p.sync()
	if second := <-hints; second <= first {
		t.Errorf("hints %d, then %d", first, second)
	}
	done()
	if err := <-ended; !errors.Is(err, ctx.Err()) {
		t.Errorf("Live = %v, want the context's error", err)
	}
}
