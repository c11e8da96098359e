package mobileapi

import (
	"math"
	"net/http"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
)

// enrol makes a device a client of whoever the code is for.
func (a *API) enrol(c echo.Context) error {
	var req EnrolRequest
	if err := decode(c, smallBody, &req); err != nil {
		return err
	}
	device, err := req.Device.device()
	if err != nil {
		return err
	}
	t, err := a.Auth.Enrol(c.Request().Context(), req.Code, device)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, tokens(t))
}

// token gives tokens anew for a refresh token.
func (a *API) token(c echo.Context) error {
	var req TokenRequest
	if err := decode(c, smallBody, &req); err != nil {
		return err
	}
	refresh, err := needed(req.RefreshToken)
	if err != nil {
		return err
	}
	t, err := a.Auth.Refresh(c.Request().Context(), refresh)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, tokens(t))
}

// client gives a new client of the same user and device. It has nothing to say, so its body may be empty.
func (a *API) client(c echo.Context) error {
	b, err := body(c, smallBody)
	if err != nil {
		return err
	}
	if len(b) > 0 {
		if err := parse(b, &struct{}{}); err != nil {
			return err
		}
	}
	t, err := a.Auth.Fork(c.Request().Context(), string(ClientOf(c).ID))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, tokens(t))
}

func needed(refresh *string) (string, error) {
	if refresh == nil {
		return "", malformed("refresh_token is missing.")
	}
	return *refresh, nil
}

func tokens(t auth.Tokens) Tokens {
	return Tokens{
		ClientID:     t.Client.ID,
		User:         User{ID: t.User.ID, Name: t.User.Name, Role: string(t.User.Role), Team: t.User.Team},
		AccessToken:  t.Access,
		TokenType:    "Bearer",
		ExpiresIn:    int(math.Floor(t.ExpiresIn.Seconds())),
		RefreshToken: t.Refresh,
	}
}

// What a device says of itself is shown in lists, so it is cut to what a line can show.
const (
	deviceWord = 100 // characters
	deviceID   = 128 // bytes
)

func (d Device) device() (auth.Device, error) {
	if len(d.ID) > deviceID {
		return auth.Device{}, malformed("device.id is longer than a UUID.")
	}
	return auth.Device{ID: d.ID, Name: line(d.Name), Platform: line(d.Platform)}, nil
}

func line(s string) string {
	clean := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s))
	return string(clean[:min(len(clean), deviceWord)])
}
