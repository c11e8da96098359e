// Package log prints messages in place of sending them, for a demo and for development.
//
// It prints words and links, by which whoever reads along can answer for the person: it is for people who are made up.
package log

import (
	"context"
	"fmt"
	"io"
	"sync"

	"alongside/internal/push"
)

// Sender prints.
type Sender struct {
	mu sync.Mutex
	w  io.Writer
}

// New prints to w, a line a message.
func New(w io.Writer) *Sender { return &Sender{w: w} }

// Send never fails: a message that was printed is sent.
func (s *Sender) Send(_ context.Context, batch []push.Message) []push.Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	outcomes := make([]push.Outcome, len(batch))
	for i, m := range batch {
		words := m.Words
		switch {
		case words != "":
		case m.Alert:
			words = "(a notification without words) " + m.Link
		default:
			words = "(a wake-up that shows nothing)"
		}
		_, _ = fmt.Fprintf(s.w, "message %s by %s: %s\n", m.ID, m.To.Kind, words) // where it cannot be printed nobody is told either
		outcomes[i] = push.Outcome{Status: push.Sent}
	}
	return outcomes
}
