package sms

import (
	"encoding/json"
	"errors"

	"alongside/internal/push"
)

// Receipt is what became of a text after it had been taken.
type Receipt struct {
	ID        string // ours
	To        string // the number that it went to
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

// ErrNotice says that a callback is not of the form in which Notify sends.
var ErrNotice = errors.New("the body is to be one JSON object, as the provider sends it")

// ParseNotice reads what GOV.UK Notify tells: a receipt, or a text that came in. Both are nil where it says nothing that is of use, such as that a
// message is still under way, or something of a later version.
func ParseNotice(body []byte) (*Receipt, *Inbound, error) {
	var notice struct {
		ID        string `json:"id"`
		Reference string `json:"reference"`
		Status    string `json:"status"`
		To        string `json:"to"`
		From      string `json:"source_number"`
		Words     string `json:"message"`
	}
	if json.Unmarshal(body, &notice) != nil {
		return nil, nil, ErrNotice
	}
	if notice.From != "" {
		if notice.ID == "" {
			return nil, nil, nil
		}
		return nil, &Inbound{ID: notice.ID, From: notice.From, Words: notice.Words}, nil
	}
	if notice.Reference == "" {
		return nil, nil, nil
	}
	r := &Receipt{ID: notice.Reference, To: notice.To, Delivered: notice.Status == "delivered"}
	o := came(notice.Status)
	if r.Gone, r.Why = o.Status == push.Gone, o.Why; o.Status == push.Sent && !r.Delivered {
		return nil, nil, nil
	}
	return r, nil, nil
}
