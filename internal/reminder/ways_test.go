package reminder

import (
	"context"
	"strings"
	"testing"
	"time"

	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

func TestReminderGoesByTheNextWay(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		_ = w.stop()
		browser := &post{says: func(push.Message) push.Outcome { return push.Outcome{Status: push.Gone, Why: "gone"} }}
		w.senders[push.WebPush] = browser
		w.start()
		scope := w.person(nil)
		w.consent(scope)
		pass(time.Second) // they have a page now
		w.way(scope, "webpush", "https://push.example/a")
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 15:00")
		expect(t, "pushed", when(browser.sent()), []string{"2026-11-10 14:00"}) // it is not tried again
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00"})
		expect(t, "told", told(w, scope), []string{"48h failed gone", "48h sent", "3h sent"})
		if a, b := browser.sent()[0], texts.sent()[0]; a.ID == b.ID || a.Words != "" || a.Link == "" {
			t.Errorf("by the browser went %+v, and then %+v", a, b)
		}
		expect(t, "tasks", tasks(w, scope), nil)
	})
}

func TestNumberThatDoesNotWorkIsAWorkersToCheck(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.say(func(m push.Message) push.Outcome {
			if m.To.Value == "07700 900123" {
				return push.Outcome{Status: push.Gone, Why: "unknown_number"}
			}
			return push.Outcome{Status: push.Sent}
		})
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		w.appointment(scope, clock("2026-11-19 14:00"), nil)
		until("2026-11-11 10:00")
		expect(t, "tasks", tasks(w, scope), []string{"check_number 2026-11-10"})
		until("2026-11-13 10:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00"}) // and not again
		w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"phone": "07700 900456"})
		until("2026-11-20 10:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-17 14:00", "2026-11-19 11:00"})
		expect(t, "tasks", tasks(w, scope), []string{"outcome 2026-11-12T19:00:00.000Z", "outcome 2026-11-19T19:00:00.000Z"})
		ways := w.records(scope, casework.KindWay)
		if len(ways) != 1 || ways[0].Text("value") != "07700 900123" || ways[0].Text("why") != "unknown_number" || moment(ways[0], "failing_since").IsZero() {
			t.Errorf("of the number is written down %+v", ways)
		}
	})
}

func TestNumberThatWasCheckedIsTakenAgain(t *testing.T) {
	for name, check := range map[string]func(w *world, scope deltasync.Scope){
		"confirmed": func(w *world, scope deltasync.Scope) {
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"phone_confirmed_on": "2026-11-11"})
		},
		"task done": func(w *world, scope deltasync.Scope) {
			for _, f := range w.records(scope, casework.KindFollowUp) {
				if f.Text("step") == casework.StepCheckNumber {
					w.edit(w.worker, scope, casework.KindFollowUp, f.ID, fields{"done_at": time.Now(), "ended": "done"})
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, "2026-11-02 10:00", func(w *world, texts *post) {
				works := false
				texts.say(func(push.Message) push.Outcome {
					if works {
						return push.Outcome{Status: push.Sent}
					}
					return push.Outcome{Status: push.Gone}
				})
				scope := w.person(nil)
				w.consent(scope)
				w.appointment(scope, clock("2026-11-12 14:00"), nil)
				until("2026-11-11 10:00")
				works = true
				check(w, scope)
				until("2026-11-13 10:00")
				expect(t, "told", told(w, scope), []string{"48h failed", "3h sent"})
				expect(t, "tasks", tasks(w, scope), []string{"outcome 2026-11-12T19:00:00.000Z"})
			})
		})
	}
}

func TestWithNoWayAWorkerIsToldOnce(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(fields{"phone": nil})
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		w.appointment(scope, clock("2026-11-13 14:00"), nil)
		until("2026-11-10 13:00")
		expect(t, "tasks before anything is due", tasks(w, scope), nil)
		until("2026-11-12 15:00")
		expect(t, "tasks", tasks(w, scope), []string{"check_number 2026-11-10"})
		expect(t, "told", told(w, scope), nil)
		w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"phone": "07700 900123"})
		until("2026-11-13 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-13 11:00"})
		expect(t, "told", told(w, scope), []string{"3h sent"})
	})
	story(t, "2026-11-02 10:00", func(w *world, texts *post) { // who has not consented is nobody's task
		scope := w.person(fields{"phone": nil})
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 15:00")
		expect(t, "tasks", tasks(w, scope), nil)
	})
}

