package auth

import (
	"slices"
	"testing"
)

func (h *house) reachable(users ...string) (ids []string) {
	h.t.Helper()
	clients, err := h.Reachable(h.t.Context(), users)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range clients {
		ids = append(ids, c.ID+" "+c.Push.Value)
	}
	slices.Sort(ids)
	return ids
}

func (h *house) wantReachable(when string, want ...string) {
	h.t.Helper()
	slices.Sort(want)
	if got := h.reachable(h.amal.ID); !slices.Equal(got, want) {
		h.t.Errorf("%s: reachable are %q, want %q", when, got, want)
	}
}

func (h *house) target(client, value string) {
	h.t.Helper()
	if err := h.SetTarget(h.t.Context(), client, Target{"fcm", value}); err != nil {
		h.t.Fatal(err)
	}
}

func TestTargetsAreOfThoseWhoMayComeIn(t *testing.T) {
	h := open(t)
	one, two, other := h.phone(h.amal), h.phone(h.amal), h.phone(h.user("Ben", Worker))
	h.wantReachable("before")
	h.target(one.Client.ID, "a")
	h.target(two.Client.ID, "b")
	h.target(other.Client.ID, "c")
	h.wantReachable("with two phones", one.Client.ID+" a", two.Client.ID+" b")
	h.target(two.Client.ID, "a")
	h.wantReachable("one phone, enrolled anew", two.Client.ID+" a")
	child := h.fork(two.Client.ID)
	h.wantReachable("a fork has none", two.Client.ID+" a")
	h.target(child.Client.ID, "d")
	if _, err := h.Revoke(t.Context(), two.Client.ID); err != nil {
		t.Fatal(err)
	}
	h.wantReachable("cut off")
	if err := h.SetTarget(t.Context(), two.Client.ID, Target{"fcm", "a"}); err == nil {
		t.Error("a revoked client has set a target")
	}
	h.target(one.Client.ID, "e")
	h.wantReachable("one again", one.Client.ID+" e")
	if _, err := h.Disable(t.Context(), h.amal.ID); err != nil {
		t.Fatal(err)
	}
	h.wantReachable("disabled")
}

func TestTargetIsForgottenOnlyIfItIsStillTheSame(t *testing.T) {
	h := open(t)
	one := h.phone(h.amal)
	h.target(one.Client.ID, "a")
	forget := func(t2 Target) {
		t.Helper()
		if err := h.ForgetTarget(t.Context(), one.Client.ID, t2); err != nil {
			t.Fatal(err)
		}
	}
	forget(Target{"fcm", "old"})
	h.wantReachable("another was meant", one.Client.ID+" a")
	forget(Target{"fcm", "a"})
	h.wantReachable("forgotten")
	h.target(one.Client.ID, "b")
	forget(Target{})
	forget(Target{})
	h.wantReachable("whichever it was")
	if err := h.ForgetTarget(t.Context(), "nobody", Target{}); err != nil {
		t.Errorf("of nobody: %v", err)
	}
}

func TestPushKeyStaysAndIsItsOwn(t *testing.T) {
	h := open(t)
	first, err := h.PushKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.reopened().PushKey(t.Context())
	if err != nil || again != first || len(first.Public) != 87 || len(first.Private) != 43 {
		t.Errorf("the key is %v, then %v, %v", first, again, err)
	}
}
