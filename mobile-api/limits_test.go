package mobileapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

func TestWrongCodesMeetALimitThatPasses(t *testing.T) {
	h := open(t)
	wrong := map[string]any{"code": "7QK2M-9XW4P-3TRHV"}
	limited := 0
	for range 60 {
		if a := h.post("/v1/enrol", wrong); a.status == http.StatusTooManyRequests {
			a.want(http.StatusTooManyRequests, "rate_limited")
			limited++
		} else {
			a.want(http.StatusUnauthorized, "code_invalid")
		}
	}
	if limited != 30 {
		t.Errorf("of 60 wrong codes %d met the limit, want 30", limited)
	}
	u := h.user("Amal", auth.Worker, north)
	right := map[string]any{"code": h.code(u)}
	a := h.post("/v1/enrol", right).want(http.StatusTooManyRequests, "rate_limited")
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 2 {
		t.Errorf("Retry-After %q, want 1 or 2", a.header.Get("Retry-After"))
	}
	h.clock.pass(time.Duration(wait) * time.Second)
	h.post("/v1/enrol", right).want(http.StatusCreated, "")
}

func TestRefreshTokensAreCountedWithCodes(t *testing.T) {
	h := open(t)
	for range 15 {
		h.post("/v1/token", map[string]any{"refresh_token": "nonsense"}).want(http.StatusUnauthorized, "token_invalid")
		h.post("/v1/last", map[string]any{"refresh_token": "nonsense"}).want(http.StatusUnauthorized, "token_invalid")
	}
	for _, path := range []string{"/v1/token", "/v1/last", "/v1/enrol"} {
		h.post(path, "x").want(http.StatusTooManyRequests, "rate_limited")
	}
}

func TestOfficeBehindOneAddressComesIn(t *testing.T) {
	h := open(t)
	u := h.user("Amal", auth.Worker, north)
	var phones []*phone
	for range 40 {
		phones = append(phones, h.phone(u))
	}
	for _, p := range phones {
		h.post("/v1/token", map[string]any{"refresh_token": p.RefreshToken}).want(http.StatusOK, "")
	}
	for range 100 { // a phone that was cut off and asks again is no guess
		h.clock.pass(20 * time.Millisecond)
		h.post("/v1/last", map[string]any{"refresh_token": phones[0].RefreshToken}).want(http.StatusConflict, "not_revoked")
	}
}

func TestArrivalsHaveALimitOfTheirOwn(t *testing.T) {
	h := open(t, func(a *API) { a.Limits.Arrivals = Rate{Burst: 3, Second: 1} })
	for range 3 {
		h.post("/v1/token", "{}").want(http.StatusBadRequest, "malformed")
	}
	h.post("/v1/token", "{}").want(http.StatusTooManyRequests, "rate_limited")
	h.clock.pass(time.Second)
	h.post("/v1/token", "{}").want(http.StatusBadRequest, "malformed")
}

func TestForwardedAddressesAreNotBelieved(t *testing.T) {
	h := open(t)
	limited := false
	for i := range 60 {
		a := h.request("POST", "/v1/enrol", "", `{"code":"7QK2M-9XW4P-3TRHV"}`, "X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i), "X-Real-IP", fmt.Sprintf("192.0.2.%d", i))
		limited = limited || a.status == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("60 wrong codes with 60 forwarded addresses met no limit")
	}
}

func TestNetworksCountAsOneAddress(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
		{"", "nonsense", true},
		{"", "192.0.2.1", false},
	} {
		if got := network(test.a) == network(test.b); got != test.same {
			t.Errorf("%q and %q count as one: %t, want %t", test.a, test.b, got, test.same)
		}
	}
}

func TestClientIsHeldToItsRate(t *testing.T) {
	h := open(t, func(a *API) { a.Limits.Requests = Rate{Burst: 2, Second: 1} })
	p, q := h.worker(north), h.worker(north)
	p.push()
	p.push()
	p.post("/v1/sync", p.body()).want(http.StatusTooManyRequests, "rate_limited")
	p.post("/v1/client", "").want(http.StatusTooManyRequests, "rate_limited")
	h.request("GET", "/v1/live", p.AccessToken, "").want(http.StatusTooManyRequests, "rate_limited")
	q.push()
	h.clock.pass(time.Second)
	p.push()
}

// gate is a store that says when a write has begun, and holds it until it may go on.
type gate struct {
	deltasync.Store
	begun, open chan struct{}
}

func (g *gate) Update(ctx context.Context, fn func(deltasync.WriteTx) error) error {
	g.begun <- struct{}{}
	<-g.open
	return g.Store.Update(ctx, fn)
}

