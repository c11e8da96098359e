package auth

import "sync"

// signal wakes everyone who waits, once each. Its zero value is ready.
type signal struct {
	mu sync.Mutex
	ch chan struct{} // nil: nobody has asked since the last fire
}

func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
