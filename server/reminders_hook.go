package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"net/http"
	"strings"

	"alongside/internal/auth"
	"alongside/internal/push/sms"
	"alongside/internal/reminder"
	mobileapi "alongside/mobile-api"

	"github.com/labstack/echo/v4"
)

// mostNotice is what a provider's notice may have, in bytes.
const mostNotice = 64 << 10

// notified takes a notice of whoever shows the token. All others are answered in the same words, whatever they sent.
func (p *parts) notified(token string) echo.HandlerFunc {
	want := sha256.Sum256([]byte(token))
	return func(c echo.Context) error {
		if err := p.guesses.Arrived(c.RealIP()); err != nil {
			return err
		}
		scheme, shown, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(shown)))
		if same := subtle.ConstantTimeCompare(got[:], want[:]) == 1; !same || token == "" || !strings.EqualFold(scheme, "Bearer") {
			if held := p.guesses.Wrong(c.RealIP()); held != nil {
				return held
			}
			return auth.ErrTokenInvalid
		}
		body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, mostNotice))
		var receipt *sms.Receipt
		var text *sms.Inbound
		if err == nil {
			receipt, text, err = sms.ParseNotice(body)
		}
		if err != nil {
			return &mobileapi.Refusal{Status: http.StatusBadRequest, Code: "malformed", Detail: "The body is to be one JSON object, as the provider sends it."}
		}
		// What says nothing is let pass: a provider that is told of an error sends it again.
		switch ctx := c.Request().Context(); {
		case text != nil:
			err = p.reminders.Text(ctx, reminder.Text{ID: text.ID, From: text.From, Words: text.Words})
		case receipt != nil:
			err = p.reminders.Receipt(ctx, reminder.Receipt{ID: receipt.ID, To: receipt.To, Done: receipt.Delivered, Gone: receipt.Gone, Why: receipt.Why})
		}
		if err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}
