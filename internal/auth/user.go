package auth

import (
	"context"
	"fmt"
	"strings"
)

// Role says what a user does in the partnership.
type Role string

const (
	Worker      Role = "worker"
	Coordinator Role = "coordinator"
	Admin       Role = "admin"
)

// Valid reports whether r is one of the three.
func (r Role) Valid() bool {
	return r == Worker || r == Coordinator || r == Admin
}

// User is a person who works with the program.
type User struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Role     Role   `json:"role"`
	Team     string `json:"team"` // id
	Disabled bool   `json:"disabled,omitempty"`
	Since    uint64 `json:"since,omitempty"` // place in the store's log where the user began; the store's to fill
}

// AddUser puts a new user, with a new id if u has none. The same user under the same id again changes nothing and
// gives the stored one; another under that id is ErrUserExists. A user without name or team, or with an unknown role, is
// ErrUserInvalid. Since is not filled in what it returns for a new user.
func (s *Service) AddUser(tx WriteTx, u User) (User, error) {
	switch {
	case strings.TrimSpace(u.Name) == "":
		return User{}, fmt.Errorf("%w: no name", ErrUserInvalid)
	case !u.Role.Valid():
		return User{}, fmt.Errorf("%w: unknown role %q", ErrUserInvalid, u.Role)
	case strings.TrimSpace(u.Team) == "":
		return User{}, fmt.Errorf("%w: no team", ErrUserInvalid)
	}
	if u.ID == "" {
		id, err := s.mint(s.now())
		if err != nil {
			return User{}, err
		}
		u.ID = id
	}
	known, ok, err := tx.User(u.ID)
	switch {
	case err != nil:
		return User{}, err
	case ok && (known.Name != u.Name || known.Role != u.Role || known.Team != u.Team):
		return User{}, fmt.Errorf("user %s: %w", u.ID, ErrUserExists)
	case ok:
		return known, nil
	}
	return u, tx.PutUser(u)
}

// Disable cuts off every device of a user, now and for good, and makes their codes worthless. It is idempotent.
func (s *Service) Disable(ctx context.Context, user string) (User, error) {
	var u User
	err := s.Store.Update(ctx, func(tx WriteTx) error {
		var err error
		if u, err = userOf(tx, user); err != nil || u.Disabled {
			return err
		}
		u.Disabled = true
		return tx.PutUser(u)
	})
	if err != nil {
		return User{}, err
	}
	s.cut()
	return u, nil
}

// userOf gives ErrUnknownUser where the store has none.
func userOf(tx Tx, id string) (User, error) {
	u, ok, err := tx.User(id)
	if err == nil && !ok {
		err = fmt.Errorf("user %s: %w", id, ErrUnknownUser)
	}
	return u, err
}
