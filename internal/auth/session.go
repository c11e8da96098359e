package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	idleLife    = 30 * time.Minute
	sessionLife = 12 * time.Hour
	// StepUpLife is for how long somebody at a desk counts as having just proved who they are.
	StepUpLife = 5 * time.Minute

	sessionBytes = 32
	seenParts    = 6 // of the idle time: how much of it may pass before that somebody was there is written down
)

// Session is one sign-in at a desk. Its token stands in the browser's cookie alone.
type Session struct {
	Hash      string        `json:"hash"` // hex SHA-256 of the token
	User      string        `json:"user"`
	Client    string        `json:"client"` // from which those are taken that sync; they end with it
	Created   time.Time     `json:"created"`
	Expires   time.Time     `json:"expires"`
	Idle      time.Duration `json:"idle"`       // after which it ends, since Seen
	Seen      time.Time     `json:"seen"`       // when somebody was there, give or take a sixth of Idle
	SteppedUp time.Time     `json:"stepped_up"` // when they last proved who they are
	By        string        `json:"by"`         // "code" or "passkey"
	Ended     *time.Time    `json:"ended,omitempty"`
}

// SteppedUpUntil is until when the session may do what needs it.
func (s Session) SteppedUpUntil() time.Time { return s.SteppedUp.Add(StepUpLife) }

func (s Session) over(now time.Time) bool { return s.Ended != nil || !now.Before(s.Expires) }

// Desk is who sits at one.
type Desk struct {
	Token   string // only where it is new
	Session Session
	User    User
	Client  Client
	Passkey bool // the user has one
}

// Identity is the desk's, as that of its client.
func (d Desk) Identity() Identity {
	return Identity{Client: d.Client.ID, User: d.User.ID, Role: d.User.Role, Team: d.User.Team, Since: d.User.Since, Expires: d.Session.Expires}
}

// SignInByCode begins a session for a coordinator or an admin, whose code is used up. A worker's is ErrCodeForPhone, and
// still good.
func (s *Service) SignInByCode(ctx context.Context, code string, device Device) (Desk, error) {
	var d Desk
	err := s.withCode(ctx, code, func(tx WriteTx, now time.Time, c *Code, u User) (err error) {
		if u.Role == Worker {
			return ErrCodeForPhone
		}
		d, err = s.seat(tx, now, u, device, "code")
		c.Client = d.Client.ID
		return err
	})
	return d, err
}

// SignIn begins a session for a user who has shown a passkey.
func (s *Service) SignIn(ctx context.Context, user string, device Device) (Desk, error) {
	var d Desk
	err := s.Store.Update(ctx, func(tx WriteTx) error {
		u, err := userOf(tx, user)
		switch {
		case err != nil:
			return err
		case u.Disabled:
			return fmt.Errorf("user %s: %w", user, ErrUserDisabled)
		case u.Role == Worker:
			return ErrCodeForPhone
		}
		d, err = s.seat(tx, s.now(), u, device, "passkey")
		return err
	})
	return d, err
}

// withCode has fn do what a code that is good allows, and uses it up if that succeeds.
func (s *Service) withCode(ctx context.Context, code string, fn func(WriteTx, time.Time, *Code, User) error) error {
	normal, ok := normalCode(code)
	if !ok {
		return ErrCodeInvalid
	}
	find := func(tx Tx) (Code, error) {
		c, ok, err := tx.Code(codeHash(normal))
		if err == nil && !ok {
			err = ErrCodeInvalid
		}
		return c, err
	}
	if err := s.Store.View(ctx, func(tx Tx) error { _, err := find(tx); return err }); err != nil { // a guess costs no write
		return err
	}
	return s.Store.Update(ctx, func(tx WriteTx) error {
		now := s.now()
		c, err := find(tx)
		switch {
		case err != nil:
			return err
		case c.Used != nil:
			return ErrCodeUsed
		case !now.Before(c.Expires):
			return ErrCodeExpired
		}
		u, err := enrolling(tx, c)
		if err != nil {
			return err
		}
		c.Used = &now
		if err := fn(tx, now, &c, u); err != nil {
			return err
		}
		return tx.PutCode(c)
	})
}

// seat makes a session with a client of its own, and a token that nobody had before.
func (s *Service) seat(tx WriteTx, now time.Time, u User, device Device, by string) (Desk, error) {
	token := make([]byte, sessionBytes)
	if err := s.random(token); err != nil {
		return Desk{}, err
	}
	d := Desk{Token: base64.RawURLEncoding.EncodeToString(token), User: u}
	d.Session = Session{Hash: sessionHash(d.Token), User: u.ID, Created: now, Seen: now, SteppedUp: now, By: by,
		Expires: now.Add(cmp.Or(s.Longest, sessionLife)), Idle: cmp.Or(s.Idle, idleLife)}
	t, err := s.admit(tx, now, u, Client{Device: device, Expires: &d.Session.Expires, Session: d.Session.Hash})
	if err != nil {
		return Desk{}, err
	}
	d.Client, d.Session.Client = t.Client, t.Client.ID
	if d.Passkey, err = hasPasskey(tx, u.ID); err != nil {
		return Desk{}, err
	}
	return d, tx.PutSession(d.Session)
}

