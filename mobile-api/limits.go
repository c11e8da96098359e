package mobileapi

import (
	"cmp"
	"container/list"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"alongside/internal/auth"
)

// Limits bound what one address, one client, and all live connections together may take. A zero one is its default.
type Limits struct {
	Failures Rate          // by address: codes and refresh tokens that are not good; 30, then one every 2 s
	Arrivals Rate          // by address: whatever comes without an access token; 300, then 50 a second
	Requests Rate          // by client; 2000, then 1000 a second
	InFlight int           // requests of one client at a time; 4
	Working  int           // syncs of all that are worked on at a time; 32 for each processor. Of eight times as many more
	Waiting  time.Duration // each waits so long for its turn; 1 s
	Last     int           // POST /v1/last from one address at a time, whose bodies are large; 8, and 8 times that of all
	Forks    Rate          // POST /v1/client by user; 60, then one a minute
	Live     int           // live connections of one client; 4
	AllLive  int           // live connections of all; 20,000
}

// Rate is so many at once, and then so many a second.
type Rate struct {
	Burst  int
	Second float64
}

func (r Rate) limiter(otherwise Rate) *rate.Limiter {
	r = cmp.Or(r, otherwise)
	return rate.NewLimiter(rate.Limit(r.Second), r.Burst)
}

// tracked is how many addresses, and how many clients, are remembered: those that came last.
const tracked = 1 << 16

// source is one address without a token.
type source struct {
	failures, arrivals *rate.Limiter
	inFlight           atomic.Int64
}

// caller is one client.
type caller struct {
	requests *rate.Limiter
	inFlight atomic.Int64
}

// byAddress holds back whoever tries codes and refresh tokens that are not good.
func (a *API) byAddress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		s := a.addresses.of(network(c.RealIP()), func() *source {
			return &source{failures: a.Limits.Failures.limiter(Rate{30, 0.5}), arrivals: a.Limits.Arrivals.limiter(Rate{300, 50})}
		})
		c.Set(sourceKey, s)
		if left := s.failures.TokensAt(a.now()); left < 1 {
			return tooMany(time.Duration((1 - left) / float64(s.failures.Limit()) * float64(time.Second)))
		}
		if !s.arrivals.AllowN(a.now(), 1) {
			return tooMany(time.Second)
		}
		err := next(c)
		if isGuess(err) {
			s.failures.ReserveN(a.now(), 1) // may go below nothing, where many came at once
		}
		return err
	}
}

const sourceKey = "alongside.source"

// rare holds requests that may be large, and whose sender is not known before they are read, to a few at a time.
func (a *API) rare(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		most := int64(cmp.Or(a.Limits.Last, 8))
		s := c.Get(sourceKey).(*source)
		defer s.inFlight.Add(-1)
		defer a.lasts.Add(-1)
		here, all := s.inFlight.Add(1), a.lasts.Add(1)
		if here > most || all > 8*most {
			return tooMany(time.Second)
		}
		return next(c)
	}
}

// forked holds a user to so many new clients.
func (a *API) forked(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		l := a.forks.of(ClientOf(c).User, func() *rate.Limiter { return a.Limits.Forks.limiter(Rate{60, 1.0 / 60}) })
		if !l.AllowN(a.now(), 1) {
			return tooMany(time.Minute)
		}
		return next(c)
	}
}

// isGuess tells what somebody who tries codes and tokens would meet.
func isGuess(err error) bool {
	for _, e := range []error{auth.ErrCodeInvalid, auth.ErrCodeUsed, auth.ErrCodeExpired, auth.ErrTokenInvalid,
		auth.ErrTokenExpired, auth.ErrTokenReused, auth.ErrNoPasskey, auth.ErrCodeForPhone} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// network is an address, or for IPv6 the network of it that one household has.
func network(text string) netip.Prefix {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{} // all of those together
	}
	ip = ip.Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the bits fit
	return p
}

// paced holds a client to its rate.
func (a *API) paced(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !a.caller(c).requests.AllowN(a.now(), 1) {
			return tooMany(time.Second)
		}
		return next(c)
	}
}

// few holds a client to a few requests at a time.
func (a *API) few(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		one := a.caller(c)
		defer one.inFlight.Add(-1)
		if one.inFlight.Add(1) > int64(cmp.Or(a.Limits.InFlight, 4)) {
			return tooMany(time.Second)
		}
		return next(c)
	}
}

func (a *API) caller(c echo.Context) *caller {
	return a.clients.of(ClientOf(c).ID, func() *caller {
		return &caller{requests: a.Limits.Requests.limiter(Rate{2000, 1000})}
	})
}

// recent remembers something about those that came last. Whoever is forgotten begins anew.
type recent[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]*list.Element
	order list.List // of memory, the latest first
}

type memory[K comparable, V any] struct {
	key   K
	value *V
}

func (r *recent[K, V]) of(key K, begin func() *V) *V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.known[key]; ok {
		r.order.MoveToFront(at)
		return at.Value.(memory[K, V]).value
	}
	if r.known == nil {
		r.known = map[K]*list.Element{}
	}
	if len(r.known) >= tracked {
		last := r.order.Back()
		delete(r.known, r.order.Remove(last).(memory[K, V]).key)
	}
	m := memory[K, V]{key, begin()}
	r.known[key] = r.order.PushFront(m)
	return m.value
}
