// Package pushtest has providers for tests: servers on this machine that take messages as the real ones do, check what they can check, keep what they
// took, and can have any bad day.
package pushtest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Mood is how a provider answers, in place of taking a message. The zero Mood takes it.
type Mood struct {
	Status     int
	RetryAfter string
	Body       string // empty: what the real one says with that status
	Silent     bool   // the request is read, and never answered
	Hangs      bool   // the connection is closed when the request was read
}

// A provider's ways that all have.
type provider struct {
	URL string

	mu     sync.Mutex
	mood   Mood
	tried  int
	ended  chan struct{}
	faults []string // of requests that no real one would have taken
}

// serve starts it until the test ends.
func (p *provider) serve(t testing.TB, h http.Handler) {
	t.Helper()
	p.ended = make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		mood := p.mood
		p.tried++
		p.mu.Unlock()
		switch {
		case mood.Silent:
			_, _ = readAll(r)
			select {
			case <-p.ended:
			case <-r.Context().Done():
			}
		case mood.Hangs:
			_, _ = readAll(r)
			panic(http.ErrAbortHandler)
		default:
			h.ServeHTTP(w, r)
		}
	}))
	p.URL = s.URL
	t.Cleanup(func() {
		close(p.ended)
		s.Close()
		for _, f := range p.faults {
			t.Error(f)
		}
	})
}

// Be sets how it answers from now on.
func (p *provider) Be(m Mood) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mood = m
}

// Tried is how many requests came.
func (p *provider) Tried() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tried
}

func (p *provider) fault(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, text)
}

// moody answers as the mood says, and reports whether it did.
func (p *provider) moody(w http.ResponseWriter, body func(status int) string) bool {
	p.mu.Lock()
	m := p.mood
	p.mu.Unlock()
	if m.Status == 0 {
		return false
	}
	if m.RetryAfter != "" {
		w.Header().Set("Retry-After", m.RetryAfter)
	}
	if m.Body == "" {
		m.Body = body(m.Status)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(m.Status)
	_, _ = w.Write([]byte(m.Body))
	return true
}

// Nowhere is an address of this machine at which nobody answers.
func Nowhere(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}
