package reminder

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alongside/internal/push"
	deltasync "alongside/sync"
)

// post is a provider: it keeps what it was given, and when.
type post struct {
	mu   sync.Mutex
	got  []posted
	says func(m push.Message) push.Outcome // nil: it takes everything
}

type posted struct {
	push.Message
	at time.Time
}

func (p *post) Send(_ context.Context, batch []push.Message) []push.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]push.Outcome, len(batch))
	for i, m := range batch {
		p.got = append(p.got, posted{m, time.Now()})
		out[i] = push.Outcome{Status: push.Sent}
		if p.says != nil {
			out[i] = p.says(m)
		}
	}
	return out
}

// say has it answer otherwise from now on.
func (p *post) say(fn func(push.Message) push.Outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.says = fn
}

func (p *post) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = nil
}

func (p *post) sent() []posted {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// phones are the workers' devices.
type phones struct {
	mu   sync.Mutex
	all  []Device
	gone []Device
}

func (p *phones) Of(_ context.Context, users []deltasync.UserID) (found []Device, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.all {
		if slices.Contains(users, d.User) {
			found = append(found, d)
		}
	}
	return found, nil
}

func (p *phones) Forget(_ context.Context, d Device) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = append(p.gone, d)
	p.all = slices.DeleteFunc(p.all, func(x Device) bool { return x == d })
	return nil
}

// story runs a test in a bubble whose clock starts at a moment in London, with a service that texts.
func story(t *testing.T, from string, fn func(w *world, texts *post)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(clock(from)))
		w := newWorld(t)
		defer w.close()
		texts := &post{}
		w.senders[push.SMS] = texts
		w.start()
		fn(w, texts)
	})
}

// clock is a moment by the clock on the wall in London.
func clock(text string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", text, london)
	if err != nil {
		panic(err)
	}
	return at
}

// pass lets time pass, and everybody finish.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// until lets it pass up to a moment.
func until(text string) {
	pass(time.Until(clock(text)))
}

// times are when they were sent, by the clock on the wall.
func when(all []posted) (at []string) {
	for _, m := range all {
		at = append(at, m.at.In(london).Format("2006-01-02 15:04"))
	}
	return at
}
