package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Passkey lets a user sign in at a desk. What is in it is the business of whoever checks it; the secret half never
// leaves the user's device.
type Passkey struct {
	ID         string          `json:"id"` // base64url of the credential's id
	User       string          `json:"user"`
	Credential json.RawMessage `json:"credential"`
	Created    time.Time       `json:"created"`
	Used       time.Time       `json:"used"`
}

// AddPasskey binds one to a user. One that another user has is ErrUserExists.
func (s *Service) AddPasskey(ctx context.Context, p Passkey) error {
	return s.Store.Update(ctx, func(tx WriteTx) error {
		known, ok, err := tx.Passkey(p.ID)
		if err != nil {
			return err
		}
		if ok && known.User != p.User {
			return fmt.Errorf("passkey: %w", ErrUserExists)
		}
		p.Created = s.now()
		p.Used = p.Created
		return tx.PutPasskey(p)
	})
}

// UsedPasskey keeps what a passkey's use has changed in it.
func (s *Service) UsedPasskey(ctx context.Context, id string, credential json.RawMessage) error {
	return s.Store.Update(ctx, func(tx WriteTx) error {
		p, ok, err := tx.Passkey(id)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNoPasskey
		}
		p.Credential, p.Used = credential, s.now()
		return tx.PutPasskey(p)
	})
}

// PasskeysOf gives a user and their passkeys.
func (s *Service) PasskeysOf(ctx context.Context, user string) (u User, all []Passkey, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		all = nil
		if u, err = userOf(tx, user); err != nil {
			return err
		}
		return tx.Passkeys(func(p Passkey) error {
			if p.User == user {
				all = append(all, p)
			}
			return nil
		})
	})
	return u, all, err
}

func hasPasskey(tx Tx, user string) (has bool, err error) {
	err = tx.Passkeys(func(p Passkey) error {
		has = has || p.User == user
		return nil
	})
	return has, err
}
