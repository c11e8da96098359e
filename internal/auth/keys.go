package auth

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"sync"
	"time"
)

const (
	keyLife    = 30 * 24 * time.Hour      // how long a key signs
	keyGrace   = accessLife + time.Minute // how long it verifies after that; the minute is for a reply on its way
	keysReread = 10 * time.Second         // how often an unknown kid may cost a read
)

// Key signs access tokens.
type Key struct {
	ID      string    `json:"id"`
	Seed    []byte    `json:"seed"` // Ed25519, RFC 8032 §5.1.5
	Created time.Time `json:"created"`
}

// RotateIfDue makes a new signing key when the newest is 30 days old or there is none. It costs nothing when it is
// not due; once a day is often enough. Nobody is signed out by it.
func (s *Service) RotateIfDue(ctx context.Context) error {
	newest, ok := s.keys.newest()
	if !ok {
		if err := s.readKeys(ctx); err != nil {
			return err
		}
		newest, ok = s.keys.newest()
	}
	if ok && s.now().Sub(newest.created) < keyLife {
		return nil
	}
	var keys []Key
	err := s.Store.Update(ctx, func(tx WriteTx) error {
		var err error
		if keys, err = tx.Keys(); err != nil {
			return err
		}
		now := s.now()
		if n := len(keys); n > 0 && now.Sub(keys[n-1].Created) < keyLife {
			return nil
		}
		key := Key{Seed: make([]byte, ed25519.SeedSize), Created: now}
		if key.ID, err = s.mark(); err != nil {
			return err
		}
		if err := s.random(key.Seed); err != nil {
			return err
		}
		keys = append(keys, key)
		return tx.PutKey(key)
	})
	if err != nil {
		return err
	}
	return s.keys.set(keys)
}

// signer gives the key to sign with, and makes the store's first one.
func (s *Service) signer(ctx context.Context) (signingKey, error) {
	key, ok := s.keys.newest()
	if !ok {
		if err := s.RotateIfDue(ctx); err != nil {
			return signingKey{}, err
		}
		key, _ = s.keys.newest()
	}
	return key, nil
}

// keyNamed gives a key by its kid. Anyone can make up a kid, so one that is not in memory costs a read at most every
// ten seconds.
func (s *Service) keyNamed(ctx context.Context, kid string, now time.Time) (signingKey, bool, error) {
	if key, ok := s.keys.named(kid); ok {
		return key, true, nil
	}
	s.keys.reading.Lock()
	defer s.keys.reading.Unlock()
	if key, ok := s.keys.named(kid); ok { // whoever read while this one waited
		return key, true, nil
	}
	if ago := now.Sub(s.keys.read); 0 <= ago && ago < keysReread {
		return signingKey{}, false, nil
	}
	if err := s.readKeys(ctx); err != nil {
		return signingKey{}, false, err
	}
	s.keys.read = now
	key, ok := s.keys.named(kid)
	return key, ok, nil
}

func (s *Service) readKeys(ctx context.Context) error {
	var keys []Key
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		keys, err = tx.Keys()
		return err
	})
	if err != nil {
		return err
	}
	return s.keys.set(keys)
}

// signingKey is a Key made ready.
type signingKey struct {
	id      string
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	created time.Time
	until   time.Time // verifies before this; zero: it is the newest
}

func (k signingKey) retired(now time.Time) bool {
	return !k.until.IsZero() && !now.Before(k.until)
}

// keyring keeps the store's keys in memory, oldest first. Its zero value is ready.
type keyring struct {
	mu   sync.RWMutex
	keys []signingKey

	reading sync.Mutex // held while an unknown kid has the keys read
	read    time.Time  // when one last had
}

// set takes what was read from the store. Keys are only ever added, so of two reads the longer is the later: one that
// was overtaken by a rotation changes nothing.
func (r *keyring) set(keys []Key) error {
	ready := make([]signingKey, len(keys))
	for i, k := range keys {
		if len(k.Seed) != ed25519.SeedSize {
			return fmt.Errorf("key %s: its seed has %d bytes, not %d", k.ID, len(k.Seed), ed25519.SeedSize)
		}
		private := ed25519.NewKeyFromSeed(k.Seed)
		ready[i] = signingKey{id: k.ID, private: private, public: private.Public().(ed25519.PublicKey), created: k.Created}
		if i > 0 {
			ready[i-1].until = k.Created.Add(keyGrace)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(ready) >= len(r.keys) {
		r.keys = ready
	}
	return nil
}

func (r *keyring) newest() (signingKey, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.keys) == 0 {
		return signingKey{}, false
	}
	return r.keys[len(r.keys)-1], true
}

func (r *keyring) named(kid string) (signingKey, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		if k.id == kid {
			return k, true
		}
	}
	return signingKey{}, false
}
