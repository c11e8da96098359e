package mobileapi

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/semaphore"
)

// turns let so many requests be worked on at a time, in the order in which they came, so that a server of which more is
// asked than it can do answers as many as it can and tells the others to come again, instead of answering all too late.
// Whoever waits has sent all of the request: a phone on a slow link takes nobody's turn.
type turns struct {
	once    sync.Once
	most    int64 // that are worked on
	all     *semaphore.Weighted
	waiting atomic.Int64
}

// queue is how many may wait for each that is worked on. More would wait in vain.
const queue = 8

func (t *turns) begin(l Limits) {
	t.once.Do(func() {
		t.most = int64(cmp.Or(l.Working, 32*runtime.GOMAXPROCS(0)))
		t.all = semaphore.NewWeighted(t.most)
	})
}

// do does something in its turn, if that comes while it is worth waiting for.
func (t *turns) do(ctx context.Context, l Limits, work func() error) error {
	t.begin(l)
	if !t.all.TryAcquire(1) {
		if err := t.wait(ctx, l); err != nil {
			return err
		}
	}
	defer t.all.Release(1)
	return work()
}

func (t *turns) wait(ctx context.Context, l Limits) error {
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > queue*t.most {
		return &unavailable
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(l.Waiting, time.Second))
	defer cancel()
	if t.all.Acquire(ctx, 1) != nil {
		return &unavailable
	}
	return nil
}

// mayCome turns away whose turn would not come, before any of the request is read: to turn away has to be cheap.
func (a *API) mayCome(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		a.turns.begin(a.Limits)
		if a.turns.waiting.Load() >= queue*a.turns.most {
			return &unavailable
		}
		return next(c)
	}
}
