package auth

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// A refresh token is, in base64url without padding,
//
//	version 1 | family 16 | generation 8, big endian | HMAC-SHA256 of those 32
//
// 57 bytes, 76 characters, with no bit left over: a token has one spelling.
const (
	refreshVersion = 1
	refreshBody    = 1 + 16 + 8
	refreshSize    = refreshBody + sha256.Size
)

// presented is a refresh token as read. It is nobody's until genuine has said so.
type presented struct {
	family     string
	generation uint64
	raw        [refreshSize]byte
}

func readRefresh(token string) (p presented, ok bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(refreshSize) {
		return p, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(p.raw[:], []byte(token))
	if err != nil || n != refreshSize || p.raw[0] != refreshVersion { // n: the decoder skips line breaks
		return p, false
	}
	p.family = uuidText([16]byte(p.raw[1:17]))
	p.generation = binary.BigEndian.Uint64(p.raw[17:refreshBody])
	return p, true
}

// genuine gives ErrTokenInvalid unless this store's secret made the token. It compares in constant time.
func (p presented) genuine(tx Tx) error {
	key, err := refreshKey(tx)
	if err != nil {
		return err
	}
	if !hmac.Equal(p.raw[refreshBody:], mac(key, p.raw[:refreshBody])) {
		return ErrTokenInvalid
	}
	return nil
}

// refreshToken gives the token of a family's present generation.
func refreshToken(tx Tx, f Family) (string, error) {
	key, err := refreshKey(tx)
	if err != nil {
		return "", err
	}
	id, err := uuidBytes(f.ID)
	if err != nil {
		return "", fmt.Errorf("family %s: %w", f.ID, err)
	}
	b := make([]byte, 0, refreshSize)
	b = append(b, refreshVersion)
	b = append(b, id[:]...)
	b = binary.BigEndian.AppendUint64(b, f.Generation)
	b = append(b, mac(key, b)...)
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func refreshKey(tx Tx) ([]byte, error) {
	secret, err := tx.Secret()
	if err != nil {
		return nil, err
	}
	if len(secret) < 32 {
		return nil, fmt.Errorf("the store's secret has %d bytes, not 32", len(secret))
	}
	return hkdf.Key(sha256.New, secret, nil, "alongside refresh token 1", 32)
}

func mac(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(body)
	return h.Sum(nil)
}
