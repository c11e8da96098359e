package mobileapi

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
)

// mostTarget bounds a target's value, in bytes. Subscriptions of browsers and tokens of phones have some hundreds.
const mostTarget = 4 << 10

// PushRequest says how a phone is woken.
type PushRequest struct {
	Kind  string          `json:"kind"`
	Value json.RawMessage `json:"value"` // of webpush, the subscription as the browser gives it, as an object or as its text
}

// PushKey is the server's key for subscriptions of browsers (VAPID, RFC 8292 §3.2).
type PushKey struct {
	PublicKey string `json:"public_key"` // base64url without padding
}

// setTarget keeps how the client is woken.
func (a *API) setTarget(c echo.Context) error {
	var req PushRequest
	if err := decode(c, smallBody, &req); err != nil {
		return err
	}
	t, err := a.target(req)
	if err != nil {
		return err
	}
	if err := a.Auth.SetTarget(c.Request().Context(), string(ClientOf(c).ID), t); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// forgetTarget lets the client sleep.
func (a *API) forgetTarget(c echo.Context) error {
	if err := a.Auth.ForgetTarget(c.Request().Context(), string(ClientOf(c).ID), auth.Target{}); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// pushKey gives the public key to which browsers subscribe. It is no secret.
func (a *API) pushKey(c echo.Context) error {
	key, err := a.Auth.PushKey(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, PushKey{key.Public})
}

func (a *API) target(req PushRequest) (auth.Target, error) {
	text := ""
	switch isText := json.Unmarshal(req.Value, &text) == nil; {
	case req.Kind != "fcm" && req.Kind != "webpush":
		return auth.Target{}, badTarget("kind is to be fcm or webpush.")
	case req.Kind == "webpush" && !isText:
		text = string(req.Value)
	}
	switch {
	case text == "":
		return auth.Target{}, badTarget("value is to be the token, or the subscription, that the phone was given.")
	case len(text) > mostTarget:
		return auth.Target{}, badTarget("value is longer than 4 KiB.")
	}
	if req.Kind == "webpush" {
		value, err := a.Subscription([]byte(text))
		return auth.Target{Kind: req.Kind, Value: value}, err
	}
	return auth.Target{Kind: req.Kind, Value: text}, nil
}

// Subscription reads what a browser gave, and puts it into one form. Where the push service is none to which the server sends, or the
// subscription is not one, it is a Refusal.
func (a *API) Subscription(text []byte) (string, error) {
	var s struct {
		Endpoint string `json:"endpoint"`
		Keys     struct {
			P256dh string `json:"p256dh"`
			Auth   string `json:"auth"`
		} `json:"keys"`
	}
	if json.Unmarshal(text, &s) != nil || s.Endpoint == "" || s.Keys.P256dh == "" || s.Keys.Auth == "" {
		return "", badTarget("value is no subscription of a browser: it has endpoint, and keys with p256dh and auth.")
	}
	at, err := url.Parse(s.Endpoint)
	if err != nil || at.Hostname() == "" || at.User != nil || a.PushHost == nil || !a.PushHost(at) {
		return "", &Refusal{Status: http.StatusUnprocessableEntity, Code: "push_host_not_allowed",
			Detail: "This browser's push service is none to which the server sends. Whoever runs the server can allow it with --push-hosts."}
	}
	value, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	if a.PushValid != nil {
		if err := a.PushValid(string(value)); err != nil {
			return "", badTarget("It cannot be sent to: " + err.Error() + ".")
		}
	}
	return string(value), nil
}

func badTarget(detail string) error {
	return &Refusal{Status: http.StatusUnprocessableEntity, Code: "bad_target", Detail: detail + " If you did not write the app, update it."}
}
