package reminder

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	deltasync "alongside/sync"
)

const (
	mostUnderWay = 32 // messages that are being sent at a time
	mostPeople   = 64 // that one transaction looks at
)

// deliver does what is due when it is due, and sends what that gives.
func (s *Service) deliver(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	room := make(chan struct{}, mostUnderWay)
	var sending sync.WaitGroup
	defer sending.Wait()
	for ctx.Err() == nil {
		select {
		case room <- struct{}{}: // at least one may be claimed
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		free := 1
		for free < mostUnderWay && tryTake(room) {
			free++
		}
		jobs, next, err := s.due(ctx, free)
		if err != nil {
			return err
		}
		for range free - len(jobs) {
			<-room
		}
		for _, j := range jobs {
			sending.Go(func() {
				defer func() { <-room }()
				if err := s.do(ctx, j); err != nil {
					stop(err)
				}
			})
		}
		if err := s.sleep(ctx, next); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

func tryTake(room chan<- struct{}) bool {
	select {
	case room <- struct{}{}:
		return true
	default:
		return false
	}
}

// due settles those whose moment has come, and says when the next one's does; zero: nobody's is known.
func (s *Service) due(ctx context.Context, room int) (jobs []job, next time.Time, err error) {
	var people []deltasync.Scope
	var keys [][]byte
	look := func(tx Tx) error {
		people, keys, next = nil, nil, time.Time{}
		return tx.EachDerived(tableDue, nil, func(key []byte, of deltasync.Scope, _ []byte) (bool, error) {
			if len(key) < 8 {
				return true, nil
			}
			at := time.UnixMilli(int64(binary.BigEndian.Uint64(key)))
			if at.After(s.now()) || len(people) == mostPeople {
				next = at
				return false, nil
			}
			people, keys = append(people, of), append(keys, append([]byte(nil), key...))
			return true, nil
		})
	}
	if err := s.Store.Read(ctx, look); err != nil || len(people) == 0 {
		return nil, next, err
	}
	err = s.Store.Write(ctx, func(tx WriteTx) error {
		jobs = nil
		now := s.now()
		for i, scope := range people {
			more, due, err := s.settle(tx, scope, room-len(jobs), now)
			if err != nil {
				return err
			}
			if key := keys[i]; due != int64(binary.BigEndian.Uint64(key)) { // also of one that there is no more, or whose agenda was lost
				if err := tx.DropDerived(tableDue, key); err != nil {
					return err
				}
			}
			jobs = append(jobs, more...)
			if len(jobs) >= room {
				break
			}
		}
		return nil
	})
	return jobs, s.now(), err
}

// sleep waits for the next moment, or until the queue has changed.
func (s *Service) sleep(ctx context.Context, next time.Time) error {
	wait := time.Hour // clocks are set
	if !next.IsZero() {
		wait = min(wait, next.Sub(s.now()))
	}
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stirred:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
