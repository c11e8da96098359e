package reminder

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"alongside/internal/push"
)

// asked is a provider that can be asked what became of a message.
type asked struct {
	post
	knows map[string]push.Outcome
	down  atomic.Bool
}

func (a *asked) Ask(_ context.Context, id string) (push.Outcome, bool) {
	if a.down.Load() {
		return push.Outcome{Status: push.Later}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	o, ok := a.knows[id]
	return o, ok
}

// The process is killed after a message was claimed and before that is noted. Whether it was sent in between, nobody can see from the file.
func TestKilledBetweenClaimAndNoteNobodyGetsATextTwice(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		var revive func()
		texts.say(func(push.Message) push.Outcome {
			if revive == nil {
				revive = w.killed()
			}
			return push.Outcome{Status: push.Sent}
		})
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-10 14:00")
		revive()
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00"})
		expect(t, "told", told(w, scope), []string{"48h unknown no_answer", "3h sent"})
	})
}

func TestKilledBetweenClaimAndNoteAProviderIsAsked(t *testing.T) {
	for _, c := range []struct {
		name string
		knew bool // it was sent before the end
		down time.Duration
		sent []string
		told string
	}{
		{"it was sent", true, 0, []string{"2026-11-10 14:00", "2026-11-12 11:00"}, "48h sent"},
		{"it was not", false, 0, []string{"2026-11-10 14:00", "2026-11-10 14:01", "2026-11-12 11:00"}, "48h sent"},
		{"it was sent, and the provider is down", true, 3 * time.Hour, []string{"2026-11-10 14:00", "2026-11-12 11:00"}, "48h sent"},
		{"it was not, and the provider is down for too long", false, 20 * time.Hour, []string{"2026-11-10 14:00", "2026-11-12 11:00"}, "48h dropped late"},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, "2026-11-02 10:00", func(w *world, _ *post) {
				_ = w.stop()
				texts := &asked{knows: map[string]push.Outcome{}}
				w.senders[push.SMS] = texts
				w.start()
				var revive func()
				texts.say(func(m push.Message) push.Outcome {
					if revive == nil {
						revive = w.killed()
						if c.knew {
							texts.knows[m.ID] = push.Outcome{Status: push.Sent}
						}
					}
					return push.Outcome{Status: push.Sent}
				})
				scope := w.person(nil)
				w.consent(scope)
				w.appointment(scope, clock("2026-11-12 14:00"), nil)
				until("2026-11-10 14:01")
				texts.down.Store(c.down > 0)
				revive()
				pass(c.down)
				texts.down.Store(false)
				until("2026-11-12 15:00")
				expect(t, "sent", when(texts.sent()), c.sent)
				expect(t, "told", told(w, scope), []string{c.told, "3h sent"})
			})
		})
	}
}

func TestKilledBetweenClaimAndNoteARepeatTakesTheFirstOnesPlace(t *testing.T) {
	for name, then := range map[string]struct {
		cancel bool
		sent   int
		told   string
	}{"still wanted": {false, 2, "48h sent"}, "cancelled meanwhile": {true, 1, "48h unknown no_answer"}} {
		t.Run(name, func(t *testing.T) {
			story(t, "2026-11-02 10:00", func(w *world, _ *post) {
				_ = w.stop()
				browser := &post{}
				w.senders[push.WebPush] = browser
				w.start()
				var revive func()
				browser.say(func(push.Message) push.Outcome {
					if revive == nil {
						revive = w.killed()
					}
					return push.Outcome{Status: push.Sent}
				})
				scope := w.person(nil)
				w.consent(scope)
				pass(time.Second)
				w.way(scope, "webpush", "https://push.example/a")
				id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
				until("2026-11-10 14:00")
				revive()
				if then.cancel {
					w.edit(w.worker, scope, "appointment", id, fields{"status": "cancelled"})
				}
				until("2026-11-11 15:00")
				sent := browser.sent()
				if len(sent) != then.sent || sent[0].ID != sent[len(sent)-1].ID || sent[0].Collapse != sent[len(sent)-1].Collapse {
					t.Errorf("pushed %+v", sent)
				}
				expect(t, "told", told(w, scope), []string{then.told})
			})
		})
	}
}

func TestLostReplyIsAskedAfterOrRepeated(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		_ = w.stop()
		texts := &asked{knows: map[string]push.Outcome{}}
		texts.say(func(m push.Message) push.Outcome {
			texts.knows[m.ID] = push.Outcome{Status: push.Sent}
			return push.Outcome{Status: push.Unknown, Why: "timeout"}
		})
		w.senders[push.SMS] = texts
		w.start()
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00"})
		expect(t, "told", told(w, scope), []string{"48h sent", "3h sent"})
	})
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		_ = w.stop()
		browser := &post{says: func(push.Message) push.Outcome { return push.Outcome{Status: push.Unknown, Why: "timeout"} }}
		w.senders[push.WebPush] = browser
		w.start()
		scope := w.person(nil)
		w.consent(scope)
		pass(time.Second)
		w.way(scope, "webpush", "https://push.example/a")
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 10:00")
		sent := browser.sent()
		if len(sent) != mostTries+1 {
			t.Errorf("it was pushed %d times, want %d", len(sent), mostTries+1)
		}
		for _, m := range sent {
			if m.ID != sent[0].ID || m.Collapse != sent[0].Collapse || m.Collapse == "" {
				t.Errorf("a repeat is %+v, the first was %+v", m, sent[0])
			}
		}
		expect(t, "told", told(w, scope), []string{"48h unknown timeout"})
	})
}

func TestKilledBetweenClaimAndNoteANumberThatIsGoneIsKnownByAsking(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		_ = w.stop()
		texts := &asked{knows: map[string]push.Outcome{}}
		w.senders[push.SMS] = texts
		w.start()
		var revive func()
		texts.say(func(m push.Message) push.Outcome {
			revive = w.killed()
			texts.knows[m.ID] = push.Outcome{Status: push.Gone, Why: "unknown_number"}
			return push.Outcome{Status: push.Sent}
		})
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-10 14:00")
		revive()
		until("2026-11-12 15:00")
		expect(t, "told", told(w, scope), []string{"48h failed unknown_number"})
		expect(t, "tasks", tasks(w, scope), []string{"check_number 2026-11-10"})
	})
}
