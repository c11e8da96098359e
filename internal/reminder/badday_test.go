package reminder

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// told is what the messages of somebody came to.
func told(w *world, scope deltasync.Scope) (all []string) {
	for _, m := range w.records(scope, casework.KindMessage) {
		text := m.Text("lead") + " " + m.Text("status")
		if m.Text("about") != "coming" {
			text = m.Text("about") + " " + m.Text("status")
		}
		if why := m.Text("why"); why != "" {
			text += " " + why
		}
		all = append(all, text)
	}
	return all
}

func expect(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// tasks are the open steps that reminders have put on the worker's list.
func tasks(w *world, scope deltasync.Scope) (all []string) {
	for _, f := range w.records(scope, casework.KindFollowUp) {
		if f.Made == writer && f.Text("ended") == "" && moment(f, "done_at").IsZero() {
			all = append(all, f.Text("step")+" "+f.Text("due"))
		}
	}
	slices.Sort(all)
	return all
}

func TestNobodyIsRemindedWho(t *testing.T) {
	for name, stop := range map[string]func(w *world, scope deltasync.Scope, consent, appointment deltasync.RecordID){
		"cancelled": func(w *world, scope deltasync.Scope, _, a deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, a, fields{"status": "cancelled"})
		},
		"cancelled, while another phone confirmed it": func(w *world, scope deltasync.Scope, _, a deltasync.RecordID) {
			base := w.version(a)
			w.op(w.worker, scope, casework.KindAppointment, a, base, fields{"status": "cancelled"})
			w.op(w.desk, scope, casework.KindAppointment, a, base, fields{"status": "confirmed"})
		},
		"has no such appointment any more": func(w *world, scope deltasync.Scope, _, a deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, a, nil)
		},
		"has had it deleted, while another phone edited it": func(w *world, scope deltasync.Scope, _, a deltasync.RecordID) {
			base := w.version(a)
			w.op(w.desk, scope, casework.KindAppointment, a, base, fields{"travel": "by bus"})
			w.op(w.worker, scope, casework.KindAppointment, a, base, nil)
		},
		"has had it moved away": func(w *world, scope deltasync.Scope, _, a deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, a, fields{"status": "moved"})
		},
		"has withdrawn": func(w *world, scope deltasync.Scope, c, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindConsent, c, fields{"withdrawn_on": "2026-11-03"})
		},
		"has withdrawn in another entry": func(w *world, scope deltasync.Scope, _, _ deltasync.RecordID) {
			w.edit(w.desk, scope, casework.KindConsent, deltasync.RecordID(w.id()), fields{"purpose": "reminders", "withdrawn_on": "2026-11-03"})
		},
		"has withdrawn, while another phone wrote that it was given": func(w *world, scope deltasync.Scope, c, _ deltasync.RecordID) {
			base := w.version(c)
			w.op(w.worker, scope, casework.KindConsent, c, base, fields{"withdrawn_on": "2026-11-03"})
			w.op(w.desk, scope, casework.KindConsent, c, base, fields{"withdrawn_on": nil, "given_on": "2026-11-03"})
		},
		"has had the consent deleted": func(w *world, scope deltasync.Scope, c, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindConsent, c, nil)
		},
		"was never asked": func(w *world, scope deltasync.Scope, c, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindConsent, c, fields{"given_on": nil})
		},
		"has consented to something else": func(w *world, scope deltasync.Scope, c, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindConsent, c, fields{"purpose": "share"})
		},
		"has died": func(w *world, scope deltasync.Scope, _, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"state": "died"})
		},
		"is closed, while another phone opened them": func(w *world, scope deltasync.Scope, _, _ deltasync.RecordID) {
			id := deltasync.RecordID(scope.ID())
			base := w.version(id)
			w.op(w.worker, scope, casework.KindPerson, id, base, fields{"state": "closed"})
			w.op(w.desk, scope, casework.KindPerson, id, base, fields{"state": "open"})
		},
		"is paused": func(w *world, scope deltasync.Scope, _, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"state": "paused"})
		},
		"can't come": func(w *world, scope deltasync.Scope, _, a deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, a, fields{"reply": "cannot", "reply_at": time.Now()})
		},
		"wants another time": func(w *world, scope deltasync.Scope, _, a deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, a, fields{"reply": "new_time", "reply_at": time.Now()})
		},
		"wants no reminders": func(w *world, scope deltasync.Scope, _, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"remind_before": "none"})
		},
		"has said something of hours that cannot be read": func(w *world, scope deltasync.Scope, _, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"safe_hours": "not when he is in"})
		},
		"is never to be texted": func(w *world, scope deltasync.Scope, _, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"contact_by": []string{"call"}})
		},
		"has no number": func(w *world, scope deltasync.Scope, _, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"phone": "has none"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, "2026-11-02 10:00", func(w *world, texts *post) {
				scope := w.person(nil)
				consent := w.consent(scope)
				id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
				until("2026-11-03 10:00")
				stop(w, scope, consent, id)
				until("2026-11-12 15:00")
				expect(t, "sent", when(texts.sent()), nil)
			})
		})
	}
}

