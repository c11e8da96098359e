package reminder

import (
	"slices"
	"strings"
	"testing"

	"alongside/internal/casework"
)

func TestAppointmentOfSomebodyWhoHasConsentedIsRemindedOf(t *testing.T) {
	story(t, "2026-11-02 10:00", func(w *world, texts *post) {
		scope := w.person(nil)
		w.consent(scope)
		id := w.appointment(scope, clock("2026-11-12 14:00"), nil)
		until("2026-11-12 13:59")
		sent := texts.sent()
		if got, want := when(sent), []string{"2026-11-10 14:00", "2026-11-12 11:00"}; !slices.Equal(got, want) {
			t.Fatalf("reminders went at %v, want %v", got, want)
		}
		if want := "You have something on Thursday 12 November at 14:00."; !strings.HasPrefix(sent[0].Words, want) {
			t.Errorf("it says %q, want %q", sent[0].Words, want)
		}
		for i, m := range w.records(scope, casework.KindMessage) {
			if m.Text("status") != "sent" || m.Text("way") != "sms" || m.Text("lead") != []string{"48h", "3h"}[i] || !slices.Equal(m.Elements("appointments"), []string{string(id)}) {
				t.Errorf("message %d is %s by %s, %s before %v", i, m.Text("status"), m.Text("way"), m.Text("lead"), m.Elements("appointments"))
			}
		}
	})
}
