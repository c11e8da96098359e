package deltasync

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// cursor says where a client stands; never what it may see. It is sealed, so that a client can neither forge nor lend
// one (PROTOCOL §6.2).
type cursor struct {
	Epoch string  `json:"e"`
	From  Version `json:"f"` // the client has all up to here

	// A run that is under way. Until is where the log stood when it began; 0: none is.
	Until   Version `json:"u,omitempty"`
	Reset   bool    `json:"z,omitempty"` // the run began from nothing, in place of a cursor that could not be used
	Drops   Version `json:"d,omitempty"` // ends of access up to here are said
	Soon    []Scope `json:"s,omitempty"` // scopes that go first
	At      int     `json:"i,omitempty"` // those of Soon that are done
	Refetch []Scope `json:"r,omitempty"` // scopes asked for again
	Scope   Scope   `json:"c,omitempty"` // scopes before this one are done
	After   Version `json:"a,omitempty"` // the present scope is done up to here
}

const sealSize = 16

func sealKey(tx Tx) []byte {
	h := hmac.New(sha256.New, tx.Secret())
	h.Write([]byte("alongside cursor 1"))
	return h.Sum(nil)
}

func seal(key []byte, c Client, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(c.ID))
	h.Write([]byte{0})
	h.Write(text)
	return h.Sum(nil)[:sealSize]
}

// sealed is the cursor as the client gets it.
func (cur cursor) sealed(tx Tx, c Client) string {
	text, err := json.Marshal(cur)
	if err != nil {
		panic("a cursor is no JSON: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(append(seal(sealKey(tx), c, text), text...))
}

// openCursor opens what a client sent. Not ok: it cannot be used, and counts as empty.
func openCursor(tx Tx, c Client, sealed string) (cur cursor, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(b) <= sealSize {
		return cursor{}, false
	}
	if !hmac.Equal(b[:sealSize], seal(sealKey(tx), c, b[sealSize:])) {
		return cursor{}, false
	}
	if json.Unmarshal(b[sealSize:], &cur) != nil || cur.Epoch != tx.Epoch().ID {
		return cursor{}, false
	}
	return cur, true
}
