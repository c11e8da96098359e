package auth

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestAnAccessTokenSaysWhoAndNoMore(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	var c jwt.MapClaims
	token, _, err := jwt.NewParser().ParseUnverified(phone.Access, &c)
	h.must(err)
	if got := token.Header; got["alg"] != "EdDSA" || got["typ"] != "at+jwt" || got["kid"] == "" || len(got) != 3 {
		t.Errorf("header = %v", got)
	}
	at := float64(h.clock.now().Unix())
	got, _ := json.Marshal(c)
	want, _ := json.Marshal(map[string]any{
		"iss": "alongside", "aud": []string{"alongside/v1"}, "sub": h.amal.ID, "cid": phone.Client.ID,
		"fam": phone.Client.Family, "iat": at, "exp": at + 600,
	})
	if string(got) != string(want) {
		t.Errorf("claims = %s, want %s", got, want)
	}
}

func TestVerifyTellsWhoIsThere(t *testing.T) {
	h := open(t)
	phone := h.phone(h.user("Bea", Coordinator))
	var stored User
	h.must(h.store.View(t.Context(), func(tx Tx) (err error) { stored, _, err = tx.User(phone.User.ID); return err }))
	want := Identity{
		Client: phone.Client.ID, User: stored.ID, Role: Coordinator, Team: "north", Since: stored.Since,
		Expires: h.clock.now().Add(10 * time.Minute),
	}
	for _, from := range []string{"store", "memory"} {
		if got, err := h.Verify(t.Context(), phone.Access); err != nil || got != want {
			t.Errorf("from %s: Verify = %+v, %v; want %+v", from, got, err, want)
		}
	}
}

func TestAnAccessTokenLivesTenMinutes(t *testing.T) {
	for name, at := range map[string]time.Duration{"on the second": 0, "between seconds": 700 * time.Millisecond} {
		h := open(t)
		h.clock.pass(at)
		phone := h.phone(h.amal)
		h.clock.pass(10*time.Minute - time.Millisecond)
		h.wantVerify(name, phone.Access, nil)
		h.wantVerify(name+", remembered", phone.Access, nil)
		h.clock.pass(5 * time.Second)
		h.wantVerify(name+", over", phone.Access, ErrTokenExpired)
	}
}

func TestATokenFromTheFutureIsInvalid(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	h.wantVerify("now", phone.Access, nil)
	h.clock.pass(-time.Second)
	h.wantVerify("clock set back a little", phone.Access, nil)
	h.clock.pass(-time.Minute)
	h.wantVerify("clock set back", phone.Access, ErrTokenInvalid)
}

