package reminder

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// take ends the open step of this name, as a worker does.
func (w *world) take(scope deltasync.Scope, step, ended string) {
	w.t.Helper()
	for _, f := range w.records(scope, casework.KindFollowUp) {
		if f.Text("step") == step && f.Text("ended") == "" {
			set := fields{"done_at": time.Now(), "ended": ended, "outcome": "no answer"}
			if ended == "" {
				delete(set, "ended")
			}
			w.edit(w.worker, scope, casework.KindFollowUp, f.ID, set)
			return
		}
	}
	w.t.Fatalf("there is no open step %s", step)
}

// walked are all steps that reminders have written, with how they ended.
func walked(w *world, scope deltasync.Scope) (all []string) {
	for _, f := range w.records(scope, casework.KindFollowUp) {
		all = append(all, strings.TrimSpace(f.Text("step")+" "+f.Text("ended")))
	}
	slices.Sort(all)
	return all
}

func TestWorkerIsAskedWhatBecameOfAnAppointment(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		scope := w.person(nil)
		id := w.appointment(scope, clock("2026-11-04 10:00"), fields{"ends_at": clock("2026-11-04 10:30")})
		other := w.appointment(scope, clock("2026-11-04 11:00"), nil)
		until("2026-11-04 14:29")
		expect(t, "before", tasks(w, scope), nil)
		until("2026-11-04 14:31")
		expect(t, "four hours after the end", tasks(w, scope), []string{"outcome 2026-11-04T14:30:00.000Z"})
		until("2026-11-04 16:01")
		expect(t, "and of the one that does not say when it ends", tasks(w, scope), []string{"outcome 2026-11-04T14:30:00.000Z", "outcome 2026-11-04T16:00:00.000Z"})
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "attended"})
		w.edit(w.worker, scope, casework.KindAppointment, other, fields{"status": "cancelled"})
		pass(time.Second)
		expect(t, "walked", walked(w, scope), []string{"outcome done", "outcome stopped"})
	})
}

func TestNothingIsAskedOf(t *testing.T) {
	for name, make := range map[string]func(w *world, scope deltasync.Scope){
		"what was imported": func(w *world, scope deltasync.Scope) {
			w.appointment(scope, clock("2026-10-10 10:00"), nil)
			id := w.appointment(scope, clock("2026-10-11 10:00"), nil)
			w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		},
		"what was written down with its outcome": func(w *world, scope deltasync.Scope) {
			w.appointment(scope, clock("2026-11-01 10:00"), fields{"status": "missed"})
			w.appointment(scope, clock("2026-11-01 11:00"), fields{"status": "attended"})
		},
		"what was cancelled": func(w *world, scope deltasync.Scope) {
			w.appointment(scope, clock("2026-11-01 10:00"), fields{"status": "cancelled"})
		},
		"what was cancelled, while another phone confirmed it": func(w *world, scope deltasync.Scope) {
			id := w.appointment(scope, clock("2026-11-03 10:00"), nil)
			base := w.version(id)
			w.op(w.worker, scope, casework.KindAppointment, id, base, fields{"status": "cancelled"})
			w.op(w.desk, scope, casework.KindAppointment, id, base, fields{"status": "confirmed"})
		},
		"somebody who has died, and had something on": func(w *world, scope deltasync.Scope) {
			w.appointment(scope, clock("2026-11-03 10:00"), nil)
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"state": "died"})
		},
		"somebody who has died": func(w *world, scope deltasync.Scope) {
			id := w.appointment(scope, clock("2026-11-03 10:00"), nil)
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"state": "died"})
			w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, "2026-11-02 10:00", func(w *world, texts *post) {
				scope := w.person(nil)
				w.consent(scope)
				make(w, scope)
				until("2026-11-20 10:00")
				expect(t, "tasks", walked(w, scope), nil)
				for _, m := range texts.sent() {
					if strings.Contains(m.Words, "missed") {
						t.Errorf("the person was sent %q", m.Words)
					}
				}
			})
		})
	}
}

// missed is a story in which somebody did not come on 4 November at 10:00, which was noted at 11:00.
func missed(t *testing.T, fn func(w *world, texts *post, scope deltasync.Scope, id deltasync.RecordID)) {
	t.Helper()
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-04 10:00"), nil)
		until("2026-11-04 11:00")
		texts.forget()
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		pass(time.Second)
		fn(w, texts, scope, id)
	})
}

