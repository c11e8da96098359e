package server

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"alongside/internal/push"
)

// printer prints messages in place of sending them, one line each: for a partnership that is made up.
type printer struct {
	mu sync.Mutex
	to io.Writer
}

var _ push.Sender = (*printer)(nil)

// Send prints each message. All of them are sent, whatever becomes of the line.
func (p *printer) Send(_ context.Context, batch []push.Message) []push.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	outcomes := make([]push.Outcome, len(batch))
	for i, m := range batch {
		words := m.Words
		if words == "" {
			words = "a wake-up that shows nothing"
		}
		_, _ = fmt.Fprintf(p.to, "not sent, by %s to %s: %s\n", m.To.Kind, whom(m.To), strings.Join(strings.Fields(words), " "))
		outcomes[i] = push.Outcome{Status: push.Sent}
	}
	return outcomes
}

// whom names a target without its secrets: of a number all of it, since it is made up.
func whom(t push.Target) string {
	if t.Kind == push.SMS {
		return t.Value
	}
	return "a device"
}
