package mobileapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	deltasync "alongside/sync"
)

func TestSyncPushesAndPullsInOneRoundTrip(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag \"Mo\" 🌱\u2028")
	visit := h.id()
	a := p.post("/v1/sync", p.body(p.op(scope, "support", visit, map[string]any{"what": "visit", "at": "2026-11-22T09:00:00Z"}))).
		want(http.StatusOK, "")
	if got := a.header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Errorf("Content-Type %q", got)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := a.header.Get("Content-Length"); got != fmt.Sprint(len(a.body)) {
		t.Errorf("Content-Length %q, want %d", got, len(a.body))
	}
	fs := a.frames()
	if fs[0].Frame != "ack" || fs[0].Through != 2 || len(fs[0].Results) != 1 || fs[0].Results[0].Status != deltasync.Applied {
		t.Errorf("the first frame is %+v, want the ack of op 2", fs[0])
	}
	var begun, ended bool
	names := map[string]string{}
	for _, f := range fs[1 : len(fs)-1] {
		if f.Scope != scope {
			continue
		}
		switch {
		case f.Frame == "scope" && f.Backfill:
			begun = true
		case f.Frame == "scope" && f.Done:
			ended = true
		case f.Frame == "record" && begun && !ended:
			var name string
			_ = json.Unmarshal(f.Fields["name"], &name)
			names[f.Kind] = name
		default:
			t.Errorf("unexpected %+v", f)
		}
	}
	if !begun || !ended || len(names) != 3 || names["person"] != "Morag \"Mo\" 🌱\u2028" {
		t.Errorf("the person came as %v, begun %t, ended %t; want person, assignment and support", names, begun, ended)
	}
	page := fs[len(fs)-1]
	if !page.Complete || page.Reset || page.Total == nil || len(page.Total.Sum) != 16 || page.Through != 2 || page.Sums != nil {
		t.Errorf("the page is %+v", page)
	}
}

func TestRepeatAfterALostReplyGivesTheSameResults(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	id := h.id()
	body := p.body(p.op("person/"+id, "person", id, map[string]any{"name": "Morag"}))
	first := p.post("/v1/sync", body).want(http.StatusOK, "").frames()
	again := p.post("/v1/sync", body).want(http.StatusOK, "").frames()
	if got, want := fmt.Sprint(again[0].Results), fmt.Sprint(first[0].Results); got != want {
		t.Errorf("the repeat's results are %s, want %s", got, want)
	}
	if got, want := again[len(again)-1].Head, first[len(first)-1].Head; got != want {
		t.Errorf("after the repeat the head is %d, want %d", got, want)
	}
}