func TestMissedAppointmentStartsTheLadderAndWritesToThePerson(t *testing.T) {
	missed(t, func(w *world, texts *post, scope deltasync.Scope, id deltasync.RecordID) {
		expect(t, "sent", when(texts.sent()), []string{"2026-11-04 11:00"})
		if m := texts.sent()[0]; !strings.Contains(m.Words, "Sorry we missed you") || !strings.Contains(m.Words, m.Link) || !strings.HasPrefix(m.Link, "https://example.org/r/") {
			t.Errorf("it says %q, with %q", m.Words, m.Link)
		}
		expect(t, "a call within a day", tasks(w, scope), []string{"call 2026-11-05T11:00:00.000Z"})
		for _, f := range w.records(scope, casework.KindFollowUp) {
			if f.Text("appointment") != string(id) {
				t.Errorf("the step is about %q, want %q", f.Text("appointment"), id)
			}
		}
		w.take(scope, "call", "skipped")
		pass(time.Second)
		expect(t, "a visit within three", tasks(w, scope), []string{"visit 2026-11-07T11:00:00.000Z"})
		until("2026-11-07 11:01") // it expires
		expect(t, "the coordinator after seven", tasks(w, scope), []string{"coordinator 2026-11-11T11:00:00.000Z", "visit 2026-11-07T11:00:00.000Z"})
		w.take(scope, "visit", "skipped") // what has expired can still be recorded
		until("2026-11-30 10:00")
		expect(t, "that stays", tasks(w, scope), []string{"coordinator 2026-11-11T11:00:00.000Z"})
		if state := w.record(deltasync.RecordID(scope.ID())).Text("state"); state != "open" {
			t.Errorf("the person is %s", state)
		}
		expect(t, "sent", when(texts.sent()), []string{"2026-11-04 11:00"})
	})
}

func TestLadderEndsWithContact(t *testing.T) {
	ended := []string{"call stopped"}
	for name, c := range map[string]struct {
		do   func(w *world, scope deltasync.Scope, id deltasync.RecordID)
		want []string
	}{
		"the call reached them": {func(w *world, scope deltasync.Scope, _ deltasync.RecordID) { w.take(scope, "call", "done") }, []string{"call done"}},
		"the call was done, by an app that says no more": {func(w *world, scope deltasync.Scope, _ deltasync.RecordID) { w.take(scope, "call", "") },
			[]string{"call"}},
		"they came after all": {func(w *world, scope deltasync.Scope, id deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "attended"})
		}, ended},
		"another phone says that they came": {func(w *world, scope deltasync.Scope, id deltasync.RecordID) {
			w.op(w.desk, scope, casework.KindAppointment, id, 0, fields{"status": "attended"})
			w.op(w.worker, scope, casework.KindAppointment, id, 0, fields{"status": "missed"})
		}, ended},
		"it was cancelled after all": {func(w *world, scope deltasync.Scope, id deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "cancelled"})
		}, ended},
		"it was another time": {func(w *world, scope deltasync.Scope, id deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, id, fields{"starts_at": clock("2026-11-30 10:00"), "status": "planned"})
		}, ended},
		"it was deleted": {func(w *world, scope deltasync.Scope, id deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, id, nil)
		}, ended},
		"somebody visited them": {func(w *world, scope deltasync.Scope, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindSupport, deltasync.RecordID(w.id()), fields{"what": "visit", "at": time.Now()})
		}, ended},
		"they answered": {func(w *world, scope deltasync.Scope, id deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindAppointment, id, fields{"reply": "new_time", "reply_at": time.Now()})
		}, ended},
		"they sent a text that answers nothing": {func(w *world, scope deltasync.Scope, id deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindConsent, w.records(scope, casework.KindConsent)[0].ID, fields{"withdrawn_on": "2026-11-04"})
			pass(8 * time.Hour * 24) // after which it is no answer to a message
			w.must(w.service().Text(context.Background(), Text{ID: w.id(), From: "07700900123", Words: "Sorry. I was ill"}))
		}, []string{"", "call stopped", "coordinator stopped", "visit stopped"}}, // and the text, for somebody to read
		"they came to a later one": {func(w *world, scope deltasync.Scope, _ deltasync.RecordID) {
			w.appointment(scope, clock("2026-11-04 11:00"), fields{"status": "attended"})
		}, ended},
		"they are not worked with any more": {func(w *world, scope deltasync.Scope, _ deltasync.RecordID) {
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"state": "closed"})
		}, ended},
	} {
		t.Run(name, func(t *testing.T) {
			missed(t, func(w *world, _ *post, scope deltasync.Scope, id deltasync.RecordID) {
				c.do(w, scope, id)
				until("2026-11-29 10:00")
				expect(t, "walked", walked(w, scope), c.want)
				for _, f := range w.records(scope, casework.KindFollowUp) {
					if f.Text("ended") == "stopped" && f.Text("outcome") == "" {
						t.Error("it does not say why it was stopped")
					}
				}
			})
		})
	}
}

