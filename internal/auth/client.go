package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Device is what a phone or a browser says of itself. Its id is the device's own choice and proves nothing.
type Device struct {
	ID       string `json:"id,omitempty"`
	Name     string `json:"name"`
	Platform string `json:"platform"`
}

// Client is one enrolment of a device by a user.
type Client struct {
	ID      string     `json:"id"`
	User    string     `json:"user"`
	Device  Device     `json:"device"`
	Parent  string     `json:"parent,omitempty"` // the client it was taken from by Fork
	Family  string     `json:"family"`
	Created time.Time  `json:"created"`
	Revoked *time.Time `json:"revoked,omitempty"`
	Expires *time.Time `json:"expires,omitempty"` // no token of it is valid from then on
	Session string     `json:"session,omitempty"` // hash of the session at a desk with which it ends
	Push    *Target    `json:"push,omitempty"`    // how it is woken; nil: it is not
}

// Fork takes a new client of the same user and device out of one that stands: for a phone that finds itself copied, or
// a console. It expires when its parent does, and falls with it (Revoke).
func (s *Service) Fork(ctx context.Context, client string) (Tokens, error) {
	key, err := s.signer(ctx)
	if err != nil {
		return Tokens{}, err
	}
	var t Tokens
	err = s.Store.Update(ctx, func(tx WriteTx) error {
		now := s.now()
		parent, u, err := standing(tx, client, now)
		if err != nil {
			return err
		}
		t, err = s.admit(tx, now, u, Client{Device: parent.Device, Parent: parent.ID, Expires: parent.Expires, Session: parent.Session})
		return err
	})
	if err != nil {
		return Tokens{}, err
	}
	return s.signed(t, key)
}

// admit puts a new client of u with a family of its own, and gives its tokens but for the access token. Of c it
// takes what is not its own to give.
func (s *Service) admit(tx WriteTx, now time.Time, u User, c Client) (Tokens, error) {
	var err error
	if c.ID, err = s.mint(now); err != nil {
		return Tokens{}, err
	}
	if c.Family, err = s.mint(now); err != nil {
		return Tokens{}, err
	}
	c.User, c.Created = u.ID, now
	f := Family{ID: c.Family, Client: c.ID, Generation: firstGeneration, Issued: now}
	refresh, err := refreshToken(tx, f)
	if err != nil {
		return Tokens{}, err
	}
	if err := tx.PutClient(c); err != nil {
		return Tokens{}, err
	}
	return Tokens{Client: c, User: u, Refresh: refresh}, tx.PutFamily(f)
}

// Revoke cuts off a client and every client that descends from it, and gives those that it cut off now, parents
// first: none, if all were. When it has returned, no token of theirs passes Verify.
func (s *Service) Revoke(ctx context.Context, client string) ([]Client, error) {
	var off []Client
	err := s.Store.Update(ctx, func(tx WriteTx) error {
		off = nil
		now := s.now()
		line, err := descent(tx, client)
		if err != nil {
			return err
		}
		for _, c := range line {
			if c.Revoked != nil {
				continue
			}
			c.Revoked, c.Push = &now, nil
			if err := tx.PutClient(c); err != nil {
				return err
			}
			off = append(off, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.cut()
	return off, nil
}

// descent gives a client and all that descend from it, parents first.
func descent(tx Tx, client string) ([]Client, error) {
	root, ok, err := tx.Client(client)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("client %s: %w", client, ErrUnknownClient)
	}
	taken := map[string][]Client{} // by parent
	err = tx.Clients(func(c Client) error {
		if c.Parent != "" {
			taken[c.Parent] = append(taken[c.Parent], c)
		}
		return nil
	})
	line := []Client{root}
	for i := 0; i < len(line); i++ {
		id := line[i].ID
		line = append(line, taken[id]...)
		delete(taken, id) // a circle in a damaged store ends here
	}
	return line, err
}

// Alive says whether a client still stands: nil, ErrRevoked, or ErrTokenInvalid where its family has ended, its time is up
// or the store does not know it.
func (s *Service) Alive(ctx context.Context, client string) error {
	return s.Store.View(ctx, func(tx Tx) error {
		_, _, err := standing(tx, client, s.now())
		if errors.Is(err, ErrTokenExpired) || errors.Is(err, ErrUnknownClient) || errors.Is(err, ErrUnknownUser) {
			return fmt.Errorf("%w: %v", ErrTokenInvalid, err)
		}
		return err
	})
}

// standing gives a client that may come in, and its user. Else ErrRevoked first, whatever else is wrong, since a
// revoked phone must learn that it is; then ErrTokenInvalid for an ended family and ErrTokenExpired.
func standing(tx Tx, client string, now time.Time) (Client, User, error) {
	c, ok, err := tx.Client(client)
	if err != nil {
		return Client{}, User{}, err
	}
	if !ok {
		return Client{}, User{}, fmt.Errorf("client %s: %w", client, ErrUnknownClient)
	}
	u, err := userOf(tx, c.User)
	if err != nil {
		return Client{}, User{}, err
	}
	f, ok, err := tx.Family(c.Family)
	switch {
	case err != nil:
	case c.Revoked != nil || u.Disabled:
		err = ErrRevoked
	case !ok || f.Ended != nil:
		err = ErrTokenInvalid
	case c.expired(now):
		err = ErrTokenExpired
	}
	if err == nil {
		err = sessionStands(tx, c, now)
	}
	if err != nil {
		return Client{}, User{}, fmt.Errorf("client %s: %w", client, err)
	}
	return c, u, nil
}

func (c Client) expired(now time.Time) bool {
	return c.Expires != nil && !now.Before(*c.Expires)
}
