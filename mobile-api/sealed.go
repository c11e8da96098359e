package mobileapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

// sealKey gives the public key to which phones seal what a forgotten PIN must not lose (PROTOCOL §12). It is no secret.
func (a *API) sealKey(c echo.Context) error {
	key, err := a.Auth.SealKey(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, SealKey{KID: key.ID, Algorithm: auth.SealAlgorithm, PublicKey: base64.RawURLEncoding.EncodeToString(key.Public)})
}

// sealed takes what a phone sealed while it was another client.
func (a *API) sealed(c echo.Context) error {
	var req SealedRequest
	if err := decode(c, deltasync.MaxBody, &req); err != nil {
		return err
	}
	if req.Entries == nil {
		return malformed("entries is missing.")
	}
	ctx, client := c.Request().Context(), ClientOf(c)
	reply := SealedResponse{Results: make([]SealedResult, len(req.Entries))}
	ops, at, err := a.opened(ctx, req.Entries, reply.Results)
	if err != nil {
		return err
	}
	var results []deltasync.Result
	err = a.turns.do(ctx, a.Limits, func() (err error) {
		results, err = a.Engine.Sealed(ctx, client, ops)
		return err
	})
	if err != nil {
		return err
	}
	for i, r := range results {
		reply.Results[at[i]] = SealedResult{At: at[i], ID: string(r.ID), Status: string(r.Status), Code: r.Code, Detail: r.Detail}
	}
	a.log().DebugContext(ctx, "sealed", "client", client.ID, "entries", len(req.Entries), "opened", len(ops))
	return sendJSON(c, reply)
}

// opened opens entries, and says of each op that came out at which place it stood. What does not open is a result.
func (a *API) opened(ctx context.Context, entries []json.RawMessage, results []SealedResult) (ops []deltasync.SealedOp, at []int, err error) {
	var clients []string
	for i, raw := range entries {
		op, err := a.open(ctx, raw)
		var not *notTaken
		switch {
		case errors.As(err, &not):
			results[i] = SealedResult{At: i, Status: string(deltasync.Rejected), Code: not.code, Detail: not.detail}
			continue
		case err != nil:
			return nil, nil, err
		}
		ops, at, clients = append(ops, op), append(at, i), append(clients, string(op.Client))
	}
	owners, err := a.Auth.Owners(ctx, clients)
	if err != nil {
		return nil, nil, err
	}
	for i := range ops {
		ops[i].Author = deltasync.UserID(owners[string(ops[i].Client)])
	}
	return ops, at, nil
}

// notTaken is why one entry is not, whatever becomes of the others.
type notTaken struct{ code, detail string }

func (e *notTaken) Error() string { return e.code }

func (a *API) open(ctx context.Context, raw json.RawMessage) (deltasync.SealedOp, error) {
	bad := &notTaken{"bad_entry", "The entry is not of the form that it is to have. Update the app."}
	var entry SealedEntry
	if raw[0] != '{' || json.Unmarshal(raw, &entry) != nil {
		return deltasync.SealedOp{}, bad
	}
	box, err := base64.RawURLEncoding.DecodeString(entry.Sealed)
	if err != nil {
		return deltasync.SealedOp{}, bad
	}
	text, err := a.Auth.Unseal(ctx, entry.KID, box)
	switch {
	case errors.Is(err, auth.ErrSealKey):
		return deltasync.SealedOp{}, &notTaken{"unknown_key", "The entry was locked away for another server, and cannot be opened here."}
	case errors.Is(err, auth.ErrNotSealed):
		return deltasync.SealedOp{}, &notTaken{"not_opened", "The entry is damaged, and cannot be opened."}
	case err != nil:
		return deltasync.SealedOp{}, err
	}
	var inner struct {
		Client string          `json:"client"`
		Op     json.RawMessage `json:"op"`
	}
	if !utf8.Valid(text) || json.Unmarshal(text, &inner) != nil || !deltasync.ValidUUID(inner.Client) || len(inner.Op) == 0 {
		return deltasync.SealedOp{}, bad
	}
	return deltasync.SealedOp{Client: deltasync.ClientID(inner.Client), Raw: inner.Op}, nil
}
