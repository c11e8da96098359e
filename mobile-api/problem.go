package mobileapi

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

// Refusal is an error with what a phone and the person who holds it need to know. Its words are ours alone: nothing
// that was sent, and no personal data.
type Refusal struct {
	Status     int
	Code       string        // stable
	Detail     string        // what to do
	Through    *uint64       // the highest op number that the store holds, where it matters
	Supported  []int         // schemas
	RetryAfter time.Duration // 0: not said
	Accept     string        // content codings that would have done (RFC 9110 §12.5.3)
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Detail }

// Problem is echo's HTTPErrorHandler: it answers with application/problem+json (RFC 9457). What it does not know is
// "internal", and its text stays inside.
func Problem(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	r := refusal(err)
	h := c.Response().Header()
	for _, name := range []string{echo.HeaderContentLength, echo.HeaderContentEncoding, echo.HeaderVary} {
		h.Del(name)
	}
	h.Set(echo.HeaderContentType, "application/problem+json")
	h.Set(echo.HeaderCacheControl, "no-store")
	if r.Status == http.StatusUnauthorized {
		h.Set(echo.HeaderWWWAuthenticate, `Bearer error="invalid_token"`)
	}
	if r.RetryAfter > 0 {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(r.RetryAfter.Seconds()))))
	}
	if r.Accept != "" {
		h.Set(echo.HeaderAcceptEncoding, r.Accept)
	}
	c.Response().WriteHeader(r.Status)
	if c.Request().Method == http.MethodHead {
		return
	}
	_ = json.NewEncoder(c.Response()).Encode(problem{Type: "about:blank", Title: http.StatusText(r.Status), Status: r.Status,
		Code: r.Code, Detail: r.Detail, Through: r.Through, Supported: r.Supported}) // a client that is gone needs no answer
}

type problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Code      string  `json:"code"`
	Detail    string  `json:"detail"`
	Through   *uint64 `json:"through,omitempty"`
	Supported []int   `json:"supported,omitempty"`
}

// refusal is the one place where errors become problems.
func refusal(err error) *Refusal {
	var (
		known  *Refusal
		gap    *deltasync.GapError
		behind *deltasync.BehindError
		schema *deltasync.SchemaError
		routed *echo.HTTPError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &gap):
		return &Refusal{Status: http.StatusConflict, Code: "op_number_gap", Through: &gap.Through,
			Detail: "Entries are missing before these. Send them again from the number after through, without gaps."}
	case errors.As(err, &behind):
		return &Refusal{Status: http.StatusConflict, Code: "client_behind", Through: &behind.Through,
			Detail: "This app was copied or put back in time. Take a new client (POST /v1/client), and send its entries again under it."}
	case errors.As(err, &schema):
		return &Refusal{Status: http.StatusBadRequest, Code: "unknown_schema", Supported: deltasync.Supported,
			Detail: "The server does not know this form of request. Use one that it supports."}
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return &s.Refusal
		}
	}
	if errors.As(err, &routed) {
		return httpRefusal(routed.Code)
	}
	return httpRefusal(http.StatusInternalServerError)
}

