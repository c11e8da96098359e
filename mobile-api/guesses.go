package mobileapi

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// Guesses holds back addresses from which tokens that are not good come, on routes where the token stands in the path. Unlike a limit before the
// door it never keeps out who has a good one: thousands of phones share one address, and one of them may be guessing.
// It must not be copied after first use.
type Guesses struct {
	Limits Limits           // Failures and Arrivals
	Now    func() time.Time // nil: time.Now

	addresses recent[netip.Prefix, source]
	holders   recent[string, rate.Limiter]
}

// Arrived counts a request, and refuses it where there are too many.
func (g *Guesses) Arrived(address string) error {
	if !g.source(address).arrivals.AllowN(g.now(), 1) {
		return tooMany(time.Second)
	}
	return nil
}

// Wrong counts a token that was not good. Its error is what to answer in place of the usual, once there were too many.
func (g *Guesses) Wrong(address string) error {
	s, now := g.source(address), g.now()
	if left := s.failures.TokensAt(now); left < 1 {
		return tooMany(time.Duration((1 - left) / float64(s.failures.Limit()) * float64(time.Second)))
	}
	s.failures.ReserveN(now, 1)
	return nil
}

// Acted counts what somebody does with a token, good or not, and refuses it where it is too much.
func (g *Guesses) Acted(token string) error {
	one := g.holders.of(token, func() *rate.Limiter { return Rate{}.limiter(Rate{60, 0.2}) })
	if !one.AllowN(g.now(), 1) {
		return tooMany(5 * time.Second)
	}
	return nil
}

func (g *Guesses) source(address string) *source {
	return g.addresses.of(network(address), func() *source {
		return &source{failures: g.Limits.Failures.limiter(Rate{30, 0.5}), arrivals: g.Limits.Arrivals.limiter(Rate{300, 50})}
	})
}

func (g *Guesses) now() time.Time {
	if g.Now != nil {
		return g.Now()
	}
	return time.Now()
}
