package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

type outcome struct {
	Tokens
	err error
}

// atOnce makes n calls together and waits for all.
func atOnce(n int, call func(i int) (Tokens, error)) []outcome {
	got := make([]outcome, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			got[i].Tokens, got[i].err = call(i)
		})
	}
	close(start)
	wg.Wait()
	return got
}

func TestARefreshMovesTheFamilyOn(t *testing.T) {
	h := open(t)
	first := h.phone(h.amal)
	at := first
	for range 5 {
		next := h.renewed(at.Refresh)
		if next.Refresh == at.Refresh || next.Client != first.Client || next.User.ID != h.amal.ID {
			t.Errorf("Refresh = %+v after %+v", next, at)
		}
		h.wantVerify("renewed", next.Access, nil)
		at = next
	}
}

func TestALostReplyGivesTheSameTokenAgain(t *testing.T) {
	h := open(t)
	first := h.phone(h.amal)
	second := h.renewed(first.Refresh)
	for range 3 {
		h.clock.pass(time.Hour)
		again := h.reopened().renewed(first.Refresh)
		if again.Refresh != second.Refresh {
			t.Errorf("Refresh = %s, want %s", again.Refresh, second.Refresh)
		}
		h.wantVerify("again", again.Access, nil)
	}
	h.renewed(second.Refresh)
}

func TestRefreshesAtTheSameTimeGiveTheSameToken(t *testing.T) {
	h := open(t)
	at := h.phone(h.amal)
	for range 20 {
		got := atOnce(8, func(int) (Tokens, error) { return h.Refresh(t.Context(), at.Refresh) })
		for _, r := range got {
			if r.err != nil || r.Refresh != got[0].Refresh || r.Refresh == at.Refresh {
				t.Fatalf("Refresh = %q, %v; want %q", r.Refresh, r.err, got[0].Refresh)
			}
		}
		at = got[0].Tokens
	}
}

func TestAReusedTokenEndsTheFamilyForGood(t *testing.T) {
	h := open(t)
	first := h.phone(h.amal)
	second := h.renewed(first.Refresh)
	third := h.renewed(second.Refresh)
	console := h.fork(first.Client.ID)
	h.wantVerify("third", third.Access, nil)
	for range 2 {
		for _, token := range []string{first.Refresh, third.Refresh, second.Refresh} {
			h.wantRefresh("ended", token, ErrTokenReused)
		}
		h.wantVerify("ended", third.Access, ErrTokenInvalid)
		if _, err := h.Fork(t.Context(), first.Client.ID); !errors.Is(err, ErrTokenInvalid) {
			t.Errorf("Fork = %v, want %v", err, ErrTokenInvalid)
		}
		h = h.reopened()
	}
	h.wantVerify("another client of the device", console.Access, nil)
	h.wantRefresh("another client of the device", console.Refresh, nil)
}

func TestARefreshTokenLives400DaysUnused(t *testing.T) {
	const day = 24 * time.Hour
	h := open(t)
	at := h.phone(h.amal)
	for range 3 { // used, it lives on
		h.clock.pass(400*day - time.Millisecond)
		at = h.renewed(at.Refresh)
	}
	next := h.renewed(at.Refresh)
	h.clock.pass(399 * day)
	if again := h.renewed(at.Refresh); again.Refresh != next.Refresh { // handed out again counts as use
		t.Errorf("Refresh = %s, want %s", again.Refresh, next.Refresh)
	}
	h.clock.pass(399 * day)
	at = h.renewed(next.Refresh)
	h.clock.pass(400 * day)
	h.wantRefresh("after 400 days", at.Refresh, ErrTokenExpired)
	h.wantRefresh("the one before", next.Refresh, ErrTokenExpired)
}

func TestRevokedIsSaidBeforeAnythingElse(t *testing.T) {
	h := open(t)
	first := h.phone(h.amal)
	third := h.renewed(h.renewed(first.Refresh).Refresh)
	h.wantRefresh("reuse", first.Refresh, ErrTokenReused)
	h.revoked(first.Client.ID)
	h.clock.pass(500 * 24 * time.Hour)
	h.wantRefresh("first", first.Refresh, ErrRevoked)
	h.wantRefresh("third", third.Refresh, ErrRevoked)
}

