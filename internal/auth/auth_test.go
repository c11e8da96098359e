package auth

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// house is a Service over a small store, with a clock that only the test moves, and Amal, who works there.
type house struct {
	*Service
	t     *testing.T
	store *memory
	clock *clock
	amal  User
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, store: &memory{}, clock: &clock{at: time.Date(2026, 11, 22, 9, 15, 0, 0, time.UTC)}}
	h.Service = &Service{Store: h.store, Now: h.clock.now}
	h.amal = h.user("Amal", Worker)
	return h
}

// reopened is the same house after a restart: nothing in memory.
func (h *house) reopened() *house {
	again := *h
	again.Service = &Service{Store: h.store, Now: h.clock.now}
	return &again
}

func (h *house) user(name string, role Role) (u User) {
	h.t.Helper()
	h.must(h.store.Update(h.t.Context(), func(tx WriteTx) (err error) {
		u, err = h.AddUser(tx, User{Name: name, Role: role, Team: "north"})
		return err
	}))
	return u
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) code(u User) string {
	h.t.Helper()
	code, _, err := h.NewCode(h.t.Context(), u.ID)
	h.must(err)
	return code
}

// phone is a new client of u.
func (h *house) phone(u User) Tokens {
	h.t.Helper()
	got, err := h.Enrol(h.t.Context(), h.code(u), Device{ID: "d1", Name: "old phone", Platform: "android"})
	h.must(err)
	return got
}

func (h *house) renewed(refresh string) Tokens {
	h.t.Helper()
	got, err := h.Refresh(h.t.Context(), refresh)
	h.must(err)
	return got
}

func (h *house) fork(client string) Tokens {
	h.t.Helper()
	got, err := h.Fork(h.t.Context(), client)
	h.must(err)
	return got
}

func (h *house) revoked(client string) []Client {
	h.t.Helper()
	got, err := h.Revoke(h.t.Context(), client)
	h.must(err)
	return got
}

// change rewrites a client's row, as nothing in this package does.
func (h *house) change(client string, edit func(*Client)) {
	h.t.Helper()
	h.must(h.store.Update(h.t.Context(), func(tx WriteTx) error {
		c, _, err := tx.Client(client)
		if err != nil {
			return err
		}
		edit(&c)
		return tx.PutClient(c)
	}))
}

func (h *house) wantVerify(what, access string, want error) {
	h.t.Helper()
	if _, err := h.Verify(h.t.Context(), access); !errors.Is(err, want) {
		h.t.Errorf("%s: Verify = %v, want %v", what, err, want)
	}
}

func (h *house) wantRefresh(what, refresh string, want error) {
	h.t.Helper()
	if _, err := h.Refresh(h.t.Context(), refresh); !errors.Is(err, want) {
		h.t.Errorf("%s: Refresh = %v, want %v", what, err, want)
	}
}

func TestAServiceWithOnlyAStoreWorks(t *testing.T) {
	h := &house{t: t, store: &memory{}}
	h.Service = &Service{Store: h.store}
	amal := h.user("Amal", Worker)
	phone := h.renewed(h.phone(amal).Refresh)
	id, err := h.Verify(t.Context(), phone.Access)
	if err != nil || id.User != amal.ID || id.Client != phone.Client.ID {
		t.Errorf("Verify = %+v, %v; want client %s of %s", id, err, phone.Client.ID, amal.ID)
	}
}

func TestEverythingWorksWhenTransactionsRunTwice(t *testing.T) {
	h := open(t)
	h.store.again = true
	phone := h.phone(h.user("Bea", Coordinator))
	console := h.fork(phone.Client.ID)
	second := h.renewed(phone.Refresh)
	third := h.renewed(second.Refresh)
	h.wantVerify("third", third.Access, nil)
	h.wantVerify("console", console.Access, nil)
	h.wantRefresh("first again", phone.Refresh, ErrTokenReused)
	if got := h.revoked(phone.Client.ID); len(got) != 2 {
		t.Errorf("Revoke = %d clients, want 2", len(got))
	}
}

