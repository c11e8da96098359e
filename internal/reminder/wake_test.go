package reminder

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// phoneStory is a story with a service that pushes, in which the worker has one phone and the coordinator another.
func phoneStory(t *testing.T, fn func(w *world, fcm *post, scope deltasync.Scope)) {
	t.Helper()
	story(t, "2026-11-02 10:00", func(w *world, _ *post) {
		_ = w.stop()
		fcm := &post{}
		w.senders[push.FCM] = fcm
		w.devices.all = []Device{
			{Client: w.worker.ID, User: w.worker.User, Target: push.Target{Kind: push.FCM, Value: "worker"}},
			{Client: w.desk.ID, User: w.desk.User, Target: push.Target{Kind: push.FCM, Value: "desk"}},
		}
		scope := w.person(nil)
		w.start()
		pass(time.Hour)
		fcm.forget()
		fn(w, fcm, scope)
	})
}

func woken(all []posted) (list []string) {
	for _, m := range all {
		list = append(list, fmt.Sprintf("%s %s %s %v", m.at.In(london).Format("15:04:05"), m.To.Value, m.Collapse, m.Alert))
	}
	return list
}

// answer is what a person says on their page.
func (w *world) answer(scope deltasync.Scope, id deltasync.RecordID, answer Answer) {
	w.t.Helper()
	base, op := w.version(id), w.id()
	w.must(w.store().Write(w.t.Context(), func(tx WriteTx) error {
		return w.engine.Write(tx, deltasync.UserID(scope), &deltasync.Op{ID: deltasync.OpID(op), Scope: scope, Kind: casework.KindAppointment, Record: id,
			Base: base, Set: texts("reply", string(answer))})
	}))
}

func TestPhonesOfWorkersAreWokenWhenOthersWrite(t *testing.T) {
	phoneStory(t, func(w *world, fcm *post, scope deltasync.Scope) {
		id := w.appointment(scope, clock("2026-11-12 14:00"), nil) // the worker's own
		pass(2 * time.Second)
		expect(t, "by their own phone", woken(fcm.sent()), nil)

		other := w.worker
		other.ID = deltasync.ClientID(w.id())
		w.edit(other, scope, casework.KindAppointment, id, fields{"travel": "by bus"}) // on another phone of theirs
		pass(10 * time.Second)
		w.edit(w.desk, scope, casework.KindAppointment, id, fields{"travel": "by train"})
		w.edit(w.desk, scope, casework.KindAppointment, id, fields{"travel": "on foot"})
		pass(10 * time.Minute)
		expect(t, "by others", woken(fcm.sent()), []string{"11:00:02 worker wake false", "11:01:02 worker wake false"})

		fcm.forget()
		w.edit(w.desk, scope, casework.KindAppointment, id, fields{"travel": "by train"})
		pass(time.Second)
		w.answer(scope, id, ComeWithMe)
		pass(time.Second)
		w.answer(scope, id, Coming)
		pass(10 * time.Minute)
		expect(t, "by the person", woken(fcm.sent()), []string{"11:10:12 worker wake false", "11:10:13 worker answer true", "11:10:14 worker answer true"})
		for _, m := range fcm.sent() {
			if m.Words != "" || m.Link != "" || m.ID == "" || strings.Contains(fmt.Sprint(m), scope.ID()) || m.Until.IsZero() {
				t.Errorf("it carries %+v", m.Message)
			}
		}
	})
}

func TestStepOfTheLadderWakesAndAMessagesOwnNotesDoNot(t *testing.T) {
	phoneStory(t, func(w *world, fcm *post, scope deltasync.Scope) {
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-04 14:00"), nil)
		until("2026-11-04 15:00")
		expect(t, "by reminders that were sent", woken(fcm.sent()), nil)
		w.edit(w.worker, scope, casework.KindAppointment, id, fields{"status": "missed"})
		pass(time.Minute)
		expect(t, "by a call that is to be made", woken(fcm.sent()), []string{"15:00:00 worker wake false"})
	})
}

func TestWhoseAssignmentHasEndedIsNotWoken(t *testing.T) {
	phoneStory(t, func(w *world, fcm *post, scope deltasync.Scope) {
		var assignment deltasync.RecordID
		for _, a := range w.records(scope, deltasync.KindAssignment) {
			assignment = a.ID
		}
		w.edit(w.desk, scope, deltasync.KindAssignment, assignment, fields{"until": time.Now().Add(time.Hour)})
		pass(2 * time.Hour)
		fcm.forget()
		w.edit(w.desk, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"goals": "a flat"})
		pass(time.Hour)
		expect(t, "woken", woken(fcm.sent()), nil)
	})
}