func TestAnExpiredClientIsNotRenewed(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	soon := h.clock.now().Add(time.Hour)
	h.change(phone.Client.ID, func(c *Client) { c.Expires = &soon })
	next := h.renewed(phone.Refresh)
	h.clock.pass(time.Hour)
	h.wantRefresh("expired", next.Refresh, ErrTokenExpired)
}

func TestAnOlderBackupTakesTokensRenewedAfterIt(t *testing.T) {
	h := open(t)
	first := h.phone(h.amal)
	backup := h.store.state()
	second := h.renewed(first.Refresh)
	fourth := h.renewed(h.renewed(second.Refresh).Refresh)
	later := h.phone(h.amal)
	h.store.restore(backup)
	h = h.reopened()

	h.wantVerify("access token from after the backup", fourth.Access, nil)
	fifth := h.renewed(fourth.Refresh)
	if again := h.renewed(fourth.Refresh); again.Refresh != fifth.Refresh {
		t.Errorf("Refresh = %s, want %s", again.Refresh, fifth.Refresh)
	}
	sixth := h.renewed(fifth.Refresh)
	if sixth.Refresh == second.Refresh || sixth.Refresh == fifth.Refresh {
		t.Errorf("Refresh gave %s a second time", sixth.Refresh)
	}
	h.wantRefresh("older", second.Refresh, ErrTokenReused)

	h.wantRefresh("enrolled after the backup", later.Refresh, ErrTokenInvalid)
	h.wantVerify("enrolled after the backup", later.Access, ErrTokenInvalid)
	if _, err := h.Last(t.Context(), later.Refresh); !errors.Is(err, ErrTokenInvalid) {
		t.Errorf("Last = %v, want %v", err, ErrTokenInvalid)
	}
}

func TestAnOlderBackupTakesATokenWhateverItsOwnAge(t *testing.T) {
	h := open(t)
	first := h.phone(h.amal)
	backup := h.store.state()
	h.clock.pass(300 * 24 * time.Hour)
	third := h.renewed(h.renewed(first.Refresh).Refresh)
	h.clock.pass(300 * 24 * time.Hour)
	h.store.restore(backup)
	h.wantRefresh("used 300 days ago", third.Refresh, nil)
}

func TestAForgedRefreshTokenIsInvalidAndCostsNoWrite(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	raw, err := base64.RawURLEncoding.DecodeString(phone.Refresh)
	h.must(err)
	changed := func(i int) string {
		b := append([]byte(nil), raw...)
		b[i] ^= 1
		return base64.RawURLEncoding.EncodeToString(b)
	}
	forged := map[string]string{
		"empty":            "",
		"garbage":          "not a token",
		"access":           phone.Access,
		"padded":           phone.Refresh + "=",
		"cut":              phone.Refresh[:72],
		"longer":           phone.Refresh + "AAAA",
		"line break added": phone.Refresh[:10] + "\n" + phone.Refresh[10:],
		"line break":       phone.Refresh[:10] + "\n" + phone.Refresh[11:],
		"other alphabet":   strings.Repeat("+", 76),
		"nought":           strings.Repeat("A", 76),
	}
	for i := range raw {
		forged["byte "+string(rune('0'+i))] = changed(i)
	}
	other := &memory{}
	h.must(other.Update(t.Context(), func(tx WriteTx) error {
		p, _ := readRefresh(phone.Refresh)
		forged["other secret"], err = refreshToken(otherSecret{tx}, Family{ID: p.family, Generation: p.generation})
		return err
	}))
	_, before := h.store.counts()
	for name, token := range forged {
		h.wantRefresh(name, token, ErrTokenInvalid)
		if _, err := h.Last(t.Context(), token); !errors.Is(err, ErrTokenInvalid) {
			t.Errorf("%s: Last = %v, want %v", name, err, ErrTokenInvalid)
		}
	}
	if _, after := h.store.counts(); after != before {
		t.Errorf("%d updates, want none", after-before)
	}
	h.wantRefresh("the real one", phone.Refresh, nil)
}

type otherSecret struct{ Tx }

func (otherSecret) Secret() ([]byte, error) { return make([]byte, 32), nil }

type shortSecret struct{ Tx }

