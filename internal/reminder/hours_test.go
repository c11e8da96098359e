package reminder

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// partnership is when people are written to by default.
func partnership(safe ...[]Hours) allowed {
	return allowed{zone: london, quiet: Hours{20 * 60, 9 * 60}, days: []time.Weekday{time.Sunday}, safe: safe}
}

func local(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(london).Format("Mon 2006-01-02 15:04")
}

func TestLastAndNextMinuteInWhichSomebodyMayBeWrittenTo(t *testing.T) {
	for _, c := range []struct {
		at, last, next string
		h              allowed
	}{
		{"2026-11-04 14:00", "Wed 2026-11-04 14:00", "Wed 2026-11-04 14:00", partnership()},
		{"2026-11-04 19:59", "Wed 2026-11-04 19:59", "Wed 2026-11-04 19:59", partnership()},
		{"2026-11-04 20:00", "Wed 2026-11-04 19:59", "Thu 2026-11-05 09:00", partnership()},
		{"2026-11-04 08:59", "Tue 2026-11-03 19:59", "Wed 2026-11-04 09:00", partnership()},
		{"2026-11-08 12:00", "Sat 2026-11-07 19:59", "Mon 2026-11-09 09:00", partnership()}, // a Sunday
		{"2026-11-09 00:30", "Sat 2026-11-07 19:59", "Mon 2026-11-09 09:00", partnership()},
		{"2026-11-04 17:00", "Wed 2026-11-04 15:59", "Thu 2026-11-05 10:00", partnership([]Hours{{10 * 60, 16 * 60}})},
		{"2026-11-04 17:00", "Wed 2026-11-04 11:59", "Thu 2026-11-05 10:00", partnership([]Hours{{10 * 60, 16 * 60}}, []Hours{{8 * 60, 12 * 60}})},
		{"2026-11-04 13:00", "Wed 2026-11-04 11:59", "Wed 2026-11-04 14:00", partnership([]Hours{{10 * 60, 12 * 60}, {14 * 60, 16 * 60}})},
		{"2026-11-04 12:00", "never", "never", partnership([]Hours{{21 * 60, 22 * 60}})},    // safe only when it is quiet
		{"2026-03-29 00:30", "Sat 2026-03-28 19:59", "Mon 2026-03-30 09:00", partnership()}, // the clock goes forward at 1 on a Sunday
		{"2026-10-25 12:00", "Sat 2026-10-24 19:59", "Mon 2026-10-26 09:00", partnership()}, // and back
	} {
		at := clock(c.at)
		if got := local(c.h.last(at)); got != c.last {
			t.Errorf("the last before %s is %s, want %s", c.at, got, c.last)
		}
		if got := local(c.h.next(at)); got != c.next {
			t.Errorf("the next after %s is %s, want %s", c.at, got, c.next)
		}
	}
}

// Whatever the hours, and whatever the clocks do, last and next find the minute that a search minute by minute finds.
func TestLastAndNextAreThoseOfASearch(t *testing.T) {
	starts := []string{"2026-03-27 10:00", "2026-10-23 10:00", "2026-07-01 10:00"}
	minute := rapid.Custom(func(t *rapid.T) int {
		if rapid.Bool().Draw(t, "full") {
			return rapid.IntRange(0, 24).Draw(t, "hour") * 60
		}
		return rapid.IntRange(0, 24*60).Draw(t, "minute")
	})
	hours := rapid.Custom(func(t *rapid.T) Hours { return Hours{minute.Draw(t, "from"), minute.Draw(t, "until")} })
	rapid.Check(t, func(t *rapid.T) {
		h := allowed{zone: london, quiet: hours.Draw(t, "quiet"), days: rapid.SliceOfN(rapid.SampledFrom([]time.Weekday{0, 1, 5}), 0, 2).Draw(t, "days")}
		if rapid.Bool().Draw(t, "safe hours") {
			h.safe = [][]Hours{rapid.SliceOfN(hours, 1, 2).Draw(t, "safe")}
		}
		at := clock(rapid.SampledFrom(starts).Draw(t, "start")).Add(time.Duration(rapid.IntRange(0, 72*60).Draw(t, "minutes")) * time.Minute)
		search := func(step time.Duration) time.Time {
			for m := at; m.Sub(at).Abs() < 6*24*time.Hour; m = m.Add(step) {
				if h.allow(m) {
					return m
				}
			}
			return time.Time{}
		}
		if want := search(-time.Minute); !want.IsZero() && !h.last(at).Equal(want) {
			t.Fatalf("last(%s) = %s, want %s", local(at), local(h.last(at)), local(want))
		}
		if want := search(time.Minute); !want.IsZero() && !h.next(at).Equal(want) {
			t.Fatalf("next(%s) = %s, want %s", local(at), local(h.next(at)), local(want))
		}
	})
}

