package admin

import (
	"fmt"
	"testing"
	"time"

	"alongside/internal/auth"
	"alongside/internal/reminder"
	deltasync "alongside/sync"
)

// Figures are the same from a live server and from a stopped one, of people of all teams, and of nobody who was erased.
func TestFiguresOfRemindersCoverAllPeople(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, dir string) {
		const at = "2026-03-10T10:00:00Z"
		people := 0
		for range 2 {
			tm := team(t, c)
			worker := device(t, c, o, user(t, c, auth.Worker, tm))
			as := deltasync.Client{ID: deltasync.ClientID(worker.Client.ID), User: deltasync.UserID(worker.User.ID), Role: deltasync.Worker, Team: deltasync.TeamID(tm)}
			for n := range uint64(4) {
				id := fmt.Sprintf("0192f0c1-aaaa-7b3c-8d1e-%012d", people)
				write(t, o, as, 2*n+1, newPerson(id))
				write(t, o, as, 2*n+2, &deltasync.Op{Scope: deltasync.PersonOf(deltasync.RecordID(id)), Kind: "appointment",
					Record: deltasync.RecordID(newID()), Set: fields("title", "A visit", "starts_at", at, "status", "attended")})
				people++
			}
		}
		rows := func() []reminder.Row {
			t.Helper()
			rows, err := c.Reminders(t.Context(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		want := reminder.Row{Week: "2026-03-09", Way: "none", Attended: 8}
		if got := rows(); len(got) != 1 || got[0] != want {
			t.Errorf("rows are %+v, want %+v", got, want)
		}
		for n := range 2 {
			if _, err := c.Erase(t.Context(), fmt.Sprintf("0192f0c1-aaaa-7b3c-8d1e-%012d", n)); err != nil {
				t.Fatal(err)
			}
		}
		want.Attended = 6
		if got := rows(); len(got) != 1 || got[0] != want {
			t.Errorf("after two were erased rows are %+v, want %+v", got, want)
		}
		if got, err := c.Reminders(t.Context(), time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), time.UTC); err != nil || len(got) != 0 {
			t.Errorf("a week that began before is told: %+v, %v", got, err)
		}
	})
}