func TestHoursThatCannotBeReadAreAWorkersToWrite(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(fields{"safe_hours": "mornings"})
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		pass(time.Second)
		expect(t, "tasks", tasks(w, scope), []string{"check_number 2026-11-02"})
		w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"safe_hours": "10:00-11:30"})
		until("2026-11-12 15:00")
		expect(t, "tasks", tasks(w, scope), nil)
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 11:29", "2026-11-12 11:00"})
	})
}

func TestProviderThatIsDownIsTriedAgainInTime(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		up := clock("2026-11-10 15:10")
		texts.say(func(push.Message) push.Outcome {
			if time.Now().Before(up) {
				return push.Outcome{Status: push.Later, Why: "down"}
			}
			return push.Outcome{Status: push.Sent}
		})
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-11 10:00")
		sent := texts.sent()
		for _, m := range sent {
			if m.ID != sent[0].ID || m.Collapse != sent[0].Collapse || m.Words != sent[0].Words {
				t.Errorf("a repeat is %+v, the first was %+v", m, sent[0])
			}
		}
		if n := len(sent); n < 4 || n > 12 || sent[n-1].at.Before(up) || sent[n-1].at.Sub(up) > mostWait {
			t.Errorf("it was tried at %v", when(sent))
		}
		expect(t, "told", told(w, scope), []string{"48h sent"})
	})
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.say(func(push.Message) push.Outcome {
			return push.Outcome{Status: push.Later, After: 2 * time.Hour, Why: "quota"}
		})
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-10 16:00", "2026-11-10 18:00", "2026-11-12 11:00"})
		expect(t, "told", told(w, scope), []string{"48h dropped late", "3h dropped late"})
	})
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.say(func(push.Message) push.Outcome { return push.Outcome{Status: push.Later, After: time.Hour} })
		scope := w.person(nil)
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-10 14:30")
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "cancelled"})
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00"}) // what is claimed is stopped too
		expect(t, "told", told(w, scope), []string{"48h dropped stopped"})
	})
}

func TestWhatWasStoppedAndIsToGoAfterAllGoes(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.say(func(push.Message) push.Outcome { return push.Outcome{Status: push.Later, After: time.Hour} })
		scope := w.person(nil)
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 11:10")
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "cancelled"})
		pass(time.Second)
		expect(t, "told", told(w, scope), []string{"48h dropped late", "3h dropped stopped"})
		texts.say(nil)
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "planned"})
		until("2026-11-12 13:00")
		expect(t, "told", told(w, scope), []string{"48h dropped late", "3h sent"})
	})
}

func TestMessageThatWaitsOutlivesOtherSettings(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.say(func(push.Message) push.Outcome { return push.Outcome{Status: push.Later, After: time.Hour} })
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-10 14:30")
		_ = w.stop()
		w.set.Of++
		texts.say(nil)
		w.start()
		until("2026-11-10 16:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-10 15:00"})
		expect(t, "told", told(w, scope), []string{"48h sent"})
	})
}

func TestReceiptThatIsFasterThanTheAnswerStands(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.say(func(m push.Message) push.Outcome {
			if err := w.service().Receipt(context.Background(), Receipt{ID: m.ID, Done: true}); err != nil {
				t.Error(err)
			}
			return push.Outcome{Status: push.Sent}
		})
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 15:00")
		expect(t, "told", told(w, scope), []string{"48h delivered", "3h delivered"})
	})
}

func TestRefusedMessageHasFailedAndTheNumberStands(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.say(func(push.Message) push.Outcome { return push.Outcome{Status: push.Refused, Why: "template"} })
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00"})
		expect(t, "told", told(w, scope), []string{"48h failed template", "3h failed template"})
		expect(t, "tasks", tasks(w, scope), nil)
	})
}

func TestLostReplyIsNoSecondText(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.say(func(push.Message) push.Outcome { return push.Outcome{Status: push.Unknown, Why: "timeout"} })
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00"})
		expect(t, "told", told(w, scope), []string{"48h unknown timeout", "3h unknown timeout"})
	})
}

func TestDemoPrintsWhatAnyWayWouldHave(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		_ = w.stop()
		printer := &post{}
		delete(w.senders, push.SMS)
		w.senders[push.Log] = printer
		w.start()
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 15:00")
		expect(t, "printed", when(printer.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00"})
		if m := printer.sent()[0]; m.To.Kind != push.SMS || m.Words == "" {
			t.Errorf("it printed %+v", m)
		}
		for _, m := range w.records(scope, casework.KindMessage) {
			if got := m.Text("way"); got != "log" {
				t.Errorf("a message that was printed is by %q", got)
			}
		}
	})
}

