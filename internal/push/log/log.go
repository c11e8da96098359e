// Package log prints messages in place of sending them, one line each, for a demo and for development.
//
// It prints numbers, words and links, by which whoever reads along can answer for the person: it is for a partnership that is made up.
package log

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"alongside/internal/push"
)

// Sender prints.
type Sender struct {
	mu sync.Mutex
	to io.Writer
}

var _ push.Sender = (*Sender)(nil)

// New prints to a writer.
func New(to io.Writer) *Sender { return &Sender{to: to} }

// Send prints each message. All of them are sent, whatever becomes of the line.
func (s *Sender) Send(_ context.Context, batch []push.Message) []push.Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	outcomes := make([]push.Outcome, len(batch))
	for i, m := range batch {
		words := m.Words
		switch {
		case words != "":
		case m.Alert:
			words = "a notification without words"
		default:
			words = "a wake-up that shows nothing"
		}
		_, _ = fmt.Fprintf(s.to, "not sent, by %s to %s: %s\n", m.To.Kind, whom(m.To), strings.Join(strings.Fields(words), " "))
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