func (shortSecret) Secret() ([]byte, error) { return nil, nil }

func TestAStoreWithoutASecretMakesNoToken(t *testing.T) {
	if token, err := refreshToken(shortSecret{}, Family{ID: uuidText([16]byte{1})}); err == nil {
		t.Errorf("refreshToken = %q, want an error", token)
	}
}

func TestLastIsForTheRevokedOnly(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	third := h.renewed(h.renewed(phone.Refresh).Refresh)
	disabled := h.phone(h.user("Bea", Coordinator))
	for _, p := range []Tokens{phone, third, disabled} {
		if _, err := h.Last(t.Context(), p.Refresh); !errors.Is(err, ErrNotRevoked) {
			t.Errorf("standing: Last = %v, want %v", err, ErrNotRevoked)
		}
	}
	h.wantRefresh("Last used nothing up and the family ends", phone.Refresh, ErrTokenReused)
	if _, err := h.Last(t.Context(), third.Refresh); !errors.Is(err, ErrNotRevoked) {
		t.Errorf("family ended: Last = %v, want %v", err, ErrNotRevoked)
	}
	h.revoked(phone.Client.ID)
	_, err := h.Disable(t.Context(), disabled.User.ID)
	h.must(err)
	h.clock.pass(500 * 24 * time.Hour)
	_, before := h.store.counts()
	for _, p := range []Tokens{phone, third, disabled, disabled} {
		got, err := h.Last(t.Context(), p.Refresh)
		want := Identity{Client: p.Client.ID, User: p.User.ID, Role: p.User.Role, Team: "north", Since: p.User.Since}
		if err != nil || got != want {
			t.Errorf("Last = %+v, %v; want %+v", got, err, want)
		}
	}
	if _, after := h.store.counts(); after != before {
		t.Errorf("%d updates, want none", after-before)
	}
}

func FuzzReadRefresh(f *testing.F) {
	token, err := refreshToken(otherSecret{}, Family{ID: uuidText([16]byte{1, 2, 3}), Generation: 7})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{token, "", token[:75] + "\n", strings.Repeat("A", 76), strings.Repeat("_", 76)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := readRefresh(text)
		if !ok {
			return
		}
		if again := base64.RawURLEncoding.EncodeToString(p.raw[:]); again != text {
			t.Errorf("readRefresh(%q) has another spelling, %q", text, again)
		}
		made, err := refreshToken(otherSecret{}, Family{ID: p.family, Generation: p.generation})
		if err != nil {
			t.Fatal(err)
		}
		if genuine := p.genuine(otherSecret{}) == nil; genuine != (made == text) {
			t.Errorf("%q is genuine: %v; the real one is %q", text, genuine, made)
		}
	})
}

func TestRowsKeepTheirTags(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 15, 0, 0, time.UTC)
	for _, tc := range []struct {
		row  any
		want string
	}{
		{User{"u", "n", Worker, "t", true, 7}, `{"id":"u","name":"n","role":"worker","team":"t","disabled":true,"since":7}`},
		{Client{"c", "u", Device{"d", "n", "p"}, "b", "f", at, &at, &at, "s", &Target{"fcm", "v"}}, `{"id":"c","user":"u","device":{"id":"d","name":"n","platform":"p"},"parent":"b","family":"f","created":"2026-11-22T09:15:00Z","revoked":"2026-11-22T09:15:00Z","expires":"2026-11-22T09:15:00Z","session":"s","push":{"kind":"fcm","value":"v"}}`},
		{Code{"h", "u", at, &at, "d", "c"}, `{"hash":"h","user":"u","expires":"2026-11-22T09:15:00Z","used":"2026-11-22T09:15:00Z","device":"d","client":"c"}`},
		{Family{"f", "c", 3, at, &at}, `{"id":"f","client":"c","generation":3,"issued":"2026-11-22T09:15:00Z","ended":"2026-11-22T09:15:00Z"}`},
		{Key{"k", []byte{1}, at}, `{"id":"k","seed":"AQ==","created":"2026-11-22T09:15:00Z"}`},
	} {
		if got, err := json.Marshal(tc.row); err != nil || string(got) != tc.want {
			t.Errorf("%T = %s, %v; want %s", tc.row, got, err, tc.want)
		}
	}
}