func TestOtherSettingsPlanAnew(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-03 10:00")
		_ = w.stop()
		w.set.Leads = []time.Duration{24 * time.Hour, time.Hour}
		w.start()
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-11 14:00", "2026-11-12 13:00"})
	})
}

// stuck is a provider that does not answer some.
type stuck struct{ post }

func (s *stuck) Send(ctx context.Context, batch []push.Message) []push.Outcome {
	if strings.HasSuffix(batch[0].To.Value, "123") {
		s.post.Send(ctx, batch)
		<-ctx.Done()
		return []push.Outcome{{Status: push.Unknown, Why: "timeout"}}
	}
	return s.post.Send(ctx, batch)
}

func TestProviderThatDoesNotAnswerHoldsUpNobodyElse(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		_ = w.stop()
		texts := &stuck{}
		w.senders[push.SMS] = texts
		w.start()
		for range 2 * mostUnderWay {
			scope := w.person(nil)
			w.consent(scope)
			w.appointment(scope, clock("2026-11-12 14:00"), nil)
		}
		other := w.person(fields{"phone": "07700 900456"})
		w.consent(other)
		w.appointment(other, clock("2026-11-12 14:00"), nil)
		until("2026-11-10 14:03")
		if n := len(texts.sent()); n != 2*mostUnderWay+1 {
			t.Errorf("%d were tried, want all", n)
		}
		expect(t, "told", told(w, other), []string{"48h sent"})
		until("2026-11-12 11:00")
		began := time.Now()
		_ = w.stop() // in the middle
		if took := time.Since(began); took > sendFor {
			t.Errorf("it took %s to end", took)
		}
	})
}

func TestWhatIsRefusedAboutOneHoldsUpNobodyElse(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope, other := w.person(nil), w.person(nil)
		id := w.appointment(scope, clock("2026-11-04 10:00"), nil)
		w.appointment(other, clock("2026-11-04 10:00"), nil)
		taken := namesOf(w.db.Secret(), scope).step(casework.StepOutcome, id, clock("2026-11-04 10:00"))
		w.edit(w.worker, scope, casework.KindSupport, taken, fields{"what": "call", "at": clock("2026-11-03 10:00")})
		until("2026-11-05 10:00")
		expect(t, "tasks", tasks(w, other), []string{"outcome 2026-11-04T15:00:00.000Z"})
		if n := strings.Count(w.logged.String(), "wrong_kind"); n != 20 || strings.Contains(w.logged.String(), scope.ID()) {
			t.Errorf("it is logged %d times in 19 hours: %s", n, w.logged.String())
		}
	})
}

func TestWhatIsLongPastIsNotOnAnAgenda(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		scope := w.person(nil)
		for day := range 30 {
			w.appointment(scope, clock("2026-06-01 10:00").AddDate(0, 0, day), fields{"status": []string{"attended", "missed", "cancelled"}[day%3]})
		}
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		pass(time.Second)
		w.must(w.store().Read(context.Background(), func(tx Tx) error {
			a, err := w.service().agenda(tx, scope)
			if got, want := len(a.Appointments), w.set.Of+1; got != want {
				t.Errorf("%d appointments are on it, want the last %d outcomes and what is to come", got, want-1)
			}
			return err
		}))
	})
}

func TestAgendaOfAnotherProgramIsMadeAnew(t *testing.T) {
	for _, row := range []string{"what is this", `{"seen":9007199254740991,"rules":"others"}`} {
		story(t, "2026-11-02 10:00", func(w *world, texts *post) {
			scope := w.person(nil)
			w.consent(scope)
			w.appointment(scope, clock("2026-11-12 14:00"), nil)
			until("2026-11-10 14:01")
			_ = w.stop()
			w.must(w.store().Write(context.Background(), func(tx WriteTx) error { return tx.PutDerived(tableAgendas, []byte(scope), scope, []byte(row)) }))
			w.start()
			until("2026-11-12 15:00")
			expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00"})
			if n := w.rows(tableDue); n != 1 {
				t.Errorf("the queue has %d rows, want one", n)
			}
		})
	}
}