func TestPhoneThatIsGoneIsForgotten(t *testing.T) {
	phoneStory(t, func(w *world, fcm *post, scope deltasync.Scope) {
		fcm.say(func(push.Message) push.Outcome { return push.Outcome{Status: push.Gone} })
		w.edit(w.desk, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"goals": "a flat"})
		pass(time.Hour)
		w.edit(w.desk, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"goals": "a job"})
		pass(time.Hour)
		if n := len(fcm.sent()); n != 1 || len(w.devices.gone) != 1 || w.devices.gone[0].Target.Value != "worker" {
			t.Errorf("it was woken %d times, and %v were forgotten", n, w.devices.gone)
		}
	})
}

// An answer gets through while a provider does not answer, and what comes while a phone is being woken wakes it once more.
func TestProviderThatDoesNotAnswerHoldsUpNoOtherPhone(t *testing.T) {
	phoneStory(t, func(w *world, fcm *post, scope deltasync.Scope) {
		_ = w.stop()
		web := &post{}
		w.senders[push.WebPush] = hanging{web}
		w.devices.all = append(w.devices.all, Device{Client: "tablet", User: w.worker.User, Target: push.Target{Kind: push.WebPush, Value: "tablet"}})
		w.start()
		id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
		pass(2 * time.Second)
		w.answer(scope, id, ComeWithMe)
		pass(time.Hour)
		expect(t, "the phone", woken(fcm.sent()), []string{"11:00:02 worker answer true"})
		expect(t, "the other", woken(web.sent()), []string{"11:00:00 tablet wake false", "11:01:00 tablet answer true"})
	})
}

// hanging is a provider that never answers.
type hanging struct{ *post }

func (h hanging) Send(ctx context.Context, batch []push.Message) []push.Outcome {
	out := h.post.Send(ctx, batch)
	<-ctx.Done()
	for i := range out {
		out[i].Status = push.Unknown
	}
	return out
}

func TestWakeUpIsTriedAgainForAsLongAsItIsWorthIt(t *testing.T) {
	phoneStory(t, func(w *world, fcm *post, scope deltasync.Scope) {
		fcm.say(func(push.Message) push.Outcome { return push.Outcome{Status: push.Later, After: 25 * time.Minute} })
		w.edit(w.desk, scope, casework.KindPerson, deltasync.RecordID(scope.ID()), fields{"goals": "a flat"})
		pass(24 * time.Hour)
		expect(t, "woken", woken(fcm.sent()), []string{"11:00:00 worker wake false", "11:25:00 worker wake false", "11:50:00 worker wake false"})
	})
}

func TestWakeUpsOutliveTheProcess(t *testing.T) {
	phoneStory(t, func(w *world, fcm *post, scope deltasync.Scope) {
		id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
		pass(time.Minute)
		_ = w.stop()
		w.answer(scope, id, ComeWithMe)
		pass(time.Minute)
		w.start()
		pass(time.Minute)
		expect(t, "after a start", woken(fcm.sent()), []string{"11:02:00 worker answer true"})
		_ = w.stop()
		w.start()
		pass(time.Hour)
		expect(t, "and no more", woken(fcm.sent()), []string{"11:02:00 worker answer true"})

		var revive func()
		fcm.say(func(push.Message) push.Outcome { revive = w.killed(); return push.Outcome{Status: push.Sent} })
		w.answer(scope, id, Coming)
		pass(time.Second)
		fcm.say(nil)
		revive()
		pass(time.Minute)
		if n := len(fcm.sent()); n != 3 {
			t.Errorf("with a killed process between, it was woken %d times, want once more", n-1)
		}
	})
}

func TestWakeUpThatWaitsOutlivesTheProcess(t *testing.T) {
	phoneStory(t, func(w *world, fcm *post, scope deltasync.Scope) {
		person := deltasync.RecordID(scope.ID())
		w.edit(w.desk, scope, casework.KindPerson, person, fields{"goals": "a flat"})
		pass(5 * time.Second)
		w.edit(w.desk, scope, casework.KindPerson, person, fields{"goals": "a job"}) // waits until the minute is over
		pass(30 * time.Second)
		w.killed()()
		pass(time.Hour)
		if n := len(fcm.sent()); n != 2 {
			t.Errorf("the phone was woken %d times, want twice", n)
		}
	})
}
