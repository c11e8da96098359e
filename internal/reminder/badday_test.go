package reminder

import (
	"slices"
	"strings"
	"testing"
	"time"

	"alongside/internal/casework"
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
		"has withdrawn on the day, in another entry": func(w *world, scope deltasync.Scope, _, _ deltasync.RecordID) {
			w.edit(w.desk, scope, casework.KindConsent, deltasync.RecordID(w.id()), fields{"purpose": "reminders", "withdrawn_on": "2026-11-02"})
		},
		"has withdrawn, while another phone wrote down another day": func(w *world, scope deltasync.Scope, c, _ deltasync.RecordID) {
			base := w.version(c)
			w.op(w.worker, scope, casework.KindConsent, c, base, fields{"withdrawn_on": "2026-11-03"})
			w.op(w.desk, scope, casework.KindConsent, c, base, fields{"given_on": "2026-11-03"})
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
		"can't come, and has had the same time written again": func(w *world, scope deltasync.Scope, _, a deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, a, fields{"reply": "cannot", "reply_at": time.Now()})
			pass(time.Second)
			w.moved(scope, a, clock("2026-11-12 14:00"))
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
		pass(59 * time.Second)
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
			pass(6 * time.Second)
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
		pass(time.Hour)
		w.edit(w.worker, scope, casework.KindAppointment, dealt, fields{"reply_dealt_at": time.Now()})
		w.moved(scope, moved, clock("2026-11-17 14:00"))
		w.edit(w.worker, scope, casework.KindAppointment, again, fields{"reply_dealt_at": time.Now()})
		pass(time.Hour)
		w.edit(w.worker, scope, casework.KindAppointment, again, fields{"reply": "cannot", "reply_at": time.Now()})
		until("2026-11-30 14:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00", "2026-11-12 11:00", "2026-11-14 19:59", "2026-11-17 11:00"})
	})
}

func TestReminderThatWasMissedIsNotMadeUpForWhereOneHasGone(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 10:00")
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"reply": "cannot", "reply_at": time.Now()})
		until("2026-11-12 12:00")
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"reply_dealt_at": time.Now()})
		until("2026-11-12 14:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-10 14:00"})
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
