package client

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	deltasync "alongside/sync"
)

const (
	tries       = 6                      // in a row that bring nothing, then the call gives up
	firstPause  = 500 * time.Millisecond // at most; doubled each time
	longest     = 30 * time.Second       // pause of our own accord
	longestPlea = 5 * time.Minute        // pause that a server may ask for within one call
	smallestAsk = 8 << 10                // bytes of a body that is not halved any more
)

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pause waits before the next attempt: as long as the server asks, else up to twice as long each time, with full jitter,
// so that phones that failed together do not come back together. It gives up after too many, with err as the reason.
func (p *Phone) pause(ctx context.Context, failed int, err error) error {
	var pr *Problem
	plea := time.Duration(0)
	if errors.As(err, &pr) {
		plea = pr.after
	}
	if failed >= tries || plea > longestPlea {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	most := min(firstPause<<min(failed, 10), longest)
	var b [8]byte
	if err := p.random(b[:]); err != nil {
		return err
	}
	wait := plea + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(most))
	return p.o.Sleep(ctx, wait)
}

// insist calls fn until it succeeds, or fails in a way that will not pass by itself.
func (p *Phone) insist(ctx context.Context, fn func() error) error {
	for failed := 1; ; failed++ {
		err := fn()
		if err == nil || !passes(err) || ctx.Err() != nil {
			return err
		}
		if err := p.pause(ctx, failed, err); err != nil {
			return err
		}
	}
}

// passes reports whether the same request may well succeed later.
func passes(err error) bool {
	if errors.Is(err, ErrUnavailable) {
		return false // it was tried often enough
	}
	var pr *Problem
	if errors.As(err, &pr) {
		switch pr.Status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusInsufficientStorage:
			return true
		}
		return false
	}
	var lost *lostError
	return errors.As(err, &lost) || errors.Is(err, errCut) || errors.Is(err, errPortal) || errors.Is(err, errStuck)
}

// cuts reports whether smaller requests may help.
func cuts(err error) bool {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return false
	}
	var lost *lostError
	return errors.As(err, &lost) || errors.Is(err, errCut)
}

// retryAfter reads how long a server asks to wait (RFC 9110 §10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.ParseUint(v, 10, 24); err == nil {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// size is how much one exchange carries. It follows what the connection bears.
type size struct {
	ops  int // of a request
	body int // bytes of its ops
	page int // bytes of the response before it is packed
}

func (o Options) largest() size { return size{ops: o.Batch, body: bodyRoom, page: o.MaxBytes} }

// shrink halves all, and reports whether anything became smaller.
func (z *size) shrink() bool {
	old := *z
	z.ops, z.body, z.page = max(z.ops/2, 1), max(z.body/2, smallestAsk), max(z.page/2, deltasync.MinPage)
	return *z != old
}

func (z *size) grow(most size) {
	z.ops, z.body, z.page = min(z.ops*2, most.ops), min(z.body*2, most.body), min(z.page*2, most.page)
}
