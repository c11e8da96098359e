package reminder

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// text has a text message come in.
func (w *world) text(id, from, said string) {
	w.t.Helper()
	w.must(w.service().Text(context.Background(), Text{ID: id, From: from, Words: said}))
	synctest.Wait()
}

func (w *world) receipt(r Receipt) {
	w.t.Helper()
	w.must(w.service().Receipt(context.Background(), r))
	synctest.Wait()
}

// reminded is somebody whom a text about an appointment has gone to: by Monday at ten about Wednesday at ten.
func (w *world) reminded(set fields) (deltasync.Scope, deltasync.RecordID) {
	scope := w.person(set)
	w.consent(scope)
	return scope, w.appointment(scope, clock("2026-12-02 10:00"), nil)
}

func TestTextIsAnAnswer(t *testing.T) {
	for said, want := range map[string]struct{ reply, note string }{
		"1":                     {"coming", ""},
		" 1. ":                  {"coming", ""},
		"1 coming":              {"coming", ""},
		"Coming!":               {"coming", ""},
		"2":                     {"cannot", ""},
		"CAN'T":                 {"cannot", ""},
		"can’t":                 {"cannot", ""},
		"2 can't":               {"cannot", ""},
		"3":                     {"come_with_me", ""},
		"Come with me":          {"come_with_me", ""},
		"3, come with me":       {"come_with_me", ""},
		"2 would be better":     {"new_time", "2 would be better"},
		"1pm?":                  {"new_time", "1pm?"},
		"10":                    {"new_time", "10"},
		"who is this":           {"new_time", "who is this"},
		"I have a doctors then": {"new_time", "I have a doctors then"},
	} {
		story(t, "2026-11-29 08:00", func(w *world, texts *post) {
			scope, id := w.reminded(nil)
			until("2026-11-30 12:00")
			if len(texts.sent()) != 1 {
				t.Fatalf("%d texts went", len(texts.sent()))
			}
			w.text("one", "447700900123", said)
			a := w.record(id)
			if a.Text("reply") != want.reply || a.Text("reply_note") != want.note || a.User != deltasync.UserID(scope) || a.Text("reply_at") == "" {
				t.Errorf("%q is read as %s %q by %s", said, a.Text("reply"), a.Text("reply_note"), a.User)
			}
			if m := w.records(scope, casework.KindMessage)[0]; m.Text("answered_at") == "" {
				t.Errorf("%q: the message does not say that it was answered", said)
			}
			before := w.version(id)
			w.text("one", "447700900123", said)
			if w.version(id) != before {
				t.Errorf("%q: a repeat of the provider's changes something", said)
			}
		})
	}
}

func TestStopInAnyCaseStopsAllWhoHaveTheNumber(t *testing.T) {
	story(t, "2026-11-29 08:00", func(w *world, texts *post) {
		one, _ := w.reminded(nil)
		other, _ := w.reminded(fields{"phone": "+44 7700 900 123"})
		third, _ := w.reminded(fields{"phone": "07700 900124"})
		w.text("a", "+447700900123", "Stop.")
		until("2026-12-02 12:00")
		for _, m := range texts.sent() {
			if !strings.HasSuffix(m.To.Value, "124") {
				t.Errorf("after STOP a text went to %s", m.To.Value)
			}
		}
		if len(texts.sent()) == 0 {
			t.Error("nothing went to whom STOP was not of")
		}
		for scope, want := range map[deltasync.Scope]bool{one: true, other: true, third: false} {
			if got := w.records(scope, casework.KindConsent)[0].Text("withdrawn_on") != ""; got != want {
				t.Errorf("%s: withdrawn is %v, want %v", scope, got, want)
			}
		}
		w.text("b", "+447700900123", "START")
		if len(w.records(one, casework.KindConsent)) != 1 || len(w.records(other, casework.KindConsent)) != 1 {
			t.Error("START of a number that two share has given somebody's consent")
		}
		w.text("c", "07700900124", "stop")
		w.text("d", "07700900124", "start")
		all := w.records(third, casework.KindConsent)
		if len(all) != 2 || all[1].Text("given_on") != "2026-12-02" || all[1].User != deltasync.UserID(third) {
			t.Errorf("after STOP and START there are %d consents", len(all))
		}
	})
}

func TestStopIsHeardInOtherWords(t *testing.T) {
	for said, want := range map[string]bool{"stop": true, "STOP!": true, "stop all": true, "Stop texting me": true, "stop, please": true, "unsubscribe": true,
		"don't stop": false, "stop by at three": false, "the bus stop": false, "stopped raining": false, "": false} {
		if got := isStop(strings.ToLower(strings.Trim(said, " \n.!\"'"))); got != want {
			t.Errorf("%q is STOP: %v, want %v", said, got, want)
		}
	}
}

func TestTextOfASharedNumberIsReadRestrictively(t *testing.T) {
	story(t, "2026-11-29 08:00", func(w *world, _ *post) {
		one, mine := w.reminded(nil)
		other := w.person(nil) // nobody has written to them
		until("2026-11-30 12:00")
		w.text("a", "07700900123", "1")
		if w.record(mine).Text("reply") != "coming" || len(w.records(other, casework.KindFollowUp)) != 0 {
			t.Error("the answer of the one who was asked is not taken")
		}
		w.consent(other)
		w.appointment(other, clock("2026-12-03 10:00"), nil)
		until("2026-12-01 12:00")
		w.text("b", "07700900123", "2 Canary words")
		if w.record(mine).Text("reply") != "coming" {
			t.Error("a text of which nobody can tell whose it is has answered")
		}
		for _, scope := range []deltasync.Scope{one, other} {
			found := 0
			for _, f := range w.records(scope, casework.KindFollowUp) {
				if strings.Contains(f.Text("about"), "Ask whether it was theirs") {
					found++
				}
				if strings.Contains(f.Text("about"), "Canary") {
					t.Errorf("%s has what may be another's words", scope)
				}
			}
			if found != 1 {
				t.Errorf("%s has %d tasks to ask, want 1", scope, found)
			}
		}
	})
}

