package auth

import (
	"errors"
	"testing"
)

func TestAddUserTakesOnlyWholeUsers(t *testing.T) {
	h := open(t)
	for _, tc := range []struct {
		name string
		user User
		want error
	}{
		{"worker", User{Name: "Cal", Role: Worker, Team: "north"}, nil},
		{"coordinator", User{Name: "Cal", Role: Coordinator, Team: "north"}, nil},
		{"admin", User{Name: "Cal", Role: Admin, Team: "north"}, nil},
		{"own id", User{ID: "0192aaaa-0000-7000-8000-000000000001", Name: "Dee", Role: Worker, Team: "north"}, nil},
		{"the same again", User{ID: "0192aaaa-0000-7000-8000-000000000001", Name: "Dee", Role: Worker, Team: "north"}, nil},
		{"another under its id", User{ID: "0192aaaa-0000-7000-8000-000000000001", Name: "Dee", Role: Admin, Team: "north"}, ErrUserExists},
		{"no name", User{Name: " ", Role: Worker, Team: "north"}, ErrUserInvalid},
		{"no team", User{Name: "Cal", Role: Worker}, ErrUserInvalid},
		{"no role", User{Name: "Cal", Team: "north"}, ErrUserInvalid},
		{"unknown role", User{Name: "Cal", Role: "Worker", Team: "north"}, ErrUserInvalid},
	} {
		err := h.store.Update(t.Context(), func(tx WriteTx) error {
			u, err := h.AddUser(tx, tc.user)
			if err != nil {
				return err
			}
			if tc.user.ID != "" && u.ID != tc.user.ID {
				t.Errorf("%s: id = %s, want %s", tc.name, u.ID, tc.user.ID)
			}
			if stored, ok, err := tx.User(u.ID); err != nil || !ok || stored.Since == 0 || stored.Name != tc.user.Name {
				t.Errorf("%s: stored = %+v, %v, %v", tc.name, stored, ok, err)
			}
			return nil
		})
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: AddUser = %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestMintedIDsAreUUIDsOfVersion7(t *testing.T) {
	h := open(t)
	seen := map[string]bool{}
	for range 100 {
		id, err := h.mint(h.clock.now())
		h.must(err)
		b, err := uuidBytes(id)
		h.must(err)
		if seen[id] || len(id) != 36 || b[6]>>4 != 7 || b[8]>>6 != 2 || uuidText(b) != id {
			t.Errorf("mint = %s, seen before: %v", id, seen[id])
		}
		seen[id] = true
	}
}

func TestDisableCutsOffEveryDeviceAndIsIdempotent(t *testing.T) {
	h := open(t)
	first, second := h.phone(h.amal), h.phone(h.amal)
	other := h.phone(h.user("Bea", Worker))
	code := h.code(h.amal)
	for _, p := range []Tokens{first, second, other} {
		h.wantVerify("before", p.Access, nil)
	}
	for range 2 {
		u, err := h.Disable(t.Context(), h.amal.ID)
		if err != nil || !u.Disabled || u.Name != "Amal" || u.Since == 0 {
			t.Errorf("Disable = %+v, %v", u, err)
		}
		for _, p := range []Tokens{first, second} {
			h.wantVerify("disabled", p.Access, ErrRevoked)
			h.wantRefresh("disabled", p.Refresh, ErrRevoked)
			if _, err := h.Fork(t.Context(), p.Client.ID); !errors.Is(err, ErrRevoked) {
				t.Errorf("Fork = %v, want %v", err, ErrRevoked)
			}
		}
	}
	h.wantVerify("another user", other.Access, nil)
	if _, _, err := h.NewCode(t.Context(), h.amal.ID); !errors.Is(err, ErrUserDisabled) {
		t.Errorf("NewCode = %v, want %v", err, ErrUserDisabled)
	}
	if _, err := h.Enrol(t.Context(), code, Device{}); !errors.Is(err, ErrUserDisabled) {
		t.Errorf("Enrol = %v, want %v", err, ErrUserDisabled)
	}
	if _, err := h.Disable(t.Context(), "nobody"); !errors.Is(err, ErrUnknownUser) {
		t.Errorf("Disable = %v, want %v", err, ErrUnknownUser)
	}
}
