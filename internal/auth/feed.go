package auth

import (
	"context"
	"encoding/base64"
	"time"
)

// FeedKind is Session.By of an address that a user's calendar is read at: it is good for nothing else.
const FeedKind = "calendar"

const feedLife = 400 * 24 * time.Hour

// NewFeed makes the address of a user's calendar, and ends those that there were. As with sessions, only its hash is kept.
func (s *Service) NewFeed(ctx context.Context, user string) (token string, err error) {
	err = s.Store.Update(ctx, func(tx WriteTx) error {
		if err := s.endFeeds(tx, user); err != nil {
			return err
		}
		secret := make([]byte, sessionBytes)
		if err := s.random(secret); err != nil {
			return err
		}
		now := s.now()
		token = base64.RawURLEncoding.EncodeToString(secret)
		return tx.PutSession(Session{Hash: sessionHash(token), User: user, Created: now, Seen: now, Expires: now.Add(feedLife), By: FeedKind})
	})
	return token, err
}

// EndFeeds ends the addresses of a user's calendar.
func (s *Service) EndFeeds(ctx context.Context, user string) error {
	return s.Store.Update(ctx, func(tx WriteTx) error { return s.endFeeds(tx, user) })
}

func (s *Service) endFeeds(tx WriteTx, user string) error {
	now := s.now()
	var mine []Session
	err := tx.Sessions(func(row Session) error {
		if row.User == user && row.By == FeedKind && !row.over(now) {
			mine = append(mine, row)
		}
		return nil
	})
	for _, row := range mine {
		if err == nil {
			row.Ended = &now
			err = tx.PutSession(row)
		}
	}
	return err
}

// Feed says whose calendar is read at an address, as a client of theirs. One that is not good, or of a user who is disabled, is ErrTokenInvalid.
func (s *Service) Feed(ctx context.Context, token string) (id Identity, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		row, ok, err := tx.Session(sessionHash(token))
		if err != nil {
			return err
		}
		if !ok || row.By != FeedKind || row.over(s.now()) {
			return ErrTokenInvalid
		}
		u, ok, err := tx.User(row.User)
		if err != nil {
			return err
		}
		if !ok || u.Disabled {
			return ErrTokenInvalid
		}
		id = Identity{User: u.ID, Role: u.Role, Team: u.Team, Since: u.Since}
		return nil
	})
	return id, err
}
