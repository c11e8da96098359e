package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
)

const (
	codeLife   = 24 * time.Hour
	codeLength = 15 // of 5 bits each: 75, too many to guess in a day and enough to store under a plain hash

	// crockford leaves out I, L, O and U, which people misread.
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// Code lets one device in. The code itself is not stored.
type Code struct {
	Hash    string     `json:"hash"` // hex SHA-256 of the normalised code
	User    string     `json:"user"`
	Expires time.Time  `json:"expires"`
	Used    *time.Time `json:"used,omitempty"`   // first
	Device  string     `json:"device,omitempty"` // id that the device gave at first use, if it gave one
	Client  string     `json:"client,omitempty"` // what it became
}

// NewCode makes a code that enrols one device of a user within 24 hours, as 15 characters in groups of five. Earlier
// codes stay good. A disabled user gets none: ErrUserDisabled.
func (s *Service) NewCode(ctx context.Context, user string) (code string, expires time.Time, err error) {
	err = s.Store.Update(ctx, func(tx WriteTx) error {
		u, err := userOf(tx, user)
		if err != nil {
			return err
		}
		if u.Disabled {
			return fmt.Errorf("user %s: %w", user, ErrUserDisabled)
		}
		var b [codeLength]byte
		if err := s.random(b[:]); err != nil {
			return err
		}
		for i := range b {
			b[i] = crockford[b[i]%32] // 32 divides 256: no letter is likelier
		}
		code = string(b[:5]) + "-" + string(b[5:10]) + "-" + string(b[10:])
		expires = s.now().Add(codeLife)
		return tx.PutCode(Code{Hash: codeHash(string(b[:])), User: user, Expires: expires})
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return code, expires, nil
}

// normalCode reads a code as a person types it: in either case, spaced and dashed at will (a phone turns a dash
// into others), O for 0 and I or L for 1. It reports false for what cannot be one.
func normalCode(text string) (string, bool) {
	code := make([]byte, 0, codeLength)
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '\u2212' {
			continue
		}
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch r {
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if len(code) == codeLength || r >= unicode.MaxASCII || !strings.ContainsRune(crockford, r) {
			return "", false
		}
		code = append(code, byte(r))
	}
	return string(code), len(code) == codeLength
}

func codeHash(normal string) string {
	sum := sha256.Sum256([]byte(normal))
	return hex.EncodeToString(sum[:])
}
