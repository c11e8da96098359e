package mobileapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	deltasync "alongside/sync"
)

// EnrolRequest is the body of POST /v1/enrol.
type EnrolRequest struct {
	Code   string `json:"code"`
	Device Device `json:"device"`
}

// Device is what a phone or a browser says of itself.
type Device struct {
	ID       string `json:"id,omitempty"` // its own, and the same each time: then a reply that was lost can be asked for again
	Name     string `json:"name"`
	Platform string `json:"platform"`
}

// Tokens is the response of /v1/enrol, /v1/token and /v1/client.
type Tokens struct {
	ClientID     string `json:"client_id"`
	User         User   `json:"user"`
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"` // "Bearer"
	ExpiresIn    int    `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token"`
}

// User is whose client it is.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
	Team string `json:"team"`
}

// TokenRequest is the body of POST /v1/token.
type TokenRequest struct {
	RefreshToken *string `json:"refresh_token"`
}

// LastRequest is the body of POST /v1/last.
type LastRequest struct {
	RefreshToken *string `json:"refresh_token"`
	Ops          Ops     `json:"ops,omitempty"`
}

// SyncRequest is the body of POST /v1/sync. A member that is null counts as absent.
type SyncRequest struct {
	Schema    int               `json:"schema"`
	Cursor    string            `json:"cursor"`
	LastN     *uint64           `json:"last_n"`
	LostBelow uint64            `json:"lost_below,omitempty"`
	SentAt    string            `json:"sent_at,omitempty"`   // RFC 3339
	MaxBytes  *int64            `json:"max_bytes,omitempty"` // of the response, before it is packed
	Audit     bool              `json:"audit,omitempty"`
	Refetch   []deltasync.Scope `json:"refetch,omitempty"`
	Ops       Ops               `json:"ops,omitempty"`
}

// request is what the engine is asked. What is wrong with it is a Refusal.
func (r *SyncRequest) request() (*deltasync.Request, error) {
	if r.LastN == nil {
		return nil, malformed("last_n is missing: the highest op number that this client has ever given out, or 0.")
	}
	req := &deltasync.Request{Schema: r.Schema, Cursor: r.Cursor, LastN: *r.LastN, LostBelow: r.LostBelow, Audit: r.Audit,
		Refetch: r.Refetch, Ops: r.Ops}
	if r.MaxBytes != nil {
		req.MaxBytes = int(min(max(*r.MaxBytes, deltasync.MinPage), deltasync.MaxPage))
	}
	if r.SentAt != "" {
		at, err := time.Parse(time.RFC3339, r.SentAt)
		if err != nil {
			return nil, malformed("sent_at is to be a time of RFC 3339, such as 2026-11-22T09:15:00Z.")
		}
		req.SentAt = at
	}
	return req, nil
}

// parseSync reads a body of POST /v1/sync. An unknown schema comes before whatever else is wrong: it may well be another
// form.
func parseSync(body []byte) (*deltasync.Request, error) {
	var r SyncRequest
	err := parse(body, &r)
	if err != nil {
		_ = json.Unmarshal(body, &struct {
			Schema *int `json:"schema"`
		}{&r.Schema}) // what else is wrong may be right in another schema
	}
	if r.Schema != 0 && !slices.Contains(deltasync.Supported, r.Schema) {
		return nil, &deltasync.SchemaError{Schema: r.Schema}
	}
	if err != nil {
		return nil, err
	}
	return r.request()
}

// Ops are the ops of a request, each as it was sent. No more are taken apart than a request may have.
type Ops []json.RawMessage

// UnmarshalJSON is handed valid JSON.
func (o *Ops) UnmarshalJSON(b []byte) error {
	*o = nil
	if string(b) == "null" {
		return nil
	}
	if b[0] != '[' {
		return malformed("ops is to be a list.")
	}
	deep, from, inText := 0, 1, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			deep++
		case c == '}' || c == ']':
			deep--
		}
		if last := deep == 0; !inText && (last || deep == 1 && b[i] == ',') {
			op := bytes.TrimSpace(b[from:i])
			if last && len(op) == 0 {
				break // an empty list
			}
			if op[0] != '{' {
				return malformed("Each of ops is to be a JSON object.")
			}
			if len(*o) == deltasync.MaxOps {
				return deltasync.ErrTooMany
			}
			*o, from = append(*o, op), i+1
		}
	}
	return nil
}