var sentinels = []struct {
	err error
	Refusal
}{
	{deltasync.ErrMalformed, Refusal{Status: http.StatusBadRequest, Code: "malformed",
		Detail: "Each op has a whole number n from 1 on, and integers stay below 2^53. Update the app."}},
	{deltasync.ErrTooMany, Refusal{Status: http.StatusRequestEntityTooLarge, Code: "too_many_ops",
		Detail: "A request takes at most " + strconv.Itoa(deltasync.MaxOps) + " entries. Send them in several."}},
	{deltasync.ErrNumberReused, Refusal{Status: http.StatusConflict, Code: "op_number_reused",
		Detail: "A number that another entry has was used again, so nothing was taken. Take a new client (POST /v1/client), and send the entries again under it."}},

	{auth.ErrCodeInvalid, Refusal{Status: http.StatusUnauthorized, Code: "code_invalid",
		Detail: "The code is not right. Type it again, or ask for a new one."}},
	{auth.ErrCodeUsed, Refusal{Status: http.StatusUnauthorized, Code: "code_used",
		Detail: "The code has been used. Ask for a new one."}},
	{auth.ErrCodeExpired, Refusal{Status: http.StatusUnauthorized, Code: "code_expired",
		Detail: "The code is too old. Ask for a new one."}},
	{auth.ErrUserDisabled, Refusal{Status: http.StatusForbidden, Code: "user_disabled",
		Detail: "This account is closed. Ask your coordinator."}},
	{auth.ErrRevoked, Refusal{Status: http.StatusForbidden, Code: "device_revoked",
		Detail: "This device was cut off. It hands in what it has not sent yet (POST /v1/last), and then erases itself."}},
	{auth.ErrNotRevoked, Refusal{Status: http.StatusConflict, Code: "not_revoked",
		Detail: "This device is not cut off. It syncs as always."}},
	{auth.ErrTokenReused, Refusal{Status: http.StatusUnauthorized, Code: "token_reused",
		Detail: "Somebody else may have used this sign-in, so it has ended. Sign in with a new code."}},
	{auth.ErrTokenExpired, Refusal{Status: http.StatusUnauthorized, Code: "token_expired",
		Detail: "The sign-in is too old. Renew it, or sign in with a new code."}},
	{auth.ErrTokenInvalid, Refusal{Status: http.StatusUnauthorized, Code: "token_invalid",
		Detail: "The sign-in is missing or not valid. Renew it, or sign in with a new code."}},
	{auth.ErrUnknownClient, Refusal{Status: http.StatusUnauthorized, Code: "token_invalid",
		Detail: "The server does not know this device any more. Sign in with a new code."}},
	{auth.ErrUnknownUser, Refusal{Status: http.StatusUnauthorized, Code: "token_invalid",
		Detail: "The server does not know this account any more. Ask for a new code."}},

	{context.Canceled, unavailable},
	{context.DeadlineExceeded, unavailable},
}

var unavailable = Refusal{Status: http.StatusServiceUnavailable, Code: "unavailable", RetryAfter: 2 * time.Second,
	Detail: "The server cannot answer just now. Nothing is lost. Try again in a moment."}

// NoRoom is what a phone is told while the server's disk is full.
func NoRoom() *Refusal {
	return &Refusal{Status: http.StatusInsufficientStorage, Code: "disk_full", RetryAfter: 15 * time.Second,
		Detail: "The server has no room left. Nothing is lost: what you wrote stays on this device, and is sent again. Tell whoever runs the server."}
}

// httpRefusal is what there is to say of a status alone.
func httpRefusal(status int) *Refusal {
	switch status {
	case http.StatusBadRequest:
		return &Refusal{Status: status, Code: "malformed", Detail: "The request is not of the form that it is to have. Update the app."}
	case http.StatusUnauthorized:
		return refusal(auth.ErrTokenInvalid)
	case http.StatusForbidden:
		return &Refusal{Status: status, Code: "forbidden", Detail: "This is not open to you. Ask your coordinator."}
	case http.StatusNotFound:
		return &Refusal{Status: status, Code: "not_found", Detail: "There is nothing at this address. Check it."}
	case http.StatusMethodNotAllowed:
		return &Refusal{Status: status, Code: "method_not_allowed", Detail: "This address takes other methods; Allow names them."}
	case http.StatusRequestEntityTooLarge:
		return &Refusal{Status: status, Code: "too_large", Detail: "The request is too large. Send less at a time."}
	case http.StatusUnsupportedMediaType:
		return &Refusal{Status: status, Code: "unsupported_media_type", Detail: "Send JSON in UTF-8, with Content-Type: application/json."}
	case http.StatusTooManyRequests:
		return tooMany(time.Second)
	case http.StatusServiceUnavailable:
		return &unavailable
	}
	if status >= 400 && status < 500 {
		return &Refusal{Status: status, Code: "refused", Detail: "The request cannot be taken as it is. Update the app."}
	}
	return &Refusal{Status: http.StatusInternalServerError, Code: "internal",
		Detail: "Something is wrong on the server, not with what you did. Nothing is lost. Try again later."}
}

func tooMany(wait time.Duration) *Refusal {
	return &Refusal{Status: http.StatusTooManyRequests, Code: "rate_limited", RetryAfter: max(wait, time.Second),
		Detail: "Too much at once. Wait for as long as Retry-After says, and try again."}
}

func tooLarge(limit int) error {
	return &Refusal{Status: http.StatusRequestEntityTooLarge, Code: "too_large",
		Detail: "A request takes at most " + strconv.Itoa(limit>>10) + " KiB, unpacked. Send less at a time."}
}
