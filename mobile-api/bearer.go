package mobileapi

import (
	"strings"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

const identityKey = "alongside.identity"

// Bearer lets in whoever shows the access token of a client that stands (RFC 6750 §2.1).
func (a *API) Bearer(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		scheme, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return auth.ErrTokenInvalid
		}
		id, err := a.Auth.Verify(c.Request().Context(), strings.TrimSpace(token))
		if err != nil {
			return err
		}
		c.Set(identityKey, id)
		return next(c)
	}
}

// atDesk is Bearer, but that the cookie of a session stands in for a token that is not there.
func (a *API) atDesk(next echo.HandlerFunc) echo.HandlerFunc {
	bearer := a.Bearer(next)
	return func(c echo.Context) error {
		if a.Desk == nil || c.Request().Header.Get(echo.HeaderAuthorization) != "" {
			return bearer(c)
		}
		id, found, err := a.Desk(c)
		if err != nil {
			return err
		}
		if !found {
			return bearer(c)
		}
		c.Set(identityKey, id)
		return next(c)
	}
}

// Identify makes a client the one that the request is by, for the log and for ClientOf.
func Identify(c echo.Context, id auth.Identity) { c.Set(identityKey, id) }

// ClientOf is who Bearer let in.
func ClientOf(c echo.Context) deltasync.Client { return clientOf(identityOf(c)) }

func identityOf(c echo.Context) auth.Identity {
	id, ok := c.Get(identityKey).(auth.Identity)
	if !ok {
		panic("a route that asks who is there stands behind Bearer")
	}
	return id
}

func clientOf(id auth.Identity) deltasync.Client {
	return deltasync.Client{ID: deltasync.ClientID(id.Client), User: deltasync.UserID(id.User), Role: deltasync.Role(id.Role),
		Team: deltasync.TeamID(id.Team), Since: deltasync.Version(id.Since)}
}
