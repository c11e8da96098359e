package deltasync

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

type (
	RecordID string // minted by the client, any UUID; compared as text
	OpID     string // minted by the client, any UUID; unique per user for ever
	ClientID string // one enrolment of one device
	UserID   string // a user's id, "person/ID" or "system/NAME"
	TeamID   string
)

// Version is a place in the store's log; 0 is before everything. It stays below 2^53, so that JSON numbers hold it.
type Version uint64

// MaxInteger bounds every integer of the protocol (PROTOCOL §1.3).
const MaxInteger = 1<<53 - 1

// ValidUUID reports whether s is a UUID of any version in its usual form of 36 characters (RFC 9562 §4).
func ValidUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// derivedID is NamedID with a key that clients do not have, so that nobody can take the id of what the server will write.
func derivedID(tx Tx, names ...string) string { return keyedID(tx.Secret(), names...) }

func keyedID(secret []byte, names ...string) string {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("alongside id 1"))
	return NamedID(append([]string{string(h.Sum(nil))}, names...)...)
}

// FirstAssignment is the id of the assignment that a worker gets by making a person.
func FirstAssignment(tx Tx, s Scope, worker UserID) RecordID {
	return RecordID(derivedID(tx, "assignment", string(s), string(worker)))
}

// NamedID derives a UUID (version 8, RFC 9562 §5.8) from names. The same names give the same id, so that what the
// server writes twice is written once.
func NamedID(names ...string) string {
	h := sha256.New()
	for _, n := range names {
		h.Write([]byte(n))
		h.Write([]byte{0})
	}
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