func TestConsentWithdrawnASecondBeforeStopsTheMessage(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		consent := w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-10 13:59")
		time.Sleep(59 * time.Second)
		w.edit(w.worker, scope, casework.KindConsent, consent, fields{"withdrawn_on": "2026-11-10"})
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), nil)
	})
}

func TestConsentThatIsGivenAgainHolds(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		consent := w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		w.edit(w.worker, scope, casework.KindConsent, consent, fields{"withdrawn_on": "2026-11-02"})
		w.consent(scope)
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00"})
	})
}

func TestMovedAppointmentIsRemindedOfAtItsNewTime(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
		for i := range 10 { // ten times in a minute
			w.moved(scope, id, clock("2026-11-12 14:00").Add(time.Duration(i+1)*24*time.Hour))
			time.Sleep(6 * time.Second)
		}
		w.moved(scope, id, clock("2026-11-18 16:00"))
		until("2026-11-30 10:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-16 16:00", "2026-11-18 13:00"})
	})
}

func TestMovedAppointmentIsRemindedOfAgain(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-10 15:00")
		w.moved(scope, id, clock("2026-11-19 14:00"))
		until("2026-11-18 10:00")
		w.moved(scope, id, clock("2026-11-19 14:00")) // says the same
		until("2026-11-30 10:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-17 14:00", "2026-11-19 11:00"})
	})
}

func TestWhoHasSaidThatTheyAreComingGetsTheLastOneOnly(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), fields{"reply": "coming", "reply_at": time.Now()})
		w.appointment(scope, clock("2026-11-19 14:00"), fields{"status": "confirmed"})
		until("2026-11-20 14:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-12 11:00", "2026-11-19 11:00"})
	})
}

func TestAnswerThatWasDealtWithLetsRemindersGoOn(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		dealt := w.appointment(scope, clock("2026-11-12 14:00"), fields{"reply": "cannot", "reply_at": time.Now()})
		moved := w.appointment(scope, clock("2026-11-13 14:00"), fields{"reply": "new_time", "reply_at": time.Now()})
		again := w.appointment(scope, clock("2026-11-19 14:00"), fields{"reply": "cannot", "reply_at": time.Now()})
		time.Sleep(time.Hour)
		w.edit(w.worker, scope, casework.KindAppointment, dealt, fields{"reply_dealt_at": time.Now()})
		w.moved(scope, moved, clock("2026-11-17 14:00"))
		w.edit(w.worker, scope, casework.KindAppointment, again, fields{"reply_dealt_at": time.Now()})
		time.Sleep(time.Hour)
		w.edit(w.worker, scope, casework.KindAppointment, again, fields{"reply": "cannot", "reply_at": time.Now()})
		until("2026-11-30 14:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00", "2026-11-14 19:59", "2026-11-17 11:00"})
	})
}

func TestPausedPersonIsRemindedOfWhatWasPlannedSince(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"state": "paused"})
		w.appointment(scope, clock("2026-11-19 14:00"), nil)
		until("2026-11-30 14:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-17 14:00", "2026-11-19 11:00"})
	})
}

func TestMessagesThatCoincideAreOne(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:10"), nil)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		w.appointment(scope, clock("2026-11-12 16:00"), nil)
		until("2026-11-12 17:00")
		sent := texts.sent()
		expect(t, "sent", when(sent), []string{"2026-11-10 14:00", "2026-11-10 16:00", "2026-11-12 11:00", "2026-11-12 13:00"})
		for i, want := range []string{"at 14:00, and one more thing near it.", "at 16:00.", "at 14:00, and one more thing near it.", "at 16:00."} {
			if i < len(sent) && !strings.Contains(sent[i].Words, want) {
				t.Errorf("message %d says %q, want %q in it", i, sent[i].Words, want)
			}
		}
	})
}