// AtDesk says who a session's token speaks for, and that somebody is there. Everything that does not stand is ErrSessionEnded.
func (s *Service) AtDesk(ctx context.Context, token string) (Desk, error) {
	var d Desk
	hash, now := sessionHash(token), s.now()
	err := s.Store.View(ctx, func(tx Tx) error {
		row, ok, err := tx.Session(hash)
		if err != nil {
			return err
		}
		if !ok || row.over(now) || now.Sub(s.desks.seen(row)) >= row.Idle {
			return ErrSessionEnded
		}
		d.Session = row
		d.Client, d.User, err = standing(tx, row.Client, now)
		for _, ended := range []error{ErrRevoked, ErrTokenInvalid, ErrTokenExpired, ErrUnknownClient, ErrUnknownUser} {
			if errors.Is(err, ended) {
				return fmt.Errorf("%w: %v", ErrSessionEnded, err)
			}
		}
		if err == nil {
			d.Passkey, err = hasPasskey(tx, d.User.ID)
		}
		return err
	})
	if err != nil {
		return Desk{}, err
	}
	s.desks.note(hash, now)
	if now.Sub(d.Session.Seen) >= d.Session.Idle/seenParts {
		d.Session, err = s.change(ctx, hash, func(row *Session) { row.Seen = now })
	}
	return d, err
}

// StepUp notes that whoever sits there has proved who they are.
func (s *Service) StepUp(ctx context.Context, hash string) (Session, error) {
	now := s.now()
	return s.change(ctx, hash, func(row *Session) { row.SteppedUp = now })
}

// StepUpByCode is StepUp by a fresh code of the same user, who has no passkey. A code of somebody else is ErrCodeInvalid.
func (s *Service) StepUpByCode(ctx context.Context, hash, code string) (Session, error) {
	var row Session
	err := s.withCode(ctx, code, func(tx WriteTx, now time.Time, c *Code, u User) error {
		var ok bool
		var err error
		if row, ok, err = tx.Session(hash); err != nil {
			return err
		}
		if !ok || row.over(now) {
			return ErrSessionEnded
		}
		if row.User != u.ID {
			return ErrCodeInvalid
		}
		c.Client, row.SteppedUp = row.Client, now
		return tx.PutSession(row)
	})
	return row, err
}

// SignOut ends a session, its client and all that was taken from it. It is idempotent.
func (s *Service) SignOut(ctx context.Context, hash string) error {
	now := s.now()
	row, err := s.change(ctx, hash, func(row *Session) { row.Ended = &now })
	if errors.Is(err, ErrSessionEnded) {
		return nil
	}
	if err != nil {
		return err
	}
	s.desks.forget(hash)
	_, err = s.Revoke(ctx, row.Client)
	return err
}

func (s *Service) change(ctx context.Context, hash string, fn func(*Session)) (row Session, err error) {
	err = s.Store.Update(ctx, func(tx WriteTx) error {
		var ok bool
		row, ok, err = tx.Session(hash)
		if err != nil {
			return err
		}
		if !ok || row.over(s.now()) {
			return ErrSessionEnded
		}
		fn(&row)
		return tx.PutSession(row)
	})
	return row, err
}

// sessionStands says ErrTokenExpired of a client whose session at a desk has ended, or was idle for too long.
func sessionStands(tx Tx, c Client, now time.Time) error {
	if c.Session == "" {
		return nil
	}
	row, ok, err := tx.Session(c.Session)
	if err != nil {
		return err
	}
	if !ok || row.over(now) || now.Sub(row.Seen) >= row.Idle+row.Idle/seenParts { // what is written down may be that much late
		return ErrTokenExpired
	}
	return nil
}

func sessionHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// desks remembers when somebody was last there, between what is written down. Its zero value is ready.
type desks struct {
	mu    sync.Mutex
	known map[string]time.Time // by hash
}

const desksMost = 1 << 14

func (d *desks) seen(row Session) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.known[row.Hash]; at.After(row.Seen) {
		return at
	}
	return row.Seen
}

func (d *desks) note(hash string, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) >= desksMost { // whom it forgets has what is written down
		d.known = map[string]time.Time{}
	}
	d.known[hash] = at
}

func (d *desks) forget(hash string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, hash)
}