func TestWhenRemindersMayGo(t *testing.T) {
	leads := Defaults().Leads
	hour := time.Hour
	for _, c := range []struct {
		name, start, since string
		leads              []time.Duration
		want               []string
	}{
		{"in the day", "2026-11-05 14:00", "2026-11-01 12:00", leads, []string{"48h Tue 2026-11-03 14:00", "3h Thu 2026-11-05 11:00"}},
		{"early, so the last goes the evening before", "2026-11-05 10:00", "2026-11-01 12:00", leads,
			[]string{"48h Tue 2026-11-03 10:00", "3h Wed 2026-11-04 19:59"}},
		{"half past midnight", "2026-11-05 00:30", "2026-11-01 12:00", leads, []string{"48h Mon 2026-11-02 19:59", "3h Wed 2026-11-04 19:59"}},
		{"inside quiet hours", "2026-11-05 22:00", "2026-11-01 12:00", leads, []string{"48h Tue 2026-11-03 19:59", "3h Thu 2026-11-05 19:00"}},
		{"after a Sunday", "2026-11-09 10:00", "2026-11-01 12:00", leads, []string{"48h Sat 2026-11-07 10:00", "3h Sat 2026-11-07 19:59"}},
		{"over the clock going forward", "2026-03-30 13:00", "2026-03-20 12:00", leads, []string{"48h Sat 2026-03-28 12:00", "3h Mon 2026-03-30 10:00"}},
		{"over the clock going back", "2026-10-26 12:30", "2026-10-20 12:00", leads, []string{"48h Sat 2026-10-24 13:30", "3h Mon 2026-10-26 09:30"}},
		{"just before the clock goes forward", "2026-03-29 00:30", "2026-03-20 12:00", leads, []string{"48h Thu 2026-03-26 19:59", "3h Sat 2026-03-28 19:59"}},
		{"in the hour that comes twice", "2026-10-25 01:30", "2026-10-20 12:00", leads, []string{"48h Thu 2026-10-22 19:59", "3h Sat 2026-10-24 19:59"}},
		{"written down when the first had passed", "2026-11-05 14:00", "2026-11-04 12:00", leads, []string{"3h Thu 2026-11-05 11:00"}},
		{"written down when the evening before had passed", "2026-11-05 10:00", "2026-11-04 20:30", leads, []string{"3h Thu 2026-11-05 09:00"}},
		{"the same, and less than an hour is left", "2026-11-05 09:50", "2026-11-04 20:30", leads, []string{"3h none"}},
		{"written down when all had passed", "2026-11-05 14:00", "2026-11-05 12:00", leads, []string{"3h Thu 2026-11-05 12:00"}},
		{"the same, and it is near", "2026-11-05 14:00", "2026-11-05 13:30", leads, nil},
		{"the person wants one", "2026-11-05 14:00", "2026-11-01 12:00", []time.Duration{24 * hour}, []string{"24h Wed 2026-11-04 14:00"}},
		{"the one that they want has passed", "2026-11-05 14:00", "2026-11-04 16:00", []time.Duration{24 * hour}, []string{"24h Wed 2026-11-04 16:00"}},
		{"the person wants none", "2026-11-05 14:00", "2026-11-01 12:00", nil, nil},
	} {
		var got []string
		windows := partnership().windows(clock(c.start), clock(c.since), c.leads)
		for _, lead := range c.leads {
			w, ok := windows[lead]
			switch {
			case ok && w.None:
				got = append(got, leadText(lead)+" none")
			case ok:
				got = append(got, leadText(lead)+" "+local(w.From))
			}
			if ok && !w.None && (w.Until.Before(w.From) || !w.Until.Before(clock(c.start))) {
				t.Errorf("%s: %s may go until %s", c.name, leadText(lead), local(w.Until))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestHowLateAReminderMayBe(t *testing.T) {
	w := partnership().windows(clock("2026-11-05 14:00"), clock("2026-11-01 12:00"), []time.Duration{48 * time.Hour, 3 * time.Hour})
	if got := w[48*time.Hour]; got.Until.Sub(got.From) != 12*time.Hour {
		t.Errorf("the one of 48 hours may be %s late, want 12h", got.Until.Sub(got.From))
	}
	if got := w[3*time.Hour]; got.Until.Sub(got.From) != 90*time.Minute {
		t.Errorf("the one of 3 hours may be %s late, want 1h30m", got.Until.Sub(got.From))
	}
	w = partnership().windows(clock("2026-11-05 10:00"), clock("2026-11-01 12:00"), []time.Duration{48 * time.Hour, 3 * time.Hour})
	if got := w[3*time.Hour]; !got.Until.Equal(clock("2026-11-05 09:00")) {
		t.Errorf("the one that quiet time moved may go until %s, want an hour before", local(got.Until))
	}
}

func TestHoursAndLeadsAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"10:00-16:00": "[{600 960}]", "10:00–16:00": "[{600 960}]", " 9 - 12:30 , 14-16 ": "[{540 750} {840 960}]", "22:00-06:00": "[{1320 360}]", "0-24": "[{0 1440}]",
		"": "error", "mornings": "error", "10:00": "error", "25:00-26:00": "error", "10:60-11:00": "error", "10-": "error", "-5-7": "error",
	} {
		got := "error"
		if h, err := ParseHours(text); err == nil {
			got = fmt.Sprint(h)
		}
		if got != want {
			t.Errorf("ParseHours(%q) = %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"48h,3h": "[48h 3h]", "3h, 2d ,3h": "[48h 3h]", "90m": "[1h30m]", "45m": "[45m]", "none": "[]", " None ": "[]",
		"": "error", "soon": "error", "-3h": "error", "0h": "error", "60d": "error", "3h,": "error",
	} {
		got := "error"
		if leads, err := ParseLeads(text); err == nil {
			words := []string{}
			for _, l := range leads {
				words = append(words, leadText(l))
			}
			got = fmt.Sprint(words)
		}
		if got != want {
			t.Errorf("ParseLeads(%q) = %s, want %s", text, got, want)
		}
	}
}
