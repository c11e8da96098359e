package auth

import (
	"errors"
	"testing"
	"time"
)

func TestForkTakesANewClientOfTheSameUserAndDevice(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	got := h.fork(phone.Client.ID)
	if got.Client.ID == phone.Client.ID || got.Client.Family == phone.Client.Family || got.Refresh == phone.Refresh {
		t.Errorf("Fork = %+v, not new", got)
	}
	if got.Client.Parent != phone.Client.ID || got.Client.Device != phone.Client.Device || got.User != phone.User {
		t.Errorf("Fork = %+v, want a child of %+v", got, phone)
	}
	h.wantVerify("child", got.Access, nil)
	h.wantVerify("parent", phone.Access, nil)
	h.wantRefresh("child", got.Refresh, nil)
	h.wantRefresh("parent", phone.Refresh, nil)
	if _, err := h.Fork(t.Context(), "nobody"); !errors.Is(err, ErrUnknownClient) {
		t.Errorf("Fork = %v, want %v", err, ErrUnknownClient)
	}
}

func TestAForkExpiresWithItsParent(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	soon := h.clock.now().Add(4 * time.Minute)
	h.change(phone.Client.ID, func(c *Client) { c.Expires = &soon })
	child := h.fork(phone.Client.ID)
	if child.Client.Expires == nil || !child.Client.Expires.Equal(soon) || child.ExpiresIn != 4*time.Minute {
		t.Errorf("Fork = %+v, want one that expires in 4 minutes", child)
	}
	h.clock.pass(4 * time.Minute)
	h.wantVerify("expired", child.Access, ErrTokenExpired)
	if _, err := h.Fork(t.Context(), phone.Client.ID); !errors.Is(err, ErrTokenExpired) {
		t.Errorf("Fork = %v, want %v", err, ErrTokenExpired)
	}
}

func TestRevokeCutsOffDescendantsAndNobodyElse(t *testing.T) {
	h := open(t)
	grandparent := h.phone(h.amal)
	parent := h.fork(grandparent.Client.ID)
	child := h.fork(parent.Client.ID)
	sibling := h.fork(grandparent.Client.ID)
	grandchild := h.fork(child.Client.ID)
	other := h.phone(h.amal)
	all := []Tokens{grandparent, parent, child, sibling, grandchild, other}
	for _, p := range all {
		h.wantVerify("before", p.Access, nil)
	}
	h.clock.pass(time.Second)

	ids := func(cs []Client) (ids []string) {
		for _, c := range cs {
			if c.Revoked == nil || !c.Revoked.Equal(h.clock.now()) {
				t.Errorf("%s: revoked %v, want %v", c.ID, c.Revoked, h.clock.now())
			}
			ids = append(ids, c.ID)
		}
		return ids
	}
	if got := ids(h.revoked(child.Client.ID)); len(got) != 2 || got[0] != child.Client.ID || got[1] != grandchild.Client.ID {
		t.Errorf("Revoke(child) = %v", got)
	}
	h.clock.pass(time.Second)
	if got := ids(h.revoked(child.Client.ID)); len(got) != 0 {
		t.Errorf("Revoke(child) again = %v, want none", got)
	}
	if got := ids(h.revoked(parent.Client.ID)); len(got) != 1 || got[0] != parent.Client.ID {
		t.Errorf("Revoke(parent) = %v", got)
	}
	off := map[string]bool{parent.Client.ID: true, child.Client.ID: true, grandchild.Client.ID: true}
	for _, p := range all {
		var want error
		if off[p.Client.ID] {
			want = ErrRevoked
		}
		h.wantVerify(p.Client.ID, p.Access, want)
		h.wantRefresh(p.Client.ID, p.Refresh, want)
		if _, err := h.Fork(t.Context(), p.Client.ID); !errors.Is(err, want) {
			t.Errorf("Fork = %v, want %v", err, want)
		}
	}
	if _, err := h.Revoke(t.Context(), "nobody"); !errors.Is(err, ErrUnknownClient) {
		t.Errorf("Revoke = %v, want %v", err, ErrUnknownClient)
	}
}

func TestRevokeReachesDescendantsPastOnesRevokedEarlier(t *testing.T) {
	h := open(t)
	parent := h.phone(h.amal)
	child := h.fork(parent.Client.ID)
	grandchild := h.fork(child.Client.ID)
	earlier := h.clock.now().Add(-time.Hour)
	h.change(child.Client.ID, func(c *Client) { c.Revoked = &earlier })
	got := h.revoked(parent.Client.ID)
	if len(got) != 2 || got[0].ID != parent.Client.ID || got[1].ID != grandchild.Client.ID {
		t.Errorf("Revoke = %+v, want parent and grandchild", got)
	}
}

func TestRevokeEndsInACircleOfParents(t *testing.T) {
	h := open(t)
	parent := h.phone(h.amal)
	child := h.fork(parent.Client.ID)
	h.change(parent.Client.ID, func(c *Client) { c.Parent = child.Client.ID })
	h.revoked(child.Client.ID)
	h.wantVerify("parent", parent.Access, ErrRevoked)
	h.wantVerify("child", child.Access, ErrRevoked)
}
