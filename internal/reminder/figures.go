package reminder

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// Fewest is what a cell has to count to be told: below it, somebody might be known by it.
const Fewest = 5

// comeback is how long after a miss somebody may be seen again to count as recovered.
const comeback = 28 * 24 * time.Hour

// without is the way of appointments about which nothing was sent, so that there is something to compare with.
const without = "none"

// Cell is one count, or Hidden.
type Cell int

// Hidden stands where a count is from 1 up to Fewest, or where it would give such a one away: somebody might be known by it. 0 says of
// nobody what happened to them.
const Hidden Cell = -1

// MarshalJSON writes null for what is hidden.
func (c Cell) MarshalJSON() ([]byte, error) {
	if c == Hidden {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(c), 10), nil
}

// UnmarshalJSON takes null for Hidden.
func (c *Cell) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*c = Hidden
		return nil
	}
	n, err := strconv.Atoi(string(text))
	*c = Cell(n)
	return err
}

func (c Cell) String() string {
	if c == Hidden {
		return "–"
	}
	return strconv.Itoa(int(c))
}

func small(c Cell) bool { return c > 0 && c < Fewest }

// Row is what one way came to in one week, that of the appointments it was about. An appointment with messages by two ways counts for both; so ways
// do not add up to a week.
type Row struct {
	Week      string `json:"week"` // its Monday, by the clock of the partnership
	Way       string `json:"way"`
	Planned   Cell   `json:"planned"` // messages that were due
	Sent      Cell   `json:"sent"`    // that a provider took
	Delivered Cell   `json:"delivered"`
	Failed    Cell   `json:"failed"`    // that no phone got, as far as is known
	Unknown   Cell   `json:"unknown"`   // that may have been sent or not
	Answered  Cell   `json:"answered"`  // messages that got an answer
	Attended  Cell   `json:"attended"`  // appointments with a message sent
	Missed    Cell   `json:"missed"`    // the same
	Recovered Cell   `json:"recovered"` // of missed appointments: the person was seen again within four weeks
}

// Figures count what reminders came to. They hold no person: add one at a time.
type Figures struct {
	Zone *time.Location
	rows map[[2]string]*Row
}

func (f *Figures) row(at time.Time, way string) *Row {
	if f.rows == nil {
		f.rows = map[[2]string]*Row{}
	}
	day := at.In(f.Zone)
	day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	key := [2]string{day.Format(time.DateOnly), way}
	if f.rows[key] == nil {
		f.rows[key] = &Row{Week: key[0], Way: way}
	}
	return f.rows[key]
}

// Add counts one person's records.
func (f *Figures) Add(records []*deltasync.Record) {
	appointments := map[deltasync.RecordID]*deltasync.Record{}
	var seen []time.Time // when the person was with somebody, or spoke with them
	for _, r := range records {
		switch {
		case r.Gone:
		case r.Kind == casework.KindAppointment:
			appointments[r.ID] = r
			if r.Text("status") == "attended" {
				seen = append(seen, moment(r, "starts_at"))
			}
		case r.Kind == casework.KindSupport:
			seen = append(seen, moment(r, "at"))
		}
	}
	ways := map[deltasync.RecordID]map[string]bool{} // by which each appointment had a message sent
	for _, r := range records {
		if r.Kind == casework.KindMessage && !r.Gone {
			f.message(r, appointments, ways)
		}
	}
	for id, r := range appointments {
		status, at := r.Text("status"), moment(r, "starts_at")
		if status != "attended" && status != "missed" || at.IsZero() {
			continue
		}
		by := slices.Sorted(maps.Keys(ways[id]))
		if len(by) == 0 {
			by = []string{without}
		}
		back := slices.ContainsFunc(seen, func(t time.Time) bool { return t.After(at) && t.Sub(at) <= comeback })
		for _, way := range by {
			row := f.row(at, way)
			switch {
			case status == "attended":
				row.Attended++
			case back:
				row.Missed++
				row.Recovered++
			default:
				row.Missed++
			}
		}
	}
}

// message counts one in the week of the first of its appointments that is still there, else in that in which it was due.
func (f *Figures) message(m *deltasync.Record, appointments map[deltasync.RecordID]*deltasync.Record, ways map[deltasync.RecordID]map[string]bool) {
	status := m.Text("status")
	way := cmp.Or(m.Text("way"), without)
	sent := status == "sent" || status == "delivered" || !moment(m, "sent_at").IsZero()
	var at time.Time
	for _, text := range m.Elements("appointments") {
		id := deltasync.RecordID(text)
		a := appointments[id]
		if a == nil {
			continue
		}
		if starts := moment(a, "starts_at"); at.IsZero() || starts.Before(at) {
			at = starts
		}
		if sent {
			if ways[id] == nil {
				ways[id] = map[string]bool{}
			}
			ways[id][way] = true
		}
	}
	if at.IsZero() {
		if at = moment(m, "claimed_at"); at.IsZero() {
			return
		}
	}
	row := f.row(at, way)
	row.Planned++
	if sent {
		row.Sent++
	}
	switch status {
	case "delivered":
		row.Delivered++
	case "failed":
		row.Failed++
	case "unknown":
		row.Unknown++
	}
	if !moment(m, "answered_at").IsZero() {
		row.Answered++
	}
}

// Rows are the weeks from one on, the latest first, each with its ways in the order of their names.
func (f *Figures) Rows(since time.Time) []Row {
	from := since.In(f.Zone).Format(time.DateOnly)
	all := []Row{}
	for _, r := range f.rows {
		if r.Week >= from {
			all = append(all, r.told())
		}
	}
	slices.SortFunc(all, func(a, b Row) int { return cmp.Or(cmp.Compare(b.Week, a.Week), cmp.Compare(a.Way, b.Way)) })
	return all
}

// told is a row in which nobody can be found. Of those who answered, and those who came back, the others are hidden too where they are few.
func (r Row) told() Row {
	hide := []*Cell{}
	if small(r.Sent - r.Answered) {
		hide = append(hide, &r.Answered)
	}
	if small(r.Missed - r.Recovered) {
		hide = append(hide, &r.Recovered)
	}
	for _, c := range []*Cell{&r.Planned, &r.Sent, &r.Delivered, &r.Failed, &r.Unknown, &r.Answered, &r.Attended, &r.Missed, &r.Recovered} {
		if small(*c) {
			hide = append(hide, c)
		}
	}
	for _, c := range hide {
		*c = Hidden
	}
	return r
}

// moment is a field's time; zero where there is none.
func moment(r *deltasync.Record, field string) time.Time {
	at, err := time.Parse(time.RFC3339, r.Text(field))
	if err != nil {
		return time.Time{}
	}
	return at
}