func TestAForgedAccessTokenIsInvalid(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	key, err := h.signer(t.Context())
	h.must(err)
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	h.must(err)
	now := h.clock.now()

	// forge signs a token that would pass, but for what edit does to it.
	forge := func(method jwt.SigningMethod, with any, edit func(header map[string]any, c jwt.MapClaims)) string {
		c := jwt.MapClaims{
			"iss": "alongside", "aud": "alongside/v1", "sub": h.amal.ID, "cid": phone.Client.ID,
			"fam": phone.Client.Family, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		}
		token := jwt.NewWithClaims(method, c)
		token.Header["typ"], token.Header["kid"] = "at+jwt", key.id
		if edit != nil {
			edit(token.Header, c)
		}
		text, err := token.SignedString(with)
		h.must(err)
		return text
	}
	ours := func(edit func(header map[string]any, c jwt.MapClaims)) string {
		return forge(jwt.SigningMethodEdDSA, key.private, edit)
	}
	claim := func(name string, value any) string {
		return ours(func(_ map[string]any, c jwt.MapClaims) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		})
	}
	header := func(name string, value any) string {
		return ours(func(head map[string]any, _ jwt.MapClaims) {
			if head[name] = value; value == nil {
				delete(head, name)
			}
		})
	}
	good := ours(nil)
	h.wantVerify("unforged", good, nil)
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString

	for name, token := range map[string]string{
		"empty":                       "",
		"garbage":                     "garbage",
		"dots":                        "..",
		"many dots":                   strings.Repeat(".", 4000),
		"long":                        strings.Repeat("A", 1<<20),
		"refresh token":               phone.Refresh,
		"alg none":                    forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"alg None, no signature":      encode([]byte(`{"alg":"None","typ":"at+jwt","kid":"`+key.id+`"}`)) + "." + parts[1] + ".",
		"HS256 with the public key":   forge(jwt.SigningMethodHS256, []byte(key.public), nil),
		"HS512 with the public key":   forge(jwt.SigningMethodHS512, []byte(key.public), nil),
		"RS256":                       forge(jwt.SigningMethodRS256, rsaKey, nil),
		"another's key":               forge(jwt.SigningMethodEdDSA, stranger, nil),
		"another's key in the header": forge(jwt.SigningMethodEdDSA, stranger, func(head map[string]any, _ jwt.MapClaims) { head["jwk"] = stranger.Public() }),
		"no signature":                parts[0] + "." + parts[1] + ".",
		"two parts":                   parts[0] + "." + parts[1],
		"other payload":               parts[0] + "." + encode([]byte(`{"sub":"admin"}`)) + "." + parts[2],
		"padding":                     good + "==",
		"another spelling":            good[:len(good)-1] + spelled(good[len(good)-1]),
		"line break":                  good + "\n",
		"line break inside":           parts[0] + "." + parts[1][:9] + "\r\n" + parts[1][9:] + "." + parts[2],
		"no kid":                      header("kid", nil),
		"empty kid":                   header("kid", ""),
		"unknown kid":                 header("kid", "nobody"),
		"kid a number":                header("kid", 1),
		"no typ":                      header("typ", nil),
		"typ JWT":                     header("typ", "JWT"),
		"typ of another kind":         header("typ", "calendar+jwt"),
		"no audience":                 claim("aud", nil),
		"other audience":              claim("aud", "alongside/v2"),
		"no issuer":                   claim("iss", nil),
		"other issuer":                claim("iss", "elsewhere"),
		"no expiry":                   claim("exp", nil),
		"expiry a word":               claim("exp", "never"),
		"no issued-at":                claim("iat", nil),
		"issued in the future":        claim("iat", now.Add(time.Minute).Unix()),
		"not before in the future":    claim("nbf", now.Add(time.Minute).Unix()),
		"no subject":                  claim("sub", nil),
		"other subject":               claim("sub", "somebody"),
		"no client":                   claim("cid", nil),
		"other client":                claim("cid", "somebody"),
		"no family":                   claim("fam", nil),
		"other family":                claim("fam", "somebody"),
		"expired, other audience": ours(func(_ map[string]any, c jwt.MapClaims) {
			c["exp"], c["aud"] = now.Add(-time.Hour).Unix(), "alongside/v2"
		}),
		"expired, another's key": forge(jwt.SigningMethodEdDSA, stranger, func(_ map[string]any, c jwt.MapClaims) {
			c["exp"] = now.Add(-time.Hour).Unix()
		}),
	} {
		h.wantVerify(name, token, ErrTokenInvalid)
		if _, err := h.Verify(t.Context(), token); errors.Is(err, ErrTokenExpired) {
			t.Errorf("%s: Verify = %v, which is too much said", name, err)
		}
	}
	h.wantVerify("expired", claim("exp", now.Add(-time.Hour).Unix()), ErrTokenExpired)
	h.wantVerify("unforged after all that", good, nil)
}

// spelled gives a base64url character that differs in its lowest bit only, which the last of a signature does not use.
func spelled(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)^1])
}

