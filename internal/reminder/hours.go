package reminder

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// allowed says when one person may be written to: outside of the partnership's quiet hours and days, and inside the hours that they said are
// safe. What they said in two ways holds both times.
type allowed struct {
	zone  *time.Location
	quiet Hours
	days  []time.Weekday
	safe  [][]Hours // each moment is in one of each list
}

// holds reports whether a minute of the day is in the stretch.
func (h Hours) holds(minute int) bool {
	switch {
	case h.From == h.Until:
		return false
	case h.From < h.Until:
		return h.From <= minute && minute < h.Until
	}
	return minute >= h.From || minute < h.Until
}

// allow reports whether the person may be written to at t.
func (h allowed) allow(t time.Time) bool {
	local := t.In(h.zone)
	minute := 60*local.Hour() + local.Minute()
	if h.quiet.holds(minute) {
		return false
	}
	for _, d := range h.days {
		if local.Weekday() == d {
			return false
		}
	}
	for _, any := range h.safe {
		in := false
		for _, s := range any {
			in = in || s.holds(minute)
		}
		if !in {
			return false
		}
	}
	return true
}

// mostDays is how far last and next look.
const mostDays = 8

// last is t, or where that is not allowed the last allowed minute before it; zero: there is none within a week.
func (h allowed) last(t time.Time) (best time.Time) {
	if h.allow(t) {
		return t
	}
	for day := 0; day < mostDays && best.IsZero(); day++ {
		h.edges(t, -day, func(edge time.Time) {
			if m := edge.Add(-time.Minute); !m.After(t) && m.After(best) && h.allow(m) {
				best = m
			}
		})
	}
	return best
}

// next is t, or where that is not allowed the next allowed minute after it; zero: there is none within a week.
func (h allowed) next(t time.Time) (best time.Time) {
	if h.allow(t) {
		return t
	}
	for day := 0; day < mostDays && best.IsZero(); day++ {
		h.edges(t, day, func(edge time.Time) {
			if !edge.Before(t) && (best.IsZero() || edge.Before(best)) && h.allow(edge) {
				best = edge
			}
		})
	}
	return best
}

// edges are the moments of a day, counted from that of t, at which what is allowed may change: by the clock on the wall, of which an hour
// comes twice in October and not at all in March, and where that clock is moved.
func (h allowed) edges(t time.Time, day int, fn func(time.Time)) {
	y, m, d := t.In(h.zone).Date()
	midnight := time.Date(y, m, d+day, 0, 0, 0, 0, h.zone)
	found := func(edge time.Time) {
		if local := edge.In(h.zone); local.YearDay() == midnight.YearDay() {
			fn(edge)
		}
	}
	edge := func(minute int) {
		at := time.Date(y, m, d+day, 0, minute, 0, 0, h.zone)
		for _, by := range []time.Duration{0, -time.Hour, time.Hour, -30 * time.Minute, 30 * time.Minute} {
			found(at.Add(by))
		}
	}
	edge(0)
	edge(h.quiet.From)
	edge(h.quiet.Until)
	for _, some := range h.safe {
		for _, s := range some {
			edge(s.From)
			edge(s.Until)
		}
	}
	from, until := midnight.Add(12 * time.Hour).ZoneBounds()
	found(from)
	found(until)
}

// day is the first moment of the day of t, by days later.
func (h allowed) day(t time.Time, by int) time.Time {
	y, m, d := t.In(h.zone).Date()
	return time.Date(y, m, d+by, 0, 0, 0, 0, h.zone)
}

// ParseHours reads stretches of a day such as 10:00-16:00, or 9-12, 14:30-17.
func ParseHours(text string) ([]Hours, error) {
	var all []Hours
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "–", "-"), ",") {
		from, until, ok := strings.Cut(part, "-")
		if !ok {
			return nil, fmt.Errorf("%q is no stretch of a day: write it as 10:00-16:00", strings.TrimSpace(part))
		}
		f, err := parseClock(from)
		if err != nil {
			return nil, err
		}
		u, err := parseClock(until)
		if err != nil {
			return nil, err
		}
		all = append(all, Hours{f, u})
	}
	return all, nil
}

func parseClock(text string) (int, error) {
	text = strings.TrimSpace(text)
	hour, minute, _ := strings.Cut(text, ":")
	h, err := strconv.ParseUint(hour, 10, 8)
	m := uint64(0)
	if err == nil && minute != "" {
		m, err = strconv.ParseUint(minute, 10, 8)
	}
	if err != nil || m > 59 || 60*h+m > 24*60 {
		return 0, fmt.Errorf("%q is no time of day: write it as 10:00", text)
	}
	return int(60*h + m), nil
}

// longestLead is how long before an appointment a message may go at most.
const longestLead = 28 * 24 * time.Hour

// ParseLeads reads how long before an appointment messages go, such as 48h,3h or 2d; "none" is never. The longest comes first.
func ParseLeads(text string) ([]time.Duration, error) {
	if strings.EqualFold(strings.TrimSpace(text), "none") {
		return nil, nil
	}
	var all []time.Duration
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		d, err := time.ParseDuration(part)
		if days, ok := strings.CutSuffix(part, "d"); ok {
			var n uint64
			n, err = strconv.ParseUint(days, 10, 8)
			d = time.Duration(n) * 24 * time.Hour
		}
		if err != nil || d <= 0 || d > longestLead {
			return nil, fmt.Errorf("%q is no time before an appointment: write it as 48h or 2d, up to 28d", part)
		}
		all = append(all, d)
	}
	return sortedLeads(all), nil
}
