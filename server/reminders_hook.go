package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"alongside/internal/auth"
	"alongside/internal/reminder"
	mobileapi "alongside/mobile-api"

	"github.com/labstack/echo/v4"
)

// mostNotice is what a provider's notice may have, in bytes.
const mostNotice = 64 << 10

// notice is what GOV.UK Notify tells: what became of a message that it took, or a text that came in.
type notice struct {
	ID        string `json:"id"`
	Reference string `json:"reference"` // the message's id, as it was sent
	Status    string `json:"status"`    // of a message
	To        string `json:"to"`
	From      string `json:"source_number"`
	Words     string `json:"message"`
}

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
		var n notice
		if err != nil || json.Unmarshal(body, &n) != nil {
			return &mobileapi.Refusal{Status: http.StatusBadRequest, Code: "malformed", Detail: "The body is to be one JSON object, as the provider sends it."}
		}
		if err := p.heard(c, n); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// heard does what a notice says. What it does not know it lets pass: a provider that is told of an error sends it again.
func (p *parts) heard(c echo.Context, n notice) error {
	ctx := c.Request().Context()
	switch {
	case n.From != "" && n.ID != "":
		return p.reminders.Text(ctx, reminder.Text{ID: n.ID, From: n.From, Words: n.Words})
	case n.Status == "delivered":
		return p.reminders.Receipt(ctx, reminder.Receipt{ID: n.Reference, To: n.To, Done: true})
	case n.Status == "permanent-failure":
		return p.reminders.Receipt(ctx, reminder.Receipt{ID: n.Reference, To: n.To, Gone: true, Why: "permanent"})
	case n.Status == "temporary-failure":
		return p.reminders.Receipt(ctx, reminder.Receipt{ID: n.Reference, To: n.To, Why: "unreached"})
	case n.Status == "technical-failure":
		return p.reminders.Receipt(ctx, reminder.Receipt{ID: n.Reference, To: n.To, Why: "technical"})
	}
	return nil
}
