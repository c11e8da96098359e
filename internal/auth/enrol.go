package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// codeAgain is how long after its first use a code still answers the device that used it.
const codeAgain = 15 * time.Minute

// Enrol makes a device a client of the code's user. A code works once. The device that used it (by a non-empty
// Device.ID) may use it again for 15 minutes, since replies get lost, and gets the same client and the same refresh
// token, unless it has presented that: then the reply did arrive, and it is ErrCodeUsed as for anyone else. A
// wrong code costs a read of the store, never a write.
func (s *Service) Enrol(ctx context.Context, code string, d Device) (Tokens, error) {
	normal, ok := normalCode(code)
	if !ok {
		return Tokens{}, ErrCodeInvalid
	}
	hash := codeHash(normal)
	known := func(tx Tx) (Code, error) {
		c, ok, err := tx.Code(hash)
		if err == nil && !ok {
			err = ErrCodeInvalid
		}
		return c, err
	}
	if err := s.Store.View(ctx, func(tx Tx) error { _, err := known(tx); return err }); err != nil {
		return Tokens{}, err
	}
	key, err := s.signer(ctx)
	if err != nil {
		return Tokens{}, err
	}
	var t Tokens
	err = s.Store.Update(ctx, func(tx WriteTx) error {
		now := s.now()
		c, err := known(tx)
		if err != nil {
			return err
		}
		if c.Used != nil {
			t, err = repeat(tx, now, c, d)
			return err
		}
		if !now.Before(c.Expires) {
			return ErrCodeExpired
		}
		u, err := enrolling(tx, c)
		if err != nil {
			return err
		}
		if t, err = s.admit(tx, now, u, Client{Device: d}); err != nil {
			return err
		}
		c.Used, c.Device, c.Client = &now, d.ID, t.Client.ID
		return tx.PutCode(c)
	})
	if err != nil {
		return Tokens{}, err
	}
	return s.signed(t, key)
}

// repeat answers a code's second use. It writes nothing.
func repeat(tx Tx, now time.Time, c Code, d Device) (Tokens, error) {
	if d.ID == "" || d.ID != c.Device || now.Sub(*c.Used) > codeAgain {
		return Tokens{}, ErrCodeUsed
	}
	if _, err := enrolling(tx, c); err != nil {
		return Tokens{}, err
	}
	client, u, err := standing(tx, c.Client, now)
	if errors.Is(err, ErrTokenInvalid) { // its family came to an end already, so it was presented
		return Tokens{}, ErrCodeUsed
	}
	if err != nil {
		return Tokens{}, err
	}
	f, _, err := tx.Family(client.Family)
	if err != nil {
		return Tokens{}, err
	}
	if f.Generation != firstGeneration {
		return Tokens{}, ErrCodeUsed
	}
	refresh, err := refreshToken(tx, f)
	return Tokens{Client: client, User: u, Refresh: refresh}, err
}

// enrolling gives the user of a code, who must not be disabled.
func enrolling(tx Tx, c Code) (User, error) {
	u, err := userOf(tx, c.User)
	if err == nil && u.Disabled {
		err = fmt.Errorf("user %s: %w", u.ID, ErrUserDisabled)
	}
	return u, err
}
