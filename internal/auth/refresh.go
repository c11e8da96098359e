package auth

import (
	"context"
	"fmt"
	"time"
)

const (
	refreshLife     = 400 * 24 * time.Hour
	firstGeneration = 1
)

// Family is the line of refresh tokens of one client.
type Family struct {
	ID         string     `json:"id"`
	Client     string     `json:"client"`
	Generation uint64     `json:"generation"` // highest issued
	Issued     time.Time  `json:"issued"`     // when that was last handed out; 400 days unused from then
	Ended      *time.Time `json:"ended,omitempty"`
}

// Refresh gives tokens anew for a refresh token, which is used up by it. The token before the present one gives the
// present one, until that is presented; calls at the same time with the same token all get the same. An older one
// ends the family, and every token of it is ErrTokenReused from then on. A revoked client, or one of a disabled user,
// gets ErrRevoked whatever else is wrong; a token whose family the store does not know is ErrTokenInvalid.
func (s *Service) Refresh(ctx context.Context, token string) (Tokens, error) {
	p, ok := readRefresh(token)
	if !ok {
		return Tokens{}, ErrTokenInvalid
	}
	if err := s.Store.View(ctx, p.genuine); err != nil { // a forged one costs a read, never a write
		return Tokens{}, err
	}
	key, err := s.signer(ctx)
	if err != nil {
		return Tokens{}, err
	}
	var t Tokens
	var reused bool // an outcome that is an error for the caller and yet must be durable
	err = s.Store.Update(ctx, func(tx WriteTx) error {
		t, reused = Tokens{}, false
		now := s.now()
		f, c, u, err := holder(tx, p.family)
		switch {
		case err != nil:
			return err
		case c.Revoked != nil || u.Disabled:
			return fmt.Errorf("client %s: %w", c.ID, ErrRevoked)
		case c.expired(now):
			return fmt.Errorf("client %s: %w", c.ID, ErrTokenExpired)
		case f.Ended != nil:
			return fmt.Errorf("client %s: %w", c.ID, ErrTokenReused)
		case p.generation <= f.Generation && now.Sub(f.Issued) >= refreshLife:
			return fmt.Errorf("client %s: %w", c.ID, ErrTokenExpired)
		case p.generation+1 < f.Generation:
			reused = true
			f.Ended = &now
			return tx.PutFamily(f)
		}
		if err := sessionStands(tx, c, now); err != nil {
			return err
		}
		f.Generation, f.Issued = p.generation+1, now
		refresh, err := refreshToken(tx, f)
		if err != nil {
			return err
		}
		t = Tokens{Client: c, User: u, Refresh: refresh}
		return tx.PutFamily(f)
	})
	if err != nil {
		return Tokens{}, err
	}
	if reused {
		s.cut()
		return Tokens{}, ErrTokenReused
	}
	return s.signed(t, key)
}

// Last says who a revoked client is, or one of a disabled user, so that it can hand in what it had not sent; anyone
// else is ErrNotRevoked. Since nothing written may be lost, any refresh token that the client ever had will do, also of an
// ended family and after 400 days; nothing is used up.
func (s *Service) Last(ctx context.Context, refresh string) (Identity, error) {
	p, ok := readRefresh(refresh)
	if !ok {
		return Identity{}, ErrTokenInvalid
	}
	var id Identity
	err := s.Store.View(ctx, func(tx Tx) error {
		if err := p.genuine(tx); err != nil {
			return err
		}
		_, c, u, err := holder(tx, p.family)
		if err != nil {
			return err
		}
		if c.Revoked == nil && !u.Disabled {
			return fmt.Errorf("client %s: %w", c.ID, ErrNotRevoked)
		}
		id = Identity{Client: c.ID, User: u.ID, Role: u.Role, Team: u.Team, Since: u.Since}
		return nil
	})
	return id, err
}

// holder gives a family with the client and user it belongs to. Where one is missing, its enrolment was lost with a
// restore: ErrTokenInvalid.
func holder(tx Tx, family string) (f Family, c Client, u User, err error) {
	f, ok, err := tx.Family(family)
	if err == nil && ok {
		c, ok, err = tx.Client(f.Client)
	}
	if err == nil && ok {
		u, ok, err = tx.User(c.User)
	}
	if err == nil && !ok {
		err = fmt.Errorf("family %s: %w", family, ErrTokenInvalid)
	}
	return f, c, u, err
}