func TestNothingChangesWhenTheStoreFails(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	code := h.code(h.amal)
	before := h.store.state()
	h.store.failing = errors.New("disk full")
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"NewCode": func() error { _, _, err := h.NewCode(ctx, h.amal.ID); return err },
		"Enrol":   func() error { _, err := h.Enrol(ctx, code, Device{}); return err },
		"Refresh": func() error { _, err := h.Refresh(ctx, phone.Refresh); return err },
		"Fork":    func() error { _, err := h.Fork(ctx, phone.Client.ID); return err },
		"Revoke":  func() error { _, err := h.Revoke(ctx, phone.Client.ID); return err },
		"Disable": func() error { _, err := h.Disable(ctx, h.amal.ID); return err },
	} {
		if err := call(); !errors.Is(err, h.store.failing) {
			t.Errorf("%s = %v, want %v", name, err, h.store.failing)
		}
	}
	h.store.failing = nil
	if got := h.store.state(); len(got) != len(before) {
		t.Errorf("%d rows, want %d", len(got), len(before))
	}
	h.wantVerify("phone", phone.Access, nil)
	h.wantRefresh("phone", phone.Refresh, nil)
}

func TestAStoreThatCannotBeReadIsNotTheTokensFault(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	h = h.reopened()
	h.store.unread = errors.New("input/output error")
	h.wantVerify("keys unread", phone.Access, h.store.unread)
	h.wantRefresh("secret unread", phone.Refresh, h.store.unread)
	if _, err := h.Verify(t.Context(), phone.Access); errors.Is(err, ErrTokenInvalid) {
		t.Errorf("Verify = %v, which signs a phone out", err)
	}
}

func TestRowsHoldNoCodeAndNoToken(t *testing.T) {
	h := open(t)
	code := h.code(h.amal)
	phone, err := h.Enrol(t.Context(), code, Device{ID: "d1", Name: "old phone", Platform: "android"})
	h.must(err)
	second := h.renewed(phone.Refresh)
	normal, _ := normalCode(code)
	for key, text := range h.store.state() {
		for _, secret := range []string{code, normal, phone.Access, phone.Refresh, second.Access, second.Refresh} {
			if strings.Contains(key+text, secret) {
				t.Errorf("row %s holds %q", key, secret)
			}
		}
	}
}

func TestChangedClosesOnceForEachLossOfStanding(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	other := h.phone(h.user("Bea", Worker))
	closed := func(ch <-chan struct{}) bool {
		select {
		case <-ch:
			return true
		default:
			return false
		}
	}
	step := func(name string, want bool, do func()) {
		t.Helper()
		ch := h.Changed()
		if closed(ch) {
			t.Fatalf("before %s: closed already", name)
		}
		do()
		if got := closed(ch); got != want {
			t.Errorf("after %s: closed = %v, want %v", name, got, want)
		}
	}
	step("enrolling", false, func() { h.phone(h.amal) })
	var second Tokens
	step("refreshing", false, func() { second = h.renewed(phone.Refresh) })
	h.renewed(second.Refresh)
	step("reuse", true, func() { h.wantRefresh("first again", phone.Refresh, ErrTokenReused) })
	step("reuse again", false, func() { h.wantRefresh("first again", phone.Refresh, ErrTokenReused) })
	step("revoking", true, func() { h.revoked(phone.Client.ID) })
	step("disabling", true, func() { _, err := h.Disable(t.Context(), other.User.ID); h.must(err) })
}

func TestAliveAnswersForEveryStanding(t *testing.T) {
	h := open(t)
	past := h.clock.now()
	for _, tc := range []struct {
		name string
		do   func(Tokens)
		want error
	}{
		{"standing", func(Tokens) {}, nil},
		{"revoked", func(p Tokens) { h.revoked(p.Client.ID) }, ErrRevoked},
		{"family ended", func(p Tokens) {
			h.renewed(h.renewed(p.Refresh).Refresh)
			h.wantRefresh("reuse", p.Refresh, ErrTokenReused)
		}, ErrTokenInvalid},
		{"family ended, then revoked", func(p Tokens) {
			h.renewed(h.renewed(p.Refresh).Refresh)
			h.wantRefresh("reuse", p.Refresh, ErrTokenReused)
			h.revoked(p.Client.ID)
		}, ErrRevoked},
		{"expired", func(p Tokens) { h.change(p.Client.ID, func(c *Client) { c.Expires = &past }) }, ErrTokenInvalid},
		{"user disabled", func(p Tokens) { _, err := h.Disable(t.Context(), p.User.ID); h.must(err) }, ErrRevoked},
	} {
		phone := h.phone(h.user("Bea", Worker))
		tc.do(phone)
		if err := h.Alive(t.Context(), phone.Client.ID); !errors.Is(err, tc.want) {
			t.Errorf("%s: Alive = %v, want %v", tc.name, err, tc.want)
		}
	}
	if err := h.Alive(t.Context(), "nobody"); !errors.Is(err, ErrTokenInvalid) {
		t.Errorf("unknown: Alive = %v, want %v", err, ErrTokenInvalid)
	}
}
