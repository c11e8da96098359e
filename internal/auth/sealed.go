package auth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"sync"
)

// SealAlgorithm names how phones seal entries to the server (PROTOCOL §12.2).
const SealAlgorithm = "ECDH-P256+HKDF-SHA256+A256GCM"

const (
	pointBytes = 65 // of an uncompressed public key (SEC 1 §2.3.3)
	ivBytes    = 12
	keyBytes   = 32

	sealInfo = "alongside/v1 sealed entry: key"
	sealData = "alongside/v1 sealed entry: " // the key's id follows
)

var (
	// ErrSealKey says that something was sealed to a key that is not this server's.
	ErrSealKey = errors.New("sealed to a key that is not known")
	// ErrNotSealed says that something is not what was sealed, or not to this key.
	ErrNotSealed = errors.New("it does not open")
)

// SealKey is the public half of the key to which phones seal.
type SealKey struct {
	ID     string
	Public []byte // a point of P-256, uncompressed
}

// SealKey gives the store's. It is the same for as long as the store lives: it follows from the secret that the store was made with,
// so that a backup, and what is restored from it, have it too.
func (s *Service) SealKey(ctx context.Context) (SealKey, error) {
	private, err := s.sealing(ctx)
	if err != nil {
		return SealKey{}, err
	}
	return publicHalf(private), nil
}

// Unseal opens what a phone sealed to the key of that id, or says ErrSealKey or ErrNotSealed.
func (s *Service) Unseal(ctx context.Context, kid string, sealed []byte) ([]byte, error) {
	private, err := s.sealing(ctx)
	if err != nil {
		return nil, err
	}
	return unseal(private, kid, sealed)
}

// sealer keeps the private key in memory. Its zero value is ready.
type sealer struct {
	mu  sync.Mutex
	key *ecdh.PrivateKey
}

func (s *Service) sealing(ctx context.Context) (*ecdh.PrivateKey, error) {
	s.seals.mu.Lock()
	defer s.seals.mu.Unlock()
	if s.seals.key != nil {
		return s.seals.key, nil
	}
	err := s.Store.View(ctx, func(tx Tx) error {
		secret, err := tx.Secret()
		if err == nil {
			s.seals.key, err = sealKey(secret)
		}
		return err
	})
	return s.seals.key, err
}

// sealKey derives the private key.
func sealKey(secret []byte) (*ecdh.PrivateKey, error) {
	return scalarOf(secret, "alongside seal key 1")
}

// publicHalf names the key by what it is.
func publicHalf(private *ecdh.PrivateKey) SealKey {
	public := private.PublicKey().Bytes()
	sum := sha256.Sum256(public)
	return SealKey{ID: base64.RawURLEncoding.EncodeToString(sum[:12]), Public: public}
}

func unseal(private *ecdh.PrivateKey, kid string, sealed []byte) ([]byte, error) {
	key := publicHalf(private)
	switch {
	case kid != key.ID:
		return nil, ErrSealKey
	case len(sealed) < pointBytes+ivBytes:
		return nil, ErrNotSealed
	}
	point, iv, box := sealed[:pointBytes], sealed[pointBytes:pointBytes+ivBytes], sealed[pointBytes+ivBytes:]
	from, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return nil, ErrNotSealed
	}
	gcm, err := sealCipher(private, from, point, key.Public)
	if err != nil {
		return nil, err
	}
	text, err := gcm.Open(nil, iv, box, []byte(sealData+key.ID))
	if err != nil {
		return nil, ErrNotSealed
	}
	return text, nil
}

// Seal is what a phone does: ephemeral is a fresh key pair, of P-256, and iv is random.
func Seal(to SealKey, ephemeral *ecdh.PrivateKey, iv, text []byte) ([]byte, error) {
	public, err := ecdh.P256().NewPublicKey(to.Public)
	if err != nil {
		return nil, err
	}
	point := ephemeral.PublicKey().Bytes()
	gcm, err := sealCipher(ephemeral, public, point, to.Public)
	if err != nil {
		return nil, err
	}
	sealed := append(append([]byte{}, point...), iv...)
	return gcm.Seal(sealed, iv, text, []byte(sealData+to.ID)), nil
}

// sealCipher is the same on both sides: ECDH (SEC 1 §3.3.1), then HKDF (RFC 5869) with both public keys as its salt.
func sealCipher(private *ecdh.PrivateKey, other *ecdh.PublicKey, ephemeral, server []byte) (cipher.AEAD, error) {
	shared, err := private.ECDH(other)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, shared, append(append([]byte{}, ephemeral...), server...), sealInfo, keyBytes)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Owners says whose each of some clients is, or was: of those that were cut off or have expired too. Those that the store does not
// know are left out.
func (s *Service) Owners(ctx context.Context, clients []string) (map[string]string, error) {
	var owners map[string]string
	err := s.Store.View(ctx, func(tx Tx) error {
		owners = map[string]string{}
		for _, id := range clients {
			c, ok, err := tx.Client(id)
			if err != nil {
				return err
			}
			if ok {
				owners[id] = c.User
			}
		}
		return nil
	})
	return owners, err
}
