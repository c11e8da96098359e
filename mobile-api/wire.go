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
	Build     string            `json:"build,omitempty"` // of the app that asks
	Ops       Ops               `json:"ops,omitempty"`
}

// SealKey is the response of GET /v1/seal-key.
type SealKey struct {
	KID       string `json:"kid"`
	Algorithm string `json:"alg"`        // auth.SealAlgorithm
	PublicKey string `json:"public_key"` // an uncompressed point of P-256, in base64url without padding
}

// SealedRequest is the body of POST /v1/sealed.
type SealedRequest struct {
	Entries Entries `json:"entries"`
}

// SealedEntry is one of its entries.
type SealedEntry struct {
	KID    string `json:"kid"`
	Sealed string `json:"sealed"` // base64url without padding
}

// SealedResponse is the response of POST /v1/sealed: a result for each entry.
type SealedResponse struct {
	Results []SealedResult `json:"results"`
}

// SealedResult says what became of one entry. One that is rejected was not taken.
type SealedResult struct {
	At     int    `json:"i"`            // its place in the request, from 0
	ID     string `json:"id,omitempty"` // of the op, where it could be read
	Status string `json:"status"`
	Code   string `json:"code,omitempty"`
	Detail string `json:"detail,omitempty"`
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
// form. It also says which build of an app asks.
func parseSync(body []byte) (req *deltasync.Request, build string, err error) {
	var r SyncRequest
	err = parse(body, &r)
	if err != nil {
		_ = json.Unmarshal(body, &struct {
			Schema *int `json:"schema"`
		}{&r.Schema}) // what else is wrong may be right in another schema
	}
	if r.Schema != 0 && !slices.Contains(deltasync.Supported, r.Schema) {
		return nil, "", &deltasync.SchemaError{Schema: r.Schema}
	}
	if err != nil {
		return nil, "", err
	}
	req, err = r.request()
	return req, r.Build, err
}

// Ops are the ops of a request, each as it was sent. No more are taken apart than a request may have.
type Ops []json.RawMessage

// UnmarshalJSON is handed valid JSON.
func (o *Ops) UnmarshalJSON(b []byte) (err error) {
	*o, err = objects(b)
	return err
}

// Entries are the entries of a request. What one is that is no entry is its own result.
type Entries []json.RawMessage

// UnmarshalJSON is handed valid JSON.
func (e *Entries) UnmarshalJSON(b []byte) error {
	var all []json.RawMessage
	if json.Unmarshal(b, &all) != nil {
		return malformed("entries is to be a list.")
	}
	if len(all) > deltasync.MaxOps {
		return deltasync.ErrTooMany
	}
	*e = all
	return nil
}

// objects takes a list of JSON objects apart; nil: it is null.
func objects(b []byte) ([]json.RawMessage, error) {
	if string(b) == "null" {
		return nil, nil
	}
	if b[0] != '[' {
		return nil, malformed("ops is to be a list.")
	}
	all := []json.RawMessage{}
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
			one := bytes.TrimSpace(b[from:i])
			if last && len(one) == 0 {
				break // an empty list
			}
			if one[0] != '{' {
				return nil, malformed("Each of ops is to be a JSON object.")
			}
			if len(all) == deltasync.MaxOps {
				return nil, deltasync.ErrTooMany
			}
			all, from = append(all, one), i+1
		}
	}
	return all, nil
}
