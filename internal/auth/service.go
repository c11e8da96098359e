package auth

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Service is what the rest of the program asks. Its methods may be called concurrently, but not inside a
// transaction of the store, AddUser excepted. A store has one Service: keys and verified tokens are kept in memory.
// It must not be copied after first use.
type Service struct {
	Store  Store
	Now    func() time.Time // nil: time.Now
	Rand   io.Reader        // nil: crypto/rand. Safe for concurrent use.
	Issuer string           // of access tokens; empty: "alongside"

	// Of sessions at a desk: for how long one may be idle, and how long it lasts. 0: 30 minutes, and 12 hours.
	Idle, Longest time.Duration

	keys     keyring
	verified verified
	seals    sealer
	changed  signal
	desks    desks
}

// Identity is who a token speaks for, as the store has it now.
type Identity struct {
	Client, User string
	Role         Role
	Team         string
	Since        uint64    // User.Since
	Expires      time.Time // of the access token; zero from Last
}

// Tokens is what a device gets on coming in and at each renewal.
type Tokens struct {
	Client    Client
	User      User
	Access    string
	ExpiresIn time.Duration // of Access, from now
	Refresh   string
}

// Changed gives a channel that is closed at the next revocation, disabling of a user or end of a family, whomever it
// concerns. Who holds a connection open takes the channel first, then asks Alive, then waits: the other way round, a
// change in between is missed.
func (s *Service) Changed() <-chan struct{} {
	return s.changed.next()
}

// cut makes a change of standing felt. It runs after the change is durable and before the caller hears of it.
func (s *Service) cut() {
	s.verified.empty()
	s.changed.fire()
}

// now is in milliseconds and without a monotonic part, so that a row in memory equals the one read back.
func (s *Service) now() time.Time {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	return now().UTC().Truncate(time.Millisecond)
}

func (s *Service) issuer() string {
	return cmp.Or(s.Issuer, "alongside")
}

func (s *Service) random(b []byte) error {
	from := s.Rand
	if from == nil {
		from = rand.Reader
	}
	if _, err := io.ReadFull(from, b); err != nil {
		return fmt.Errorf("random bytes: %w", err)
	}
	return nil
}

// mark gives a short name, for one of few things that is said with every request.
func (s *Service) mark() (string, error) {
	var b [4]byte
	err := s.random(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:]), err
}

// mint makes a UUID of version 7 (RFC 9562 §5.7).
func (s *Service) mint(now time.Time) (string, error) {
	var id [16]byte
	if err := s.random(id[6:]); err != nil {
		return "", err
	}
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(now.UnixMilli()))
	copy(id[:6], at[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return uuidText(id), nil
}

func uuidText(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func uuidBytes(text string) (id [16]byte, err error) {
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err == nil && len(b) != len(id) {
		err = errors.New("not a UUID")
	}
	copy(id[:], b)
	return id, err
}
