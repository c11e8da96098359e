package mobileapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"alongside/internal/auth"
)

func TestEnrolmentGivesAClientThatMaySync(t *testing.T) {
	h := open(t)
	u := h.user("Amal", auth.Worker, north)
	a := h.post("/v1/enrol", map[string]any{"code": strings.ToLower(h.code(u)), "device": map[string]string{"name": "x", "platform": "y"}}).
		want(http.StatusCreated, "")
	var got Tokens
	a.decode(&got)
	if got.User != (User{ID: u.ID, Name: "Amal", Role: "worker", Team: north}) || got.TokenType != "Bearer" || got.ExpiresIn != 600 ||
		got.ClientID == "" || got.AccessToken == "" || got.RefreshToken == "" {
		t.Errorf("enrolment gave %s", a.body)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	p := &phone{h: h, Tokens: got}
	p.push()
}

func TestCodeWorksOnceButForTheDeviceWhoseReplyWasLost(t *testing.T) {
	h := open(t)
	u := h.user("Amal", auth.Worker, north)
	body := map[string]any{"code": h.code(u), "device": map[string]string{"id": h.id(), "name": "x", "platform": "y"}}
	var first, again Tokens
	h.post("/v1/enrol", body).want(http.StatusCreated, "").decode(&first)
	h.post("/v1/enrol", body).want(http.StatusCreated, "").decode(&again)
	if again.ClientID != first.ClientID || again.RefreshToken != first.RefreshToken {
		t.Errorf("the repeat gave client %s, want %s", again.ClientID, first.ClientID)
	}
	body["device"] = map[string]string{"id": h.id(), "name": "x", "platform": "y"}
	h.post("/v1/enrol", body).want(http.StatusUnauthorized, "code_used")
	delete(body, "device")
	h.post("/v1/enrol", body).want(http.StatusUnauthorized, "code_used")
}

func TestCodesThatLetNobodyIn(t *testing.T) {
	h := open(t)
	u := h.user("Amal", auth.Worker, north)
	old := h.code(u)
	h.clock.pass(25 * time.Hour)
	h.post("/v1/enrol", map[string]any{"code": old}).want(http.StatusUnauthorized, "code_expired")
	h.post("/v1/enrol", map[string]any{"code": "7QK2M-9XW4P-3TRHV"}).want(http.StatusUnauthorized, "code_invalid")
	h.post("/v1/enrol", map[string]any{"code": ""}).want(http.StatusUnauthorized, "code_invalid")
	h.post("/v1/enrol", map[string]any{}).want(http.StatusUnauthorized, "code_invalid")
	code := h.code(u)
	_, err := h.auth.Disable(t.Context(), u.ID)
	h.must(err)
	h.post("/v1/enrol", map[string]any{"code": code}).want(http.StatusForbidden, "user_disabled")
}

func TestDeviceIsCutToWhatALineCanShow(t *testing.T) {
	h := open(t)
	u := h.user("Amal", auth.Worker, north)
	var got Tokens
	h.post("/v1/enrol", map[string]any{"code": h.code(u), "device": map[string]string{
		"name": "Amal's\x1b[31m phone\n\u202e" + strings.Repeat("ü", 200), "platform": "\x00"}}).want(http.StatusCreated, "").decode(&got)
	var c auth.Client
	h.must(h.db.Auth().View(t.Context(), func(tx auth.Tx) (err error) {
		c, _, err = tx.Client(got.ClientID)
		return err
	}))
	if want := "Amal's[31m phone" + strings.Repeat("ü", 84); c.Device.Name != want || c.Device.Platform != "" {
		t.Errorf("the device is %+v, want the name %q and no platform", c.Device, want)
	}
}

func TestTokensAreRenewedAndReuseEndsThem(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	renew := func(refresh string) *answer { return h.post("/v1/token", map[string]any{"refresh_token": refresh}) }
	var second, again, third Tokens
	renew(p.RefreshToken).want(http.StatusOK, "").decode(&second)
	renew(p.RefreshToken).want(http.StatusOK, "").decode(&again)
	if again.RefreshToken != second.RefreshToken || second.ClientID != p.ClientID || second.User != p.User {
		t.Errorf("after a lost reply the tokens are %+v, want %+v", again, second)
	}
	renew(second.RefreshToken).want(http.StatusOK, "").decode(&third)
	renew(p.RefreshToken).want(http.StatusUnauthorized, "token_reused")
	renew(third.RefreshToken).want(http.StatusUnauthorized, "token_reused")
	p.post("/v1/sync", p.body()).want(http.StatusUnauthorized, "token_invalid")
	renew("nonsense").want(http.StatusUnauthorized, "token_invalid")

	q := h.worker(north)
	h.clock.pass(401 * 24 * time.Hour)
	renew(q.RefreshToken).want(http.StatusUnauthorized, "token_expired")
	q.post("/v1/sync", q.body()).want(http.StatusUnauthorized, "token_expired")
}

func TestCopiedPhoneTakesANewClient(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag")
	op := p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"})
	first := p.push(op)[0].Results[0]
	for _, body := range []string{"", "{}", " {} ", `{"future":1}`} {
		var q phone
		p.post("/v1/client", body).want(http.StatusCreated, "").decode(&q.Tokens)
		if q.ClientID == p.ClientID || q.User != p.User || q.RefreshToken == p.RefreshToken {
			t.Errorf("%q: the new client is %+v", body, q.Tokens)
		}
		q.h, q.n = h, 1
		op["n"] = 1
		if got := q.push(op)[0].Results[0]; got.Status != first.Status || got.Version != first.Version {
			t.Errorf("%q: its op again gave %+v, want %+v", body, got, first)
		}
	}
}
