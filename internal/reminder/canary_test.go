package reminder

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// Whatever happens to a person's reminders, no name, service or reason is in what is sent, in a link, in a log, or in what the planner keeps.
func TestNothingThatIsSentLoggedOrKeptSaysWhoOrWhy(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		_ = w.stop()
		browser, fcm := &post{}, &post{}
		w.senders[push.WebPush], w.senders[push.FCM] = browser, fcm
		w.devices.all = []Device{{Client: w.worker.ID, User: w.worker.User, Target: push.Target{Kind: push.FCM, Value: "worker"}}}
		w.start()
		scope := w.person(fields{"goals": "Canary Goals", "safety_note": "Canary Safety", "needs": []string{"Canary Need"}})
		w.consent(scope)
		w.edit(w.worker, scope, casework.KindContact, deltasync.RecordID(w.id()), fields{"name": "Canary Contact"})
		canaries := fields{"with": "Canary With", "missed_reason": "", "travel": "Canary Travel", "accompany": "Canary Along"}
		delete(canaries, "missed_reason")
		first := w.appointment(scope, clock("2026-11-05 14:00"), canaries)
		second := w.appointment(scope, clock("2026-11-05 14:05"), canaries)
		w.appointment(scope, clock("2026-11-19 14:00"), canaries)
		pass(time.Minute)
		w.way(scope, "webpush", "https://push.example/a")
		browser.say(func(push.Message) push.Outcome { return push.Outcome{Status: push.Gone, Why: "gone"} })
		until("2026-11-04 10:00")
		w.answer(scope, first, ComeWithMe)
		until("2026-11-05 15:00")
		w.edit(w.desk, scope, casework.KindAppointment, first, fields{"status": "missed", "missed_reason": "Canary Reason", "outcome_note": "Canary Note"})
		w.edit(w.desk, scope, casework.KindAppointment, second, fields{"status": "missed", "missed_reason": "Canary Reason"})
		texts.say(func(push.Message) push.Outcome { return push.Outcome{Status: push.Gone, Why: "unknown_number"} })
		until("2026-11-20 10:00")

		sent := slices.Concat(texts.sent(), browser.sent(), fcm.sent())
		if len(texts.sent()) < 3 || len(browser.sent()) == 0 || len(fcm.sent()) == 0 {
			t.Fatalf("only %d texts, %d by the browser and %d wake-ups were sent", len(texts.sent()), len(browser.sent()), len(fcm.sent()))
		}
		for _, m := range sent {
			if text := fmt.Sprintf("%+v", m.Message); strings.Contains(strings.ToLower(text), "canary") || strings.Contains(text, scope.ID()) {
				t.Errorf("sent was %s", text)
			}
			for _, opaque := range []string{m.ID, m.Collapse} {
				if strings.Contains(opaque, string(first)) || len(m.Collapse) > 32 {
					t.Errorf("an id of it is %q", opaque)
				}
			}
		}
		for _, secret := range []string{"canary", "07700", scope.ID(), "example.org/r/"} {
			if strings.Contains(strings.ToLower(w.logged.String()), secret) {
				t.Errorf("the log has %q: %s", secret, w.logged.String())
			}
		}
		w.must(w.db.Read(context.Background(), func(tx *boltstore.Tx) error {
			for _, table := range []string{tableAgendas, tableDue, tablePlaces} {
				err := tx.EachDerived(table, nil, func(key []byte, of deltasync.Scope, value []byte) (bool, error) {
					row := strings.ToLower(string(key) + string(value))
					if strings.Contains(row, "canary") || strings.Contains(row, "900123") || of == "" && table != tablePlaces {
						t.Errorf("a row of %s of %q is %s", table, of, row)
					}
					return true, nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		}))
	})
}
