package auth

import (
	"context"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
)

// Target is how a device is woken: a way, and what names the device on it. It is the device's own word, and a secret of sorts: who has it,
// and the server's key, can send to it.
type Target struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// SetTarget says how a client is woken from now on. A device has one target, so another client that has the same one loses it: it is the same
// device, enrolled anew.
func (s *Service) SetTarget(ctx context.Context, client string, t Target) error {
	return s.Store.Update(ctx, func(tx WriteTx) error {
		c, _, err := standing(tx, client, s.now())
		if err != nil {
			return err
		}
		var others []Client
		err = tx.Clients(func(o Client) error {
			if o.ID != client && o.Push != nil && *o.Push == t {
				others = append(others, o)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, o := range others {
			o.Push = nil
			if err := tx.PutClient(o); err != nil {
				return err
			}
		}
		if c.Push != nil && *c.Push == t {
			return nil
		}
		c.Push = &t
		return tx.PutClient(c)
	})
}

// ForgetTarget takes a client's target away: if it still is the one given, or whichever it is for a zero Target. It is idempotent.
func (s *Service) ForgetTarget(ctx context.Context, client string, t Target) error {
	return s.Store.Update(ctx, func(tx WriteTx) error {
		c, ok, err := tx.Client(client)
		if err != nil || !ok || c.Push == nil || t != (Target{}) && *c.Push != t {
			return err
		}
		c.Push = nil
		return tx.PutClient(c)
	})
}

// Reachable are the clients of some users that have a target and may come in now.
func (s *Service) Reachable(ctx context.Context, users []string) ([]Client, error) {
	var found []Client
	err := s.Store.View(ctx, func(tx Tx) error {
		found = nil
		var all []Client
		err := tx.Clients(func(c Client) error {
			if c.Push != nil && slices.Contains(users, c.User) {
				all = append(all, c)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, c := range all {
			_, _, err := standing(tx, c.ID, s.now())
			switch {
			case err == nil:
				found = append(found, c)
			case !errors.Is(err, ErrRevoked) && !errors.Is(err, ErrTokenInvalid) && !errors.Is(err, ErrTokenExpired) && !errors.Is(err, ErrUnknownUser):
				return err
			}
		}
		return nil
	})
	return found, err
}

// PushKey identifies the server to push services (VAPID, RFC 8292): both halves as base64url without padding, the public one as an uncompressed
// point of P-256.
type PushKey struct{ Public, Private string }

// PushKey gives the store's. It follows from the secret that the store was made with, as the key to which phones seal does: browsers
// that have subscribed to it stay subscribed after a restore.
func (s *Service) PushKey(ctx context.Context) (PushKey, error) {
	var key *ecdh.PrivateKey
	err := s.Store.View(ctx, func(tx Tx) error {
		secret, err := tx.Secret()
		if err == nil {
			key, err = scalarOf(secret, "alongside push key 1")
		}
		return err
	})
	if err != nil {
		return PushKey{}, err
	}
	text := base64.RawURLEncoding.EncodeToString
	return PushKey{Public: text(key.PublicKey().Bytes()), Private: text(key.Bytes())}, nil
}

// scalarOf derives a private key of P-256. Of the scalars that it draws it takes the first that is one (FIPS 186-5 §A.2.2); it is hardly ever the
// second.
func scalarOf(secret []byte, info string) (*ecdh.PrivateKey, error) {
	for draw := range 8 {
		scalar, err := hkdf.Key(sha256.New, secret, nil, fmt.Sprintf("%s, draw %d", info, draw), keyBytes)
		if err != nil {
			return nil, err
		}
		if key, err := ecdh.P256().NewPrivateKey(scalar); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("the store's secret gives no key of P-256")
}
