package auth

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func (h *house) keyCount() (n int) {
	h.t.Helper()
	h.must(h.store.View(h.t.Context(), func(tx Tx) error {
		keys, err := tx.Keys()
		n = len(keys)
		return err
	}))
	return n
}

func kidOf(t *testing.T, access string) string {
	t.Helper()
	token, _, err := jwt.NewParser().ParseUnverified(access, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	return token.Header["kid"].(string)
}

func TestKeysRotateEvery30Days(t *testing.T) {
	h := open(t)
	for _, step := range []struct {
		pass time.Duration
		want int
	}{
		{0, 1}, {0, 1}, {30*24*time.Hour - time.Millisecond, 1}, {time.Millisecond, 2}, {0, 2},
		{-60 * 24 * time.Hour, 2}, // a clock set back makes no key
		{90 * 24 * time.Hour, 3},
	} {
		h.clock.pass(step.pass)
		h.must(h.RotateIfDue(t.Context()))
		h.must(h.reopened().RotateIfDue(t.Context()))
		if got := h.keyCount(); got != step.want {
			t.Errorf("after %v: %d keys, want %d", step.pass, got, step.want)
		}
	}
	_, before := h.store.counts()
	h.must(h.RotateIfDue(t.Context()))
	if _, after := h.store.counts(); after != before {
		t.Errorf("%d updates when not due, want none", after-before)
	}
}

func TestRotationSignsNobodyOut(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	h.clock.pass(30*24*time.Hour - time.Minute)
	phone = h.renewed(phone.Refresh)
	h.clock.pass(time.Minute)
	last := h.renewed(phone.Refresh)
	h.must(h.RotateIfDue(t.Context()))
	for _, h := range []*house{h, h.reopened()} {
		h.wantVerify("signed before", phone.Access, nil)
		h.wantVerify("signed at the last moment", last.Access, nil)
	}
	next := h.renewed(last.Refresh)
	if kidOf(t, next.Access) == kidOf(t, last.Access) {
		t.Error("the old key still signs")
	}
	h.wantVerify("signed after", next.Access, nil)
	h.clock.pass(10*time.Minute - time.Millisecond)
	h.wantVerify("signed at the last moment, at its end", last.Access, nil)
	h.clock.pass(time.Hour)
	h.wantVerify("signed at the last moment, long after", last.Access, ErrTokenExpired)
}

func TestARetiredKeyMakesNoMoreTokens(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	old, err := h.signer(t.Context())
	h.must(err)
	h.clock.pass(30 * 24 * time.Hour)
	h.must(h.RotateIfDue(t.Context()))
	late, err := h.signed(phone, old) // by whoever got hold of it
	h.must(err)
	h.wantVerify("while its last tokens live", late.Access, nil)
	h.clock.pass(keyGrace)
	late, err = h.signed(phone, old)
	h.must(err)
	h.wantVerify("after them", late.Access, ErrTokenInvalid)
}

func TestConcurrentCallsMakeOneFirstKey(t *testing.T) {
	h := open(t)
	codes := make([]string, 8)
	for i := range codes {
		codes[i] = h.code(h.amal)
	}
	for _, r := range atOnce(len(codes), func(i int) (Tokens, error) { return h.Enrol(t.Context(), codes[i], Device{}) }) {
		h.must(r.err)
		h.wantVerify("enrolled", r.Access, nil)
	}
	if got := h.keyCount(); got != 1 {
		t.Errorf("%d keys, want 1", got)
	}
}

func TestARotationOvertakenByAnotherMakesNoKey(t *testing.T) {
	h := open(t)
	h.store.afterFn = func() { h.must(h.reopened().RotateIfDue(t.Context())) } // after it read that there is none
	h.must(h.RotateIfDue(t.Context()))
	if got := h.keyCount(); got != 1 {
		t.Errorf("%d keys, want 1", got)
	}
	h.wantVerify("signed after both", h.phone(h.amal).Access, nil)
}

func TestUnknownKidsDoNotHammerTheStore(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	forged := func(kid string) string {
		key, err := h.signer(t.Context())
		h.must(err)
		key.id = kid
		got, err := h.signed(phone, key)
		h.must(err)
		return got.Access
	}
	before, _ := h.store.counts()
	for i := range 100 {
		h.wantVerify("forged", forged(string(rune('A'+i))), ErrTokenInvalid)
	}
	if after, _ := h.store.counts(); after-before > 1 {
		t.Errorf("100 unknown kids cost %d reads, want 1", after-before)
	}
}

func TestAKeyMadeElsewhereIsFound(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	h.wantVerify("phone", phone.Access, nil)
	h.clock.pass(30 * 24 * time.Hour)
	other := h.reopened()
	h.must(other.RotateIfDue(t.Context()))
	next := other.renewed(phone.Refresh)
	h.wantVerify("signed with a key that is not in memory", next.Access, nil)
}

func TestAReadOvertakenByARotationTakesNoKeyAway(t *testing.T) {
	h := open(t)
	h.phone(h.amal)
	var stale []Key
	h.must(h.store.View(t.Context(), func(tx Tx) (err error) { stale, err = tx.Keys(); return err }))
	h.clock.pass(30 * 24 * time.Hour)
	h.must(h.RotateIfDue(t.Context()))
	phone := h.phone(h.amal)
	h.must(h.keys.set(stale))
	if newest, _ := h.keys.newest(); newest.id != kidOf(t, phone.Access) {
		t.Errorf("newest key = %s, want %s", newest.id, kidOf(t, phone.Access))
	}
	h.wantVerify("signed with the new key", phone.Access, nil)
}

func TestADamagedKeyIsAnErrorAndNoPanic(t *testing.T) {
	h := open(t)
	h.must(h.store.Update(t.Context(), func(tx WriteTx) error {
		return tx.PutKey(Key{ID: "k", Seed: []byte("short"), Created: h.clock.now()})
	}))
	if err := h.RotateIfDue(t.Context()); err == nil {
		t.Error("RotateIfDue = nil, want an error")
	}
}
