package reminder

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// written is a record as the figures read one.
func written(kind, id string, fields map[string]string, sets map[string][]string) *deltasync.Record {
	r := &deltasync.Record{Kind: kind, ID: deltasync.RecordID(id)}
	for name, text := range fields {
		raw, _ := json.Marshal(text)
		r.Registers = append(r.Registers, deltasync.Register{Fields: []string{name}, Values: []deltasync.Value{{Parts: []json.RawMessage{raw}}}})
	}
	for name, all := range sets {
		s := deltasync.SetField{Name: name}
		for _, text := range all {
			s.Elements = append(s.Elements, deltasync.Element{Text: text})
		}
		r.Sets = append(r.Sets, s)
	}
	return r
}

// life is one person with one appointment on a Tuesday, and what came of it.
type life struct {
	status, way, message, answered string
	back                           time.Duration // a support so long after; 0: none
}

func (l life) records(n int) []*deltasync.Record {
	at := time.Date(2026, 3, 10, 10, 0, 0, 0, time.UTC)
	id := fmt.Sprintf("a%d", n)
	all := []*deltasync.Record{written(casework.KindAppointment, id, map[string]string{"status": l.status, "starts_at": at.Format(time.RFC3339)}, nil)}
	if l.message != "" {
		fields := map[string]string{"status": l.message, "way": l.way, "claimed_at": at.Add(-48 * time.Hour).Format(time.RFC3339)}
		if l.answered != "" {
			fields["answered_at"] = l.answered
		}
		all = append(all, written(casework.KindMessage, "m"+id, fields, map[string][]string{"appointments": {id}}))
	}
	if l.back != 0 {
		all = append(all, written(casework.KindSupport, "s"+id, map[string]string{"at": at.Add(l.back).Format(time.RFC3339)}, nil))
	}
	return all
}

func rowsOf(t *testing.T, counts map[life]int) map[string]Row {
	t.Helper()
	f := Figures{Zone: time.UTC}
	n := 0
	for l, times := range counts {
		for range times {
			n++
			f.Add(l.records(n))
		}
	}
	by := map[string]Row{}
	for _, r := range f.Rows(time.Time{}) {
		by[r.Week+" "+r.Way] = r
	}
	return by
}

func TestFiguresCountByWeekAndWay(t *testing.T) {
	got := rowsOf(t, map[life]int{
		{status: "attended", way: "sms", message: "delivered", answered: "2026-03-09T10:00:00Z"}: 20,
		{status: "missed", way: "sms", message: "sent"}:                                          7,
		{status: "missed", way: "sms", message: "sent", back: 27 * 24 * time.Hour}:               6,
		{status: "missed", way: "sms", message: "sent", back: 29 * 24 * time.Hour}:               5,
		{status: "missed", way: "sms", message: "sent", back: -time.Hour}:                        5,
		{status: "attended", way: "sms", message: "failed"}:                                      8, // as without
		{status: "missed", way: "sms", message: "unknown"}:                                       9,
		{status: "missed", back: time.Hour}:                                                      11,
		{status: "attended"}:                                                                     40,
		{status: "planned", way: "webpush", message: "sent"}:                                     6,
	})
	want := map[string]Row{
		"2026-03-09 sms": {Week: "2026-03-09", Way: "sms", Planned: 60, Sent: 43, Delivered: 20, Failed: 8, Unknown: 9, Answered: 20,
			Attended: 20, Missed: 23, Recovered: 6},
		"2026-03-09 none":    {Week: "2026-03-09", Way: "none", Attended: 48, Missed: 20, Recovered: 11},
		"2026-03-09 webpush": {Week: "2026-03-09", Way: "webpush", Planned: 6, Sent: 6},
	}
	for key, row := range want {
		if got[key] != row {
			t.Errorf("%s\n got %+v\nwant %+v", key, got[key], row)
		}
	}
	if len(got) != len(want) {
		t.Errorf("there are rows %v", got)
	}
}

func TestSmallCountsAreHiddenAndSoIsWhatGivesThemAway(t *testing.T) {
	got := rowsOf(t, map[life]int{
		{status: "missed", back: time.Hour}: 20,
		{status: "missed"}:                  4, // of 24 missed, four did not come back
		{status: "attended"}:                4,
		{status: "planned", way: "sms", message: "sent", answered: "2026-03-09T10:00:00Z"}: 9,
		{status: "planned", way: "sms", message: "sent"}:                                   1,
	})
	want := map[string]Row{
		"2026-03-09 none": {Week: "2026-03-09", Way: "none", Attended: Hidden, Missed: 24, Recovered: Hidden},
		"2026-03-09 sms":  {Week: "2026-03-09", Way: "sms", Planned: 10, Sent: 10, Answered: Hidden},
	}
	for key, row := range want {
		if got[key] != row {
			t.Errorf("%s\n got %+v\nwant %+v", key, got[key], row)
		}
	}
	text, err := json.Marshal(got["2026-03-09 none"])
	if want := `{"week":"2026-03-09","way":"none","planned":0,"sent":0,"delivered":0,"failed":0,"unknown":0,"answered":0,"attended":null,"missed":24,"recovered":null}`; err != nil || string(text) != want {
		t.Errorf("in JSON: %s, want %s (%v)", text, want, err)
	}
	var back Row
	if err := json.Unmarshal(text, &back); err != nil || back != got["2026-03-09 none"] {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

// A week begins on Monday by the clock of the partnership, also in the week in which clocks change.
func TestAWeekIsThatOfThePartnershipsClock(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"2026-03-29T22:59:00Z": "2026-03-23", // Sunday 23:59 in summer time, which began that night
		"2026-03-29T23:00:00Z": "2026-03-30",
		"2026-10-25T23:59:00Z": "2026-10-19",
		"2026-10-26T00:00:00Z": "2026-10-26",
	} {
		f := Figures{Zone: london}
		for n := range 5 {
			f.Add([]*deltasync.Record{written(casework.KindAppointment, fmt.Sprint(n), map[string]string{"status": "attended", "starts_at": at}, nil)})
		}
		if rows := f.Rows(time.Time{}); len(rows) != 1 || rows[0].Week != want {
			t.Errorf("%s: %+v, want the week of %s", at, rows, want)
		}
	}
}