func TestContactBeforeTheMissIsNone(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		scope := w.person(nil)
		id := w.appointment(scope, clock("2026-11-04 10:00"), fields{"reply": "coming", "reply_at": time.Now()})
		w.edit(w.worker, scope, casework.KindSupport, deltasync.RecordID(w.id()), fields{"what": "call", "at": clock("2026-11-03 10:00")})
		w.appointment(scope, clock("2026-11-03 10:00"), fields{"status": "attended"})
		until("2026-11-04 11:00")
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		pass(time.Second)
		expect(t, "tasks", tasks(w, scope), []string{"call 2026-11-05T11:00:00.000Z"})
	})
}

func TestSupportThatWasTakenBackIsNoContact(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		scope := w.person(nil)
		id := w.appointment(scope, clock("2026-11-04 10:00"), nil)
		mistaken := deltasync.RecordID(w.id())
		w.edit(w.worker, scope, casework.KindSupport, mistaken, fields{"what": "call", "at": clock("2026-11-04 10:30")})
		pass(time.Second)
		w.edit(w.worker, scope, casework.KindSupport, mistaken, nil)
		until("2026-11-04 11:00")
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		pass(time.Second)
		expect(t, "tasks", tasks(w, scope), []string{"call 2026-11-05T11:00:00.000Z"})
	})
}

func TestMessageAfterAMissKeepsToTheHoursAndToConsent(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope, silent := w.person(nil), w.person(nil)
		w.consent(scope)
		for _, s := range []deltasync.Scope{scope, silent} {
			id := w.appointment(s, clock("2026-11-07 20:30"), nil) // a Saturday
			until("2026-11-07 21:50")
			w.edit(w.worker, s, casework.KindAppointment, id, fields{"status": "missed"})
			pass(time.Second)
		}
		until("2026-11-09 08:00")
		w.consent(silent) // after the miss
		until("2026-11-12 10:00")
		expect(t, "sent", when(texts.sent()), []string{"2026-11-05 19:59", "2026-11-07 17:30", "2026-11-09 09:00"})
		expect(t, "told", told(w, silent), nil)
		expect(t, "tasks", walked(w, silent), []string{"call", "coordinator", "visit"})
	})
	story(t, "2026-11-02 10:00", func(w *world, texts *post) { // noted when it says nothing any more
		scope := w.person(nil)
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-04 10:00"), nil)
		until("2026-11-09 11:00")
		texts.forget()
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		pass(time.Hour)
		expect(t, "sent", when(texts.sent()), nil)
		expect(t, "tasks", tasks(w, scope), []string{"call 2026-11-10T11:00:00.000Z"})
	})
}

func TestWhatWasMissedAndWhatIsComingAreTwoMessages(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-04 10:00"), nil)
		w.appointment(scope, clock("2026-11-06 11:05"), nil)
		until("2026-11-04 11:04")
		texts.forget()
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		until("2026-11-04 11:06")
		sent := texts.sent()
		expect(t, "sent", when(sent), []string{"2026-11-04 11:04", "2026-11-04 11:05"})
		if len(sent) == 2 && (strings.Contains(sent[0].Words, "You have") || !strings.Contains(sent[1].Words, "You have")) {
			t.Errorf("they say %q and %q", sent[0].Words, sent[1].Words)
		}
	})
}

func TestWhoMissedOftenIsCalledTheDayBefore(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		often, seldom, lately := w.person(nil), w.person(nil), w.person(nil)
		for i, outcome := range []string{"missed", "attended", "attended", "missed", "attended"} {
			w.appointment(often, clock("2026-09-01 10:00").AddDate(0, 0, i), fields{"status": outcome})
		}
		for i, outcome := range []string{"missed", "missed", "missed", "attended", "attended", "attended", "attended", "missed"} {
			w.appointment(seldom, clock("2026-09-01 10:00").AddDate(0, 0, i), fields{"status": outcome})
		}
		for i, outcome := range []string{"attended", "missed", "missed"} {
			w.appointment(lately, clock("2026-09-01 10:00").AddDate(0, 0, i), fields{"status": outcome})
		}
		for _, scope := range []deltasync.Scope{often, seldom, lately} {
			w.appointment(scope, clock("2026-11-12 10:00"), nil)
		}
		gone := w.appointment(lately, clock("2026-11-16 10:00"), nil) // a Monday
		until("2026-11-09 23:00")
		expect(t, "early", tasks(w, often), nil)
		until("2026-11-10 10:00")
		expect(t, "two of the last five", tasks(w, often), []string{"call_before 2026-11-11"})
		expect(t, "one of the last five", tasks(w, seldom), nil)
		until("2026-11-13 10:00")
		w.edit(w.worker, lately, casework.KindAppointment, gone, fields{"status": "cancelled"})
		until("2026-11-14 10:00")
		expect(t, "cancelled in time", walked(w, lately), []string{"call_before", "call_before stopped", "outcome"})
	})
}

