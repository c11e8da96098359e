package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	accessLife  = 10 * time.Minute
	accessType  = "at+jwt" // RFC 9068 §2.1
	audience    = "alongside/v1"
	accessBytes = 4096            // longer is no token of ours
	clockSlack  = 2 * time.Second // for a clock that was set back a little
)

// claims of an access token: iss, aud, sub (the user), iat, exp, and these two.
type claims struct {
	jwt.RegisteredClaims
	Client string `json:"cid"`
	Family string `json:"fam"`
}

var errClaimMissing = errors.New("iat, sub, cid or fam is missing")

// Validate is called by the parser, after its own checks.
func (c *claims) Validate() error {
	if c.IssuedAt == nil || c.Subject == "" || c.Client == "" || c.Family == "" {
		return errClaimMissing
	}
	return nil
}

// Verify says who an access token speaks for. It is ErrRevoked for a revoked client or a disabled user; ErrTokenExpired when
// the token's or the client's time is up; ErrTokenInvalid for all else that is not a token of a client that stands.
func (s *Service) Verify(ctx context.Context, access string) (Identity, error) {
	if len(access) > accessBytes || strings.ContainsAny(access, "\r\n") { // base64 decoders skip line breaks
		return Identity{}, ErrTokenInvalid
	}
	now := s.now()
	sum := sha256.Sum256([]byte(access))
	id, era, ok := s.verified.find(sum, now)
	if ok {
		return id, nil
	}
	c, err := s.parse(ctx, access, now)
	if err != nil {
		return Identity{}, err
	}
	err = s.Store.View(ctx, func(tx Tx) error {
		client, u, err := standing(tx, c.Client, now)
		switch {
		case errors.Is(err, ErrUnknownClient), errors.Is(err, ErrUnknownUser): // lost with a restore
			return fmt.Errorf("%w: %v", ErrTokenInvalid, err)
		case err != nil:
			return err
		case client.User != c.Subject || client.Family != c.Family:
			return fmt.Errorf("client %s: %w", client.ID, ErrTokenInvalid)
		}
		id = Identity{
			Client: client.ID, User: u.ID, Role: u.Role, Team: u.Team, Since: u.Since,
			Expires: c.ExpiresAt.UTC(),
		}
		if client.Expires != nil && client.Expires.Before(id.Expires) {
			id.Expires = *client.Expires
		}
		return nil
	})
	if err != nil {
		return Identity{}, err
	}
	s.verified.keep(sum, id, era, now)
	return id, nil
}

// parse checks all of an access token that needs no row but the keys.
func (s *Service) parse(ctx context.Context, access string, now time.Time) (claims, error) {
	var (
		c      claims
		key    signingKey
		broken error // the store's, not the token's
	)
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(s.issuer()),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(clockSlack),
		jwt.WithTimeFunc(func() time.Time { return now }),
		jwt.WithStrictDecoding(),
	)
	_, err := parser.ParseWithClaims(access, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		if t.Header["typ"] != accessType || kid == "" {
			return nil, ErrTokenInvalid
		}
		var ok bool
		key, ok, broken = s.keyNamed(ctx, kid, now)
		if broken != nil || !ok {
			return nil, ErrTokenInvalid
		}
		return key.public, nil
	})
	switch {
	case broken != nil:
		return claims{}, broken
	case err != nil && onlyExpired(err):
		return claims{}, ErrTokenExpired
	case err != nil:
		return claims{}, fmt.Errorf("%w: %v", ErrTokenInvalid, err)
	case key.retired(now): // still good by its claims: not made while the key was in use
		return claims{}, fmt.Errorf("%w: key %s is retired", ErrTokenInvalid, key.id)
	}
	return c, nil
}

// onlyExpired reports whether a token was ours and is merely too old. Claims are checked after the signature, all of
// them, and the faults are joined.
func onlyExpired(err error) bool {
	others := []error{
		jwt.ErrTokenInvalidAudience, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenNotValidYet,
		jwt.ErrTokenRequiredClaimMissing, errClaimMissing,
	}
	return errors.Is(err, jwt.ErrTokenExpired) &&
		!slices.ContainsFunc(others, func(other error) bool { return errors.Is(err, other) })
}

// signed adds the access token, which ends no later than the client does.
func (s *Service) signed(t Tokens, key signingKey) (Tokens, error) {
	now := s.now()
	expires := now.Add(accessLife)
	if t.Client.Expires != nil && t.Client.Expires.Before(expires) {
		expires = *t.Client.Expires
	}
	up := expires.Add(time.Second - 1).Truncate(time.Second) // claims are whole seconds: never less than is said
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    s.issuer(),
			Audience:  jwt.ClaimStrings{audience},
			Subject:   t.User.ID,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(up),
		},
		Client: t.Client.ID,
		Family: t.Client.Family,
	})
	token.Header["typ"], token.Header["kid"] = accessType, key.id
	access, err := token.SignedString(key.private)
	if err != nil {
		return Tokens{}, fmt.Errorf("sign with key %s: %w", key.id, err)
	}
	t.Access, t.ExpiresIn = access, expires.Sub(now)
	return t, nil
}
