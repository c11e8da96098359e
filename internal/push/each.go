package push

import (
	"context"
	"sync"
)

// Each sends a batch one by one, at most so many at a time. When ctx ends, what has not begun is Later.
func Each(ctx context.Context, batch []Message, most int, send func(context.Context, Message) Outcome) []Outcome {
	outcomes := make([]Outcome, len(batch))
	room := make(chan struct{}, most)
	var all sync.WaitGroup
	for i, m := range batch {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			outcomes[i] = Outcome{Status: Later, Why: "stopping"}
			continue
		}
		all.Go(func() {
			defer func() { <-room }()
			outcomes[i] = send(ctx, m)
		})
	}
	all.Wait()
	return outcomes
}