func TestClientHasAFewRequestsInFlight(t *testing.T) {
	h := open(t)
	p, q := h.worker(north), h.worker(north)
	g := &gate{Store: h.db, begun: make(chan struct{}), open: make(chan struct{})}
	plain := h.api.Engine
	h.api.Engine = &deltasync.Engine{Store: g, Kinds: plain.Kinds, Now: plain.Now}
	id := h.id()
	body := asJSON(p.body(p.op("person/"+id, "person", id, map[string]any{"name": "Morag"})))
	var busy sync.WaitGroup
	release := sync.OnceFunc(func() { close(g.open) })
	defer release()
	for range 4 {
		busy.Go(func() { p.post("/v1/sync", body).want(http.StatusOK, "") })
		<-g.begun
	}
	p.post("/v1/sync", p.body()).want(http.StatusTooManyRequests, "rate_limited")
	p.post("/v1/client", "").want(http.StatusTooManyRequests, "rate_limited")
	q.push()
	release()
	busy.Wait()
	p.push()
}

func TestWhoseTurnDoesNotComeIsToldToComeAgain(t *testing.T) {
	h := open(t, func(a *API) { a.Limits.Working, a.Limits.Waiting = 2, 20*time.Millisecond })
	p, q, late := h.worker(north), h.worker(north), h.worker(north)
	g := &gate{Store: h.db, begun: make(chan struct{}), open: make(chan struct{})}
	plain := h.api.Engine
	h.api.Engine = &deltasync.Engine{Store: g, Kinds: plain.Kinds, Now: plain.Now}
	var busy sync.WaitGroup
	release := sync.OnceFunc(func() { close(g.open) })
	defer release()
	for _, one := range []*phone{p, q} {
		id := h.id()
		body := asJSON(one.body(one.op("person/"+id, "person", id, map[string]any{"name": "Morag"})))
		busy.Go(func() { one.post("/v1/sync", body).want(http.StatusOK, "") })
		<-g.begun
	}
	if a := late.post("/v1/sync", late.body()).want(http.StatusServiceUnavailable, "unavailable"); a.header.Get("Retry-After") == "" {
		t.Error("nobody says when to come again")
	}
	release()
	busy.Wait()
	late.push()
}

func TestBeyondThoseWhoWaitEverybodyIsTurnedAwayUnread(t *testing.T) {
	h := open(t, func(a *API) { a.Limits.Working, a.Limits.Waiting = 1, time.Minute })
	p := h.worker(north)
	h.api.turns.begin(h.api.Limits)
	h.api.turns.waiting.Add(queue)
	const noJSON = "{"
	p.post("/v1/sync", noJSON).want(http.StatusServiceUnavailable, "unavailable")
	p.post("/v1/sealed", noJSON).want(http.StatusServiceUnavailable, "unavailable")
	if err := h.api.turns.all.Acquire(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := h.api.turns.do(t.Context(), h.api.Limits, func() error { return nil }); !errors.Is(err, &unavailable) {
		t.Errorf("one more than may wait: %v, want %v", err, &unavailable)
	}
	h.api.turns.all.Release(1)
	h.api.turns.waiting.Add(-queue)
	p.push()
	if n := h.api.turns.waiting.Load(); n != 0 {
		t.Errorf("%d wait when nobody does", n)
	}
}

func TestTurnThatPanicsIsOver(t *testing.T) {
	var all turns
	one := Limits{Working: 1, Waiting: time.Millisecond}
	func() {
		defer func() { _ = recover() }()
		_ = all.do(t.Context(), one, func() error { panic("of the work") })
	}()
	if err := all.do(t.Context(), one, func() error { return nil }); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

func TestOnlySoManyAreRemembered(t *testing.T) {
	var r recent[int, int]
	begin := func() *int { return new(int) }
	first := r.of(0, begin)
	*first = 7
	for i := range tracked - 1 {
		r.of(i+1, begin)
	}
	if got := *r.of(0, begin); got != 7 {
		t.Errorf("with room for all the first is %d, want 7", got)
	}
	r.of(tracked, begin)
	if len(r.known) != tracked || r.order.Len() != tracked {
		t.Errorf("%d are remembered, want %d", len(r.known), tracked)
	}
	if _, ok := r.known[1]; ok {
		t.Error("the one that came longest ago is remembered")
	}
	if got := *r.of(0, begin); got != 7 {
		t.Errorf("one that came lately is %d, want 7", got)
	}
}

func TestRouteWithoutBearerPanicsRatherThanGuess(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("ClientOf gave somebody")
		}
	}()
	h := open(t)
	ClientOf(h.echo.NewContext(httptest.NewRequest("GET", "/", strings.NewReader("")), httptest.NewRecorder()))
}