func TestTextOutOfTheBlueIsLookedAtByAHuman(t *testing.T) {
	story(t, "2026-11-29 08:00", func(w *world, _ *post) {
		scope := w.person(nil)
		for range 2 {
			w.text("a", "07700900123", "Can you call me")
		}
		all := w.records(scope, casework.KindFollowUp)
		if len(all) != 1 || all[0].Text("about") != "Sent a text: Can you call me" || all[0].Text("due") != "2026-11-29" {
			t.Errorf("there are %d tasks", len(all))
		}
		w.text("b", "07700900999", "Can you call me")
		w.text("c", "", "Can you call me")
		w.text("d", "nonsense", strings.Repeat("x", 100_000))
		w.text("e", "07700900123", strings.Repeat("x", 100_000))
		if all := w.records(scope, casework.KindFollowUp); len(all) != 2 || len(all[1].Text("about")) > 4000 {
			t.Errorf("there are %d tasks", len(all))
		}
	})
}

func TestNumberFollowsThePerson(t *testing.T) {
	story(t, "2026-11-29 08:00", func(w *world, _ *post) {
		scope := w.person(nil)
		w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"phone": "07700 900124"})
		synctest.Wait()
		w.text("a", "07700900123", "hello")
		if n := len(w.records(scope, casework.KindFollowUp)); n != 0 {
			t.Errorf("a text from a number that they had has made %d tasks", n)
		}
		w.text("b", "07700900124", "hello")
		if n := len(w.records(scope, casework.KindFollowUp)); n != 1 {
			t.Errorf("a text from their number has made %d tasks", n)
		}
	})
}

func TestReceiptSaysWhatBecameOfAMessage(t *testing.T) {
	story(t, "2026-11-29 08:00", func(w *world, texts *post) {
		scope, _ := w.reminded(nil)
		until("2026-11-30 12:00")
		id := texts.sent()[0].ID
		for range 2 {
			w.receipt(Receipt{ID: id, Done: true})
		}
		m := w.records(scope, casework.KindMessage)[0]
		if m.Text("status") != "delivered" || m.Text("delivered_at") == "" {
			t.Errorf("the message is %s", m.Text("status"))
		}
		w.receipt(Receipt{ID: id, Gone: true, Why: "permanent"})
		if again := w.records(scope, casework.KindMessage)[0]; again.Version != m.Version {
			t.Error("a word after the last one is heard")
		}
		w.receipt(Receipt{ID: "nonsense", Done: true})
		w.receipt(Receipt{ID: scope.ID(), Done: true})
		w.receipt(Receipt{ID: w.id(), Done: true})
	})
}

func TestReceiptOfANumberThatIsGoneHasItChecked(t *testing.T) {
	story(t, "2026-11-29 08:00", func(w *world, texts *post) {
		scope, _ := w.reminded(nil)
		until("2026-11-30 12:00")
		w.receipt(Receipt{ID: texts.sent()[0].ID, Gone: true, Why: "permanent"})
		m := w.records(scope, casework.KindMessage)[0]
		if m.Text("status") != "failed" || m.Text("why") != "permanent" {
			t.Errorf("the message is %s", m.Text("status"))
		}
		ways := w.records(scope, casework.KindWay)
		if len(ways) != 1 || ways[0].Text("failing_since") == "" {
			t.Errorf("there are %d ways", len(ways))
		}
		found := false
		for _, f := range w.records(scope, casework.KindFollowUp) {
			found = found || f.Text("step") == casework.StepCheckNumber
		}
		if !found {
			t.Error("nobody is asked to check the number")
		}
		until("2026-12-02 12:00")
		if len(texts.sent()) != 1 {
			t.Errorf("%d texts went to a number that does not work", len(texts.sent()))
		}
	})
}

func TestReceiptOfAFormerNumberLeavesTheNewOneAlone(t *testing.T) {
	story(t, "2026-11-29 08:00", func(w *world, texts *post) {
		scope, _ := w.reminded(nil)
		until("2026-11-30 12:00")
		w.edit(w.worker, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"phone": "07700 900124"})
		synctest.Wait()
		w.receipt(Receipt{ID: texts.sent()[0].ID, To: "447700900123", Gone: true, Why: "permanent"})
		for _, f := range w.records(scope, casework.KindFollowUp) {
			if f.Text("step") == casework.StepCheckNumber {
				t.Error("somebody is asked to check a number that has been changed since")
			}
		}
		until("2026-12-02 09:30")
		if n := len(texts.sent()); n < 2 || texts.sent()[n-1].To.Value != "07700 900124" {
			t.Errorf("%d texts went, none of them to the new number", n)
		}
	})
}

func TestNumberHasOneForm(t *testing.T) {
	for text, want := range map[string]string{
		"07700 900123": "447700900123", "+44 7700 900123": "447700900123", "0044 7700 900123": "447700900123", "447700900123": "447700900123",
		"+44 (0)7700 900-123": "447700900123", "(07700) 900.123": "447700900123", "+49 151 23456789": "4915123456789",
		"": "", "none": "", "12": "", "ask the sister: 07700 900123": "", "07700 900123 after 5": "", "07700 900123 / 07700 900124": "",
	} {
		if got := Number(text); got != want {
			t.Errorf("Number(%q) = %q, want %q", text, got, want)
		}
	}
}
