package mobileapi

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// turns let so many requests be worked on at a time, in the order in which they came, so that a server of which more is
// asked than it can do answers as many as it can and tells the others to come again, instead of answering all too late.
// Whoever waits has sent all of the request: a phone on a slow link takes nobody's turn.
type turns struct {
	once sync.Once
	all  *semaphore.Weighted
}

// do does something in its turn, if that comes while it is worth waiting for.
func (t *turns) do(ctx context.Context, l Limits, work func() error) error {
	t.once.Do(func() { t.all = semaphore.NewWeighted(int64(cmp.Or(l.Working, 32*runtime.GOMAXPROCS(0)))) })
	if !t.all.TryAcquire(1) {
		wait, cancel := context.WithTimeout(ctx, cmp.Or(l.Waiting, time.Second))
		defer cancel()
		if t.all.Acquire(wait, 1) != nil {
			return &unavailable
		}
	}
	defer t.all.Release(1)
	return work()
}
