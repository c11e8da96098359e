package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	mobileapi "alongside/mobile-api"
)

const (
	plainCookie  = "alongside"
	secureCookie = "__Host-alongside" // taken from this host alone, over TLS (RFC 6265bis §4.1.3.2)
	csrfHeader   = "X-CSRF-Token"
	deskKey      = "alongside.desk"
	tokenKey     = "alongside.session"
)

var (
	errForeign = &mobileapi.Refusal{Status: http.StatusForbidden, Code: "other_site",
		Detail: "The request came from another site. Open the console at its own address."}
	errCSRF = &mobileapi.Refusal{Status: http.StatusForbidden, Code: "csrf",
		Detail: "The request does not carry this session's token. Load the console again."}
	errStepUp = &mobileapi.Refusal{Status: http.StatusForbidden, Code: "step_up_needed",
		Detail: "Confirm first that it is you, with your passkey or a fresh code. It holds for five minutes."}
)

// secure reports whether browsers reach the server over TLS, maybe by way of a proxy.
func (s *Console) secure(c echo.Context) bool {
	return c.IsTLS() || strings.HasPrefix(s.Office.URL, "https://")
}

func (s *Console) cookieName(c echo.Context) string {
	if s.secure(c) {
		return secureCookie
	}
	return plainCookie
}

// setCookie gives the browser a session's token; empty: takes it away. It lives for as long as the browser, at most.
func (s *Console) setCookie(c echo.Context, token string) {
	cookie := &http.Cookie{Name: s.cookieName(c), Value: token, Path: "/", HttpOnly: true, Secure: s.secure(c), SameSite: http.SameSiteStrictMode}
	if token == "" {
		cookie.MaxAge = -1
	}
	c.SetCookie(cookie)
}

// csrfOf is what a page of ours sends along. It follows from the cookie, which other sites cannot read, and tells nothing of it.
func csrfOf(token string) string {
	sum := sha256.Sum256([]byte("alongside csrf 1 " + token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// own lets no other site in: its browser says where a request comes from (Fetch Metadata, RFC 6454).
func (s *Console) own(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.sameSite(c.Request()); err != nil {
			return err
		}
		return told(next(c))
	}
}

// told says of sessions what phones never hear.
func told(err error) error {
	for _, known := range []struct {
		err error
		mobileapi.Refusal
	}{
		{auth.ErrSessionEnded, mobileapi.Refusal{Status: http.StatusUnauthorized, Code: "session_ended", Detail: "You are signed out. Sign in again."}},
		{auth.ErrCodeForPhone, mobileapi.Refusal{Status: http.StatusForbidden, Code: "code_for_phone",
			Detail: "This code is for the app on a worker's phone. It is still good there: open its link on the phone."}},
		{auth.ErrNoPasskey, mobileapi.Refusal{Status: http.StatusUnauthorized, Code: "passkey_unknown",
			Detail: "This passkey is not known here. Try another, or ask for a new link."}},
		{auth.ErrUnknownUser, *errUnseen},
		{auth.ErrUnknownClient, *errUnseen},
	} {
		if errors.Is(err, known.err) {
			return &known.Refusal
		}
	}
	return err
}

func (s *Console) sameSite(r *http.Request) error {
	site := r.Header.Get("Sec-Fetch-Site")
	if site != "" && site != "same-origin" && !(site == "none" && safe(r.Method)) {
		return errForeign
	}
	if safe(r.Method) {
		return nil
	}
	if from := r.Header.Get("Origin"); from != "" && from != strings.TrimSuffix(s.Office.URL, "/") {
		if at, err := url.Parse(from); err != nil || at.Host != r.Host {
			return errForeign
		}
	}
	check := http.NewCrossOriginProtection()
	if at := s.Office.URL; at != "" {
		_ = check.AddTrustedOrigin(at) // one that is none leaves the address that was asked
	}
	if check.Check(r) != nil {
		return errForeign
	}
	return nil
}

// Desk tells mobileapi who asks by cookie. It is as strict as the routes here.
func (s *Console) Desk(c echo.Context) (auth.Identity, bool, error) {
	if _, err := c.Cookie(s.cookieName(c)); err != nil {
		return auth.Identity{}, false, nil
	}
	if err := s.sameSite(c.Request()); err != nil {
		return auth.Identity{}, true, err
	}
	d, err := s.sit(c)
	return d.Identity(), true, told(err)
}

// signedIn lets in whoever has the cookie of a session that stands, and with it whatever is not a mere read, its token.
func (s *Console) signedIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if _, err := s.sit(c); err != nil {
			if errors.Is(err, auth.ErrSessionEnded) {
				s.setCookie(c, "")
			}
			return err
		}
		return next(c)
	}
}

func (s *Console) sit(c echo.Context) (auth.Desk, error) {
	cookie, err := c.Cookie(s.cookieName(c))
	if err != nil || cookie.Value == "" || len(cookie.Value) > 256 {
		return auth.Desk{}, auth.ErrSessionEnded
	}
	sent := c.Request().Header.Get(csrfHeader)
	if !safe(c.Request().Method) && subtle.ConstantTimeCompare([]byte(sent), []byte(csrfOf(cookie.Value))) != 1 {
		return auth.Desk{}, errCSRF
	}
	d, err := s.auth().AtDesk(c.Request().Context(), cookie.Value)
	if err != nil {
		return auth.Desk{}, err
	}
	c.Set(deskKey, d)
	c.Set(tokenKey, cookie.Value)
	mobileapi.Identify(c, d.Identity())
	return d, nil
}

// steppedUp lets in whoever has proved in the last minutes who they are.
func (s *Console) steppedUp(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.fresh(c); err != nil {
			return err
		}
		return next(c)
	}
}

func (s *Console) fresh(c echo.Context) error {
	if !s.now().Before(deskOf(c).Session.SteppedUpUntil()) {
		return errStepUp
	}
	return nil
}

func deskOf(c echo.Context) auth.Desk { return c.Get(deskKey).(auth.Desk) }

func (s *Console) enrol(c echo.Context) error {
	var req mobileapi.EnrolRequest
	if err := mobileapi.Decode(c, small, &req); err != nil {
		return err
	}
	device, err := mobileapi.NewDevice(req.Device)
	if err != nil {
		return err
	}
	d, err := s.auth().SignInByCode(c.Request().Context(), req.Code, device)
	if err != nil {
		return err
	}
	return s.begin(c, d)
}

// begin answers a sign-in. A session that the browser had before ends: its token is worth nothing any more.
func (s *Console) begin(c echo.Context, d auth.Desk) error {
	if former, err := c.Cookie(s.cookieName(c)); err == nil {
		if was, err := s.auth().AtDesk(c.Request().Context(), former.Value); err == nil {
			if err := s.auth().SignOut(c.Request().Context(), was.Session.Hash); err != nil {
				return err
			}
		}
	}
	s.setCookie(c, d.Token)
	return c.JSON(http.StatusOK, shown(d, d.Token))
}

func (s *Console) session(c echo.Context) error {
	return c.JSON(http.StatusOK, shown(deskOf(c), c.Get(tokenKey).(string)))
}

func (s *Console) signOut(c echo.Context) error {
	if err := s.auth().SignOut(c.Request().Context(), deskOf(c).Session.Hash); err != nil {
		return err
	}
	s.setCookie(c, "")
	return c.NoContent(http.StatusNoContent)
}
