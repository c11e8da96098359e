package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	deltasync "alongside/sync"
)

// tokens are what a device gets on coming in and at each renewal.
type tokens struct {
	Client    deltasync.ClientID `json:"client_id"`
	User      User               `json:"user"`
	Access    string             `json:"access_token"`
	ExpiresIn int                `json:"expires_in"`
	Refresh   string             `json:"refresh_token"`
}

// Enrol makes the phone a client of the user whom the code is for. The phone's own id is kept before it is sent, so that
// Enrol may be called again with the same code if no answer came. A phone that was signed out keeps what it holds
// when the same user enrols it again; it is ErrOtherUser for another, whose code is then used.
func (p *Phone) Enrol(ctx context.Context, server, code, deviceName, platform string) error {
	server, err := address(server)
	if err != nil {
		return err
	}
	release, err := p.turn.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	var device string
	err = p.change(func(_ *bbolt.Tx, st *state) error {
		if st.Device == "" {
			if st.Device, err = p.mint(); err != nil {
				return err
			}
		}
		device = st.Device
		return nil
	})
	if err != nil {
		return err
	}
	var t tokens
	body := map[string]any{"code": code, "device": map[string]string{"id": device, "name": deviceName, "platform": platform}}
	err = p.insist(ctx, func() error { return p.post(ctx, server+"/v1/enrol", "", body, &t) })
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	return p.change(func(tx *bbolt.Tx, st *state) error {
		if st.User.ID != "" && st.User.ID != t.User.ID {
			return fmt.Errorf("enrol: %w", ErrOtherUser)
		}
		st.Server = server
		return p.adopt(tx, st, &t)
	})
}

// address checks a server's URL and gives it without a slash at its end.
func address(server string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(server))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("enrol: the server's address is to be a URL such as https://alongside.example")
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.Path, "/"), nil
}

// adopt keeps tokens. Those of a new client give the outbox new numbers, and the view a fresh start.
func (p *Phone) adopt(tx *bbolt.Tx, st *state, t *tokens) error {
	if t.Client == "" || t.Access == "" || t.Refresh == "" {
		return fmt.Errorf("%w: tokens are missing", errPortal)
	}
	if t.Client != st.Client {
		if err := renumber(tx, st); err != nil {
			return err
		}
		if err := restart(tx, st, true); err != nil {
			return err
		}
	}
	st.Client, st.User, st.SignedOut = t.Client, t.User, false
	st.Access, st.Refresh = t.Access, t.Refresh
	st.Expires = p.now().Add(time.Duration(t.ExpiresIn) * time.Second * 9 / 10)
	return nil
}

// authorized calls fn with an access token that should be good, and once more with a new one if it was not.
func (p *Phone) authorized(ctx context.Context, fn func(st *state) error) error {
	st, err := p.state()
	if err != nil {
		return err
	}
	if st.Client == "" {
		return ErrNotEnrolled
	}
	if !p.now().Before(st.Expires) {
		if st, err = p.renewed(ctx, st.Access); err != nil {
			return err
		}
	}
	err = fn(st)
	if !unauthorized(err) {
		return err
	}
	if st, err = p.renewed(ctx, st.Access); err != nil {
		return err
	}
	if err = fn(st); unauthorized(err) {
		return p.signedOut()
	}
	return err
}

func unauthorized(err error) bool {
	var pr *Problem
	return errors.As(err, &pr) && pr.Status == http.StatusUnauthorized
}

// renewed gives the state with tokens newer than access. The new refresh token is durable before anything is done with
// it; if the answer is lost, the old one gets the same again.
func (p *Phone) renewed(ctx context.Context, access string) (*state, error) {
	release, err := p.renew.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	st, err := p.state()
	if err != nil || st.Access != access {
		return st, err
	}
	var t tokens
	body := map[string]string{"refresh_token": st.Refresh}
	err = p.insist(ctx, func() error { return p.post(ctx, st.Server+"/v1/token", "", body, &t) })
	if unauthorized(err) {
		return nil, p.signedOut()
	}
	if err != nil {
		return nil, fmt.Errorf("renew tokens: %w", err)
	}
	if t.Client != "" && t.Client != st.Client {
		return nil, fmt.Errorf("renew tokens: %w", errPortal)
	}
	t.Client = st.Client
	err = p.change(func(tx *bbolt.Tx, now *state) error {
		if now.Refresh != st.Refresh {
			return nil // another client was taken meanwhile
		}
		return p.adopt(tx, now, &t)
	})
	if err != nil {
		return nil, err
	}
	return p.state()
}

func (p *Phone) signedOut() error {
	err := p.change(func(_ *bbolt.Tx, st *state) error {
		st.SignedOut = true
		return nil
	})
	return errors.Join(ErrSignedOut, err)
}

// newClient becomes another client of the same user and device: the folder was copied, or put back from a backup
// (PROTOCOL §2.3).
func (p *Phone) newClient(ctx context.Context) error {
	var t tokens
	err := p.insist(ctx, func() error {
		return p.authorized(ctx, func(st *state) error {
			return p.post(ctx, st.Server+"/v1/client", st.Access, struct{}{}, &t)
		})
	})
	if err != nil {
		return fmt.Errorf("new client: %w", err)
	}
	return p.change(func(tx *bbolt.Tx, st *state) error { return p.adopt(tx, st, &t) })
}