func TestNobodyGetsMoreThanTheDayAllows(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		for hour := range 6 {
			w.appointment(scope, clock("2026-11-12 13:00").Add(time.Duration(hour)*time.Hour), nil)
		}
		until("2026-11-12 20:00")
		sent := texts.sent()
		expect(t, "sent", when(sent), []string{"2026-11-10 13:00", "2026-11-10 14:00", "2026-11-12 10:00", "2026-11-12 11:00"})
		if len(sent) == 4 && !strings.Contains(sent[1].Words, "and 4 more things near it") {
			t.Errorf("the last one of the day says %q, want that there are 4 more", sent[1].Words)
		}
		expect(t, "told", told(w, scope), []string{"48h sent", "48h sent", "3h sent", "3h sent"})
	})
}

func TestWithNoRoomOnTheDayAReminderIsDropped(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		w.set.PerDay = 2
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 13:00"), nil)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-10 14:30")
		w.appointment(scope, clock("2026-11-12 15:00"), nil) // the first has no room on the day, and is late the next
		until("2026-11-12 11:10")                            // two have gone; the third went along
		w.appointment(scope, clock("2026-11-12 18:00"), nil) // and this one has nowhere to go
		until("2026-11-12 20:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 13:00", "2026-11-10 14:00", "2026-11-12 10:00", "2026-11-12 11:00"})
		expect(t, "told", told(w, scope), []string{"48h sent", "48h sent", "48h dropped per_day", "3h sent", "3h sent", "3h dropped per_day"})
	})
}

func TestDownForThreeDaysSendsNothingLate(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		w.appointment(scope, clock("2026-11-15 14:00"), nil) // a Sunday: both go on the days before
		until("2026-11-10 10:00")
		if err := w.stop(); err == nil {
			t.Error("a service that was stopped says nothing of it")
		}
		until("2026-11-13 18:00")
		w.start()
		until("2026-11-16 10:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-13 18:00", "2026-11-14 19:59"})
		expect(t, "told", told(w, scope), []string{"48h sent", "3h sent"})
	})
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-14 14:00"), nil)
		until("2026-11-10 10:00")
		_ = w.stop()
		until("2026-11-13 10:00")
		w.start()
		until("2026-11-16 10:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-14 11:00"})
		expect(t, "told", told(w, scope), []string{"48h dropped late", "3h sent"})
	})
}

func TestReminderGoesByTheNextWay(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		_ = w.stop()
		browser := &post{says: func(push.Message) push.Outcome { return push.Outcome{Status: push.Gone, Why: "gone"} }}
		w.senders[push.WebPush] = browser
		w.start()
		scope := w.person(nil)
		w.consent(scope)
		time.Sleep(time.Second) // they have a page now
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
		texts.says = func(m push.Message) push.Outcome {
			if m.To.Value == "07700 900123" {
				return push.Outcome{Status: push.Gone, Why: "unknown_number"}
			}
			return push.Outcome{Status: push.Sent}
		}
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
				texts.says = func(push.Message) push.Outcome {
					if works {
						return push.Outcome{Status: push.Sent}
					}
					return push.Outcome{Status: push.Gone}
				}
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
		time.Sleep(time.Second)
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
		texts.says = func(push.Message) push.Outcome {
			if time.Now().Before(up) {
				return push.Outcome{Status: push.Later, Why: "down"}
			}
			return push.Outcome{Status: push.Sent}
		}
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
		texts.says = func(push.Message) push.Outcome {
			return push.Outcome{Status: push.Later, After: 2 * time.Hour, Why: "quota"}
		}
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-10 16:00", "2026-11-10 18:00", "2026-11-12 11:00"})
		expect(t, "told", told(w, scope), []string{"48h dropped late", "3h dropped late"})
	})
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.says = func(push.Message) push.Outcome { return push.Outcome{Status: push.Later, After: time.Hour} }
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

func TestRefusedMessageHasFailedAndTheNumberStands(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		texts.says = func(push.Message) push.Outcome { return push.Outcome{Status: push.Refused, Why: "template"} }
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
		texts.says = func(push.Message) push.Outcome { return push.Outcome{Status: push.Unknown, Why: "timeout"} }
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

func TestAgendaOfAnotherProgramIsMadeAnew(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-10 14:01")
		_ = w.stop()
		w.must(w.store().Write(context.Background(), func(tx WriteTx) error {
			return tx.PutDerived(tableAgendas, []byte(scope), scope, []byte("what is this"))
		}))
		w.start()
		until("2026-11-12 15:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00"})
		if n := w.rows(tableDue); n != 1 {
			t.Errorf("the queue has %d rows, want one", n)
		}
	})
}