func TestSyncCarriesOptionalMembersToTheEngine(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag")
	plain := p.push()
	cursor := plain[len(plain)-1].Cursor

	body := p.body()
	body["cursor"], body["audit"], body["refetch"] = cursor, true, []string{scope}
	fs := p.post("/v1/sync", body).want(http.StatusOK, "").frames()
	page := fs[len(fs)-1]
	if page.Sums[scope].Count != 2 || len(page.Sums[scope].Sum) != 16 {
		t.Errorf("audited sums are %v, want two records of %s", page.Sums, scope)
	}
	if fs[0].Frame != "scope" || fs[0].Scope != scope || !fs[0].Backfill {
		t.Errorf("refetched, the first frame is %+v", fs[0])
	}

	body = p.body()
	body["cursor"] = "forged"
	fs = p.post("/v1/sync", body).want(http.StatusOK, "").frames()
	if page := fs[len(fs)-1]; !page.Reset {
		t.Errorf("with a forged cursor the page is %+v, want reset", page)
	}

	for range 40 {
		p.push(p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z", "note": strings.Repeat("n", 500)}))
	}
	for _, max := range []any{0, -5, 1, 8192} {
		body = p.body()
		body["max_bytes"] = max
		a := p.post("/v1/sync", body).want(http.StatusOK, "")
		fs := a.frames()
		if page := fs[len(fs)-1]; page.Complete || len(a.body) > deltasync.MinPage {
			t.Errorf("max_bytes %v: %d bytes, complete %t; want at most 8 KiB and more to come", max, len(a.body), page.Complete)
		}
	}
	for _, max := range []any{nil, 1 << 40} {
		body = p.body()
		body["max_bytes"] = max
		fs := p.post("/v1/sync", body).want(http.StatusOK, "").frames()
		if page := fs[len(fs)-1]; !page.Complete {
			t.Errorf("max_bytes %v: not complete", max)
		}
	}

	p.n = 60
	body = p.body()
	body["lost_below"], body["sent_at"] = 61, "2026-11-22T09:15:00+01:00"
	fs = p.post("/v1/sync", body).want(http.StatusOK, "").frames()
	if page := fs[len(fs)-1]; page.Through != 60 {
		t.Errorf("after lost_below 61 the page says through %d", page.Through)
	}
}

func TestBuildThatMustNotGoOnIsTold(t *testing.T) {
	h := open(t, func(a *API) { a.Recall = []string{"field/bad", "field/worse"} })
	p := h.worker(north)
	scope := p.person("Morag")
	for build, want := range map[any]bool{"field/bad": true, "field/worse": true, "field/good": false, "field": false, "": false, nil: false} {
		body := p.body(p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"}))
		body["build"] = build
		fs := p.post("/v1/sync", body).want(http.StatusOK, "").frames()
		if got := fs[len(fs)-1].Recall; got != want {
			t.Errorf("build %v: recall %t, want %t", build, got, want)
		}
		if r := fs[0].Results[0]; r.Status != deltasync.Applied {
			t.Errorf("build %v: what it still had came to %+v", build, r)
		}
	}
	p.post("/v1/sync", `{"schema":1,"last_n":0,"build":7}`).want(http.StatusBadRequest, "malformed")
}

func TestEnvelopeErrorsSayWhereTheClientStands(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag")
	call := func() map[string]any {
		return p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"})
	}
	first := call()
	p.push(first)

	skipped := call()
	gap := call()
	var problem struct {
		Through   *uint64
		Supported []int
	}
	p.post("/v1/sync", p.body(gap)).want(http.StatusConflict, "op_number_gap").decode(&problem)
	if problem.Through == nil || *problem.Through != 2 {
		t.Errorf("the gap's problem says through %v, want 2", problem.Through)
	}
	p.post("/v1/sync", p.body(skipped, gap)).want(http.StatusOK, "")

	body := p.body()
	body["last_n"] = 1
	problem.Through = nil
	p.post("/v1/sync", body).want(http.StatusConflict, "client_behind").decode(&problem)
	if problem.Through == nil || *problem.Through != 4 {
		t.Errorf("the copied phone's problem says through %v, want 4", problem.Through)
	}

	first["set"] = map[string]any{"what": "visit", "at": "2026-11-22T09:00:00Z"}
	p.post("/v1/sync", p.body(first)).want(http.StatusConflict, "op_number_reused")

	body = p.body()
	body["schema"] = 2
	p.post("/v1/sync", body).want(http.StatusBadRequest, "unknown_schema").decode(&problem)
	if len(problem.Supported) != 1 || problem.Supported[0] != 1 {
		t.Errorf("supported is %v, want [1]", problem.Supported)
	}
	body["last_n"], body["ops"] = "of another form", 7
	p.post("/v1/sync", body).want(http.StatusBadRequest, "unknown_schema")

	many := make([]map[string]any, deltasync.MaxOps+1)
	for i := range many {
		many[i] = map[string]any{"n": i + 5}
	}
	p.post("/v1/sync", p.body(many...)).want(http.StatusRequestEntityTooLarge, "too_many_ops")
}

func TestOneBadOpStopsNothing(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag")
	big := p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z", "note": strings.Repeat("n", deltasync.MaxOp)})
	poor := map[string]any{"n": p.n + 1}
	p.n++
	good := p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"})
	fs := p.post("/v1/sync", p.body(big, poor, good)).want(http.StatusOK, "").frames()
	var got []string
	for _, r := range fs[0].Results {
		got = append(got, string(r.Status)+" "+r.Code)
	}
	if want := "[rejected op_too_large rejected bad_id applied ]"; fmt.Sprint(got) != want {
		t.Errorf("results are %v, want %s", got, want)
	}
}

func TestCutOffDeviceHandsInWhatItHas(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag")
	ops := []map[string]any{
		p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"}),
		p.op(scope, "support", h.id(), map[string]any{"what": "visit", "at": "2026-11-22T09:00:00Z"}),
	}
	body := map[string]any{"refresh_token": p.RefreshToken, "ops": ops}
	h.post("/v1/last", body).want(http.StatusConflict, "not_revoked")
	p.revoke()
	a := h.post("/v1/last", body).want(http.StatusOK, "")
	again := h.post("/v1/last", body).want(http.StatusOK, "")
	if string(a.body) != string(again.body) {
		t.Errorf("the repeat gave %s, want %s", again.body, a.body)
	}
	var ack frame
	a.decode(&ack)
	if ack.Frame != "ack" || ack.Through != 3 || len(ack.Results) != 2 || ack.Results[0].Status != deltasync.Held {
		t.Errorf("the answer is %s, want one ack with two held", a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Errorf("Content-Type %q", got)
	}
	delete(body, "ops")
	h.post("/v1/last", body).want(http.StatusOK, "").decode(&ack)
	if ack.Frame != "ack" {
		t.Errorf("with nothing to hand in the answer is %+v, want an ack", ack)
	}
	body["ops"] = []any{1}
	h.post("/v1/last", body).want(http.StatusBadRequest, "malformed")
	body["ops"] = []any{map[string]any{"n": 9}}
	h.post("/v1/last", body).want(http.StatusConflict, "op_number_gap")
	body["refresh_token"] = nil
	h.post("/v1/last", body).want(http.StatusBadRequest, "malformed")
	body["refresh_token"] = "nobody's"
	h.post("/v1/last", body).want(http.StatusUnauthorized, "token_invalid")
}

// TestCutReplyIsNoticedAtEveryByte cuts a real reply everywhere: a client sees that it is not whole.
func TestCutReplyIsNoticedAtEveryByte(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag")
	a := p.post("/v1/sync", p.body(p.op(scope, "contact", h.id(), map[string]any{"name": "Ann {\"frame\":\"page\"}\n"}))).want(http.StatusOK, "")
	for n := range a.body {
		if _, whole := readFrames(a.body[:n]); whole {
			t.Fatalf("cut to %d of %d bytes it counts as whole: %s", n, len(a.body), a.body[:n])
		}
	}
	if _, whole := readFrames(a.body); !whole {
		t.Fatal("the whole reply counts as cut")
	}
}