func TestAnotherIssuersTokensAreInvalid(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	elsewhere := h.reopened()
	elsewhere.Issuer = "https://elsewhere.example"
	elsewhere.wantVerify("here", phone.Access, ErrTokenInvalid)
	elsewhere.wantVerify("its own", elsewhere.renewed(phone.Refresh).Access, nil)
}

func TestAnExpiredClientIsNotVerified(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	soon := h.clock.now().Add(30 * time.Second)
	h.change(phone.Client.ID, func(c *Client) { c.Expires = &soon })
	id, err := h.Verify(t.Context(), phone.Access)
	if err != nil || !id.Expires.Equal(soon) {
		t.Errorf("Verify = %+v, %v; want it to expire at %v", id, err, soon)
	}
	h.clock.pass(30 * time.Second) // the memory would say yes for another 30
	h.wantVerify("expired", phone.Access, ErrTokenExpired)
}

func TestAVerifiedTokenIsRememberedForAMinute(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	reads := func(want int) {
		t.Helper()
		before, _ := h.store.counts()
		h.wantVerify("phone", phone.Access, nil)
		if after, _ := h.store.counts(); after-before != want {
			t.Errorf("%d reads, want %d", after-before, want)
		}
	}
	reads(1)
	reads(0)
	h.clock.pass(time.Minute - time.Millisecond)
	reads(0)
	h.clock.pass(time.Millisecond)
	reads(1)
	h.clock.pass(-time.Second) // a clock that was set back
	reads(1)
}

func TestTheMemoryOfVerifiedTokensIsBounded(t *testing.T) {
	var v verified
	now := time.Now()
	for i := range 2 * verifiedMost {
		v.keep([32]byte{byte(i), byte(i >> 8)}, Identity{Expires: now.Add(time.Hour)}, 0, now)
	}
	if len(v.known) != verifiedMost {
		t.Errorf("%d remembered, want %d", len(v.known), verifiedMost)
	}
}

// A verification that read the store before a change must not be remembered after it.
func TestAVerificationOvertakenByAChangeIsNotRemembered(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*house, Tokens)
		want   error
	}{
		{"revoked", func(h *house, p Tokens) { h.revoked(p.Client.ID) }, ErrRevoked},
		{"disabled", func(h *house, p Tokens) { _, err := h.Disable(h.t.Context(), p.User.ID); h.must(err) }, ErrRevoked},
		{"family ended", func(h *house, p Tokens) { h.wantRefresh("reuse", p.Refresh, ErrTokenReused) }, ErrTokenInvalid},
	} {
		h := open(t)
		phone := h.phone(h.amal)
		h.renewed(h.renewed(phone.Refresh).Refresh)
		h.store.afterFn = func() { tc.change(h, phone) }
		h.wantVerify(tc.name+", overtaken", phone.Access, nil) // it was so when it read
		h.wantVerify(tc.name, phone.Access, tc.want)
	}
}

func TestAfterRevokeNoVerificationSucceeds(t *testing.T) {
	h := open(t)
	for round := range 200 {
		phone := h.phone(h.amal)
		var revoked, stop atomic.Bool
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for !stop.Load() {
					after := revoked.Load()
					_, err := h.Verify(t.Context(), phone.Access)
					if err != nil && !errors.Is(err, ErrRevoked) {
						t.Errorf("round %d: Verify = %v", round, err)
					}
					if after && err == nil {
						t.Errorf("round %d: Verify succeeded after Revoke", round)
					}
				}
			})
		}
		h.wantVerify("before", phone.Access, nil)
		h.revoked(phone.Client.ID)
		revoked.Store(true)
		for range 3 {
			h.wantVerify("after", phone.Access, ErrRevoked)
		}
		stop.Store(true)
		wg.Wait()
	}
}

func TestACancelledReadIsNotTheTokensFault(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	h.store.unread = context.Canceled
	h.wantVerify("cancelled", phone.Access, context.Canceled)
	h.store.unread = nil
	h.wantVerify("afterwards", phone.Access, nil)
}