func TestStepsOfATimeThatIsNoMoreAreEnded(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		scope := w.person(nil)
		id := w.appointment(scope, clock("2026-11-04 10:00"), nil)
		until("2026-11-05 10:00")
		w.moved(scope, id, clock("2026-11-06 10:00"))
		until("2026-11-07 10:00")
		expect(t, "walked", walked(w, scope), []string{"outcome", "outcome stopped"})
		w.edit(w.worker, scope, casework.KindAppointment, id, nil)
		pass(time.Second)
		expect(t, "walked", walked(w, scope), []string{"outcome stopped", "outcome stopped"})
	})
}

func TestStepThatAWorkerPutOffExpiresLater(t *testing.T) {
	missed(t, func(w *world, _ *post, scope deltasync.Scope, _ deltasync.RecordID) {
		call := w.records(scope, casework.KindFollowUp)[0]
		w.edit(w.worker, scope, casework.KindFollowUp, call.ID, fields{"due": "2026-11-06"})
		until("2026-11-06 23:59")
		expect(t, "tasks", tasks(w, scope), []string{"call 2026-11-06"})
		until("2026-11-07 00:01")
		expect(t, "tasks", tasks(w, scope), []string{"call 2026-11-06", "visit 2026-11-07T11:00:00.000Z"})
	})
}

func TestErasedPersonLeavesNothing(t *testing.T) {
	for _, down := range []bool{false, true} { // also where the planner reads of them after they were erased
		story(t, "2026-11-02 10:00", func(w *world, texts *post) {
			scope := w.person(nil)
			w.consent(scope)
			w.appointment(scope, clock("2026-11-12 14:00"), nil)
			until("2026-11-03 10:00")
			if down {
				_ = w.stop()
			}
			w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"state": "closed"})
			w.erase(scope)
			if down {
				w.start()
			}
			until("2026-11-13 10:00")
			expect(t, "sent", when(texts.sent()), nil)
			for _, table := range []string{tableAgendas, tableDue, tablePages, tableNumbers} {
				if n := w.rows(table); n != 0 {
					t.Errorf("%s has %d rows", table, n)
				}
			}
		})
	}
}

func TestSlipOfAFingerDoesNotEndTheLadder(t *testing.T) {
	missed(t, func(w *world, _ *post, scope deltasync.Scope, id deltasync.RecordID) {
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "attended"})
		pass(time.Minute)
		expect(t, "walked", walked(w, scope), []string{"call stopped"})
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		pass(time.Minute)
		expect(t, "tasks", tasks(w, scope), []string{"call 2026-11-05T11:01:01.000Z"})
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "planned"})
		until("2026-11-04 16:00")
		expect(t, "tasks", tasks(w, scope), []string{"outcome 2026-11-04T15:00:00.000Z"})
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		pass(time.Minute)
		expect(t, "tasks", tasks(w, scope), []string{"call 2026-11-05T16:00:00.000Z"})
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "planned"})
		pass(time.Minute)
		expect(t, "tasks", tasks(w, scope), []string{"outcome 2026-11-04T15:00:00.000Z"})
	})
}

func TestStepsWhoseTurnComesLateLeaveTime(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		scope := w.person(nil)
		id := w.appointment(scope, clock("2026-11-04 10:00"), nil)
		until("2026-11-04 11:00")
		_ = w.stop()
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		until("2026-11-12 11:00") // eight days down
		w.start()
		pass(time.Minute)
		expect(t, "tasks", tasks(w, scope), []string{"call 2026-11-13T11:00:00.000Z"})
		w.take(scope, "call", "skipped")
		pass(time.Minute)
		expect(t, "tasks", tasks(w, scope), []string{"visit 2026-11-13T11:01:00.000Z"})
	})
}
