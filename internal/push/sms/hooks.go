package sms

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"strings"

	"alongside/internal/push"
)

// Receipt is what became of a text after it had been taken.
type Receipt struct {
	ID        string // ours
	Delivered bool
	Gone      bool   // there is no such phone
	Why       string // a code, where it was not delivered
}

// Inbound is a text that came in.
type Inbound struct {
	ID    string // the provider's
	From  string // a number
	Words string
}

// ErrHook says that a callback is of no form that Notify sends.
var ErrHook = errors.New("this is neither a delivery receipt nor a received text of GOV.UK Notify")

// Allowed reports whether an Authorization header shows the token that callbacks are to show. How long it takes says nothing of the token.
func (n *Notify) Allowed(header string) bool {
	scheme, token, _ := strings.Cut(header, " ")
	got, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(n.config.Token))
	same := subtle.ConstantTimeCompare(got[:], want[:]) == 1
	return same && n.config.Token != "" && strings.EqualFold(scheme, "Bearer")
}

// Parse reads a callback: a receipt, or a text that came in. Both are nil for a receipt of a message that we did not name, or that says nothing new.
func (n *Notify) Parse(body []byte) (*Receipt, *Inbound, error) {
	var hook struct {
		ID        string  `json:"id"`
		Reference *string `json:"reference"`
		Status    string  `json:"status"`
		Source    string  `json:"source_number"`
		Message   *string `json:"message"`
	}
	if json.Unmarshal(body, &hook) != nil || hook.ID == "" {
		return nil, nil, ErrHook
	}
	switch {
	case hook.Source != "" && hook.Message != nil:
		return nil, &Inbound{ID: hook.ID, From: hook.Source, Words: *hook.Message}, nil
	case hook.Status == "":
		return nil, nil, ErrHook
	case hook.Reference == nil || *hook.Reference == "":
		return nil, nil, nil
	}
	o := came(hook.Status)
	r := &Receipt{ID: *hook.Reference, Delivered: hook.Status == "delivered", Gone: o.Status == push.Gone, Why: o.Why}
	if o.Status == push.Sent && !r.Delivered {
		return nil, nil, nil // it is still under way
	}
	return r, nil, nil
}
