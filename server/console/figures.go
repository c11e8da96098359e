package console

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/internal/reminder"
	mobileapi "alongside/mobile-api"
	deltasync "alongside/sync"
)

// comeback is how long after a miss somebody may be seen again to count as recovered, as in reminder.Figures.
const comeback = 28 * 24 * time.Hour

type (
	// weekRow is what became of the appointments of a week that were made so long before.
	weekRow struct {
		Week      string        `json:"week"` // its Monday
		Lead      string        `json:"lead"` // same_day, week, month or longer
		Total     reminder.Cell `json:"total"`
		Attended  reminder.Cell `json:"attended"`
		Missed    reminder.Cell `json:"missed"`
		Cancelled reminder.Cell `json:"cancelled"`
		Recovered reminder.Cell `json:"recovered"` // of Missed: seen again within four weeks
		Replied   reminder.Cell `json:"replied"`
	}
	countRow struct {
		Week  string        `json:"week"`
		What  string        `json:"what"`
		Count reminder.Cell `json:"count"`
	}
	caseRow struct {
		Worker string        `json:"worker"`
		Name   string        `json:"name"`
		People reminder.Cell `json:"people"`
	}
	figures struct {
		Since        string     `json:"since"`
		Zone         string     `json:"zone"`
		Appointments []*weekRow `json:"appointments"`
		Replies      []countRow `json:"replies"`
		Supports     []countRow `json:"supports"`
		Caseload     []caseRow  `json:"caseload"`

		zone  *time.Location
		weeks map[[2]string]*weekRow
		said  map[[2]string]reminder.Cell
		done  map[[2]string]reminder.Cell
		cases map[string]reminder.Cell
	}
)

var counted = map[string]bool{casework.KindAppointment: true, casework.KindSupport: true}

// figures are the team's own, unsuppressed. What leaves the team as CSV hides small counts.
func (s *Console) figures(c echo.Context) error {
	if mobileapi.ClientOf(c).Role != deltasync.Coordinator {
		return errRole
	}
	export := c.QueryParam("export") == "csv"
	if export {
		if err := s.fresh(c); err != nil {
			return err
		}
	}
	zone, err := time.LoadLocation(cmp.Or(c.QueryParam("zone"), "Europe/London"))
	since, err2 := sinceOf(c.QueryParam("since"), s.now())
	if err != nil || err2 != nil {
		return &mobileapi.Refusal{Status: http.StatusBadRequest, Code: "malformed",
			Detail: "since is to be a day such as 2026-11-02, and zone a time zone such as Europe/London."}
	}
	f := &figures{Since: since.Format(time.DateOnly), Zone: zone.String(), zone: zone}
	err = s.read(c, "", func(tx *boltstore.Tx, who deltasync.Client) error { return f.count(tx, who) })
	if err != nil {
		return err
	}
	if export {
		return sendCSV(c, "figures", f.table(c.QueryParam("table")))
	}
	return c.JSON(http.StatusOK, f)
}

func sinceOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return now.AddDate(0, 0, -12*7), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Parse(time.DateOnly, text)
}

func (f *figures) week(at time.Time) string {
	day := at.In(f.zone)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7).Format(time.DateOnly)
}

func (f *figures) count(tx *boltstore.Tx, who deltasync.Client) error {
	f.weeks, f.said, f.done, f.cases = map[[2]string]*weekRow{}, map[[2]string]reminder.Cell{}, map[[2]string]reminder.Cell{}, map[string]reminder.Cell{}
	var people []deltasync.Scope
	for _, p := range who.Principals() {
		if err := tx.Granted(p, func(sc deltasync.Scope, _ deltasync.Version) bool { people = append(people, sc); return true }); err != nil {
			return err
		}
	}
	for _, sc := range people {
		if err := f.person(tx, sc); err != nil {
			return err
		}
	}
	return f.rows(tx)
}

func (f *figures) person(tx *boltstore.Tx, sc deltasync.Scope) error {
	acc, err := tx.Access(sc)
	if err != nil {
		return err
	}
	for _, a := range acc.Assignments {
		for _, g := range acc.Grants {
			if slices.Contains((deltasync.Client{User: a.Worker, Role: deltasync.Worker}).Principals(), g.Principal) && !a.Ended {
				f.cases[string(a.Worker)]++
				break
			}
		}
	}
	var ids []deltasync.RecordID
	if err := tx.Changes(sc, 0, func(ch deltasync.Change) bool {
		if !ch.Gone && counted[ch.Kind] {
			ids = append(ids, ch.ID)
		}
		return true
	}); err != nil {
		return err
	}
	var meetings []*deltasync.Record
	var seen []time.Time
	for _, id := range ids {
		r, err := tx.Record(id)
		if err != nil {
			return err
		}
		if r.Kind == casework.KindSupport {
			if at := timeIn(r, "at"); !at.IsZero() {
				seen = append(seen, at)
				f.done[[2]string{f.week(at), r.Text("what")}]++
			}
			continue
		}
		meetings = append(meetings, r)
		if r.Text("status") == "attended" {
			seen = append(seen, timeIn(r, "starts_at"))
		}
	}
	for _, r := range meetings {
		if err := f.meeting(tx, r, seen); err != nil {
			return err
		}
	}
	return nil
}

func (f *figures) meeting(tx *boltstore.Tx, r *deltasync.Record, seen []time.Time) error {
	at := timeIn(r, "starts_at")
	if at.IsZero() {
		return nil
	}
	made := at
	for v := r.Log; v != 0; {
		e, err := tx.Entry(v)
		if err != nil {
			return err
		}
		if e.Op == nil {
			break
		}
		made, v = e.Op.At, e.Op.Prev
	}
	key := [2]string{f.week(at), lead(at.Sub(made))}
	row := f.weeks[key]
	if row == nil {
		row = &weekRow{Week: key[0], Lead: key[1]}
		f.weeks[key] = row
	}
	row.Total++
	if reply := r.Text("reply"); reply != "" && reply != "none" {
		row.Replied++
		f.said[[2]string{key[0], reply}]++
	}
	switch r.Text("status") {
	case "attended":
		row.Attended++
	case "cancelled":
		row.Cancelled++
	case "missed":
		row.Missed++
		if slices.ContainsFunc(seen, func(t time.Time) bool { return t.After(at) && t.Sub(at) <= comeback }) {
			row.Recovered++
		}
	}
	return nil
}

// lead says how long before it an appointment was made.
func lead(d time.Duration) string {
	switch day := 24 * time.Hour; {
	case d < day:
		return "same_day"
	case d < 8*day:
		return "week"
	case d < 29*day:
		return "month"
	}
	return "longer"
}

func timeIn(r *deltasync.Record, field string) time.Time {
	at, _ := time.Parse(time.RFC3339, r.Text(field)) // zero: there is none
	return at
}

func (f *figures) rows(tx *boltstore.Tx) error {
	f.Appointments, f.Replies, f.Supports, f.Caseload = []*weekRow{}, counts(f.said, f.Since), counts(f.done, f.Since), []caseRow{}
	for key, row := range f.weeks {
		if key[0] >= f.Since {
			f.Appointments = append(f.Appointments, row)
		}
	}
	slices.SortFunc(f.Appointments, func(a, b *weekRow) int { return cmp.Or(cmp.Compare(b.Week, a.Week), cmp.Compare(a.Lead, b.Lead)) })
	for id, n := range f.cases {
		u, _, err := tx.Auth().User(id)
		if err != nil {
			return err
		}
		f.Caseload = append(f.Caseload, caseRow{id, u.Name, n})
	}
	slices.SortFunc(f.Caseload, func(a, b caseRow) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Worker, b.Worker)) })
	return nil
}

func counts(of map[[2]string]reminder.Cell, since string) []countRow {
	all := []countRow{}
	for key, n := range of {
		if key[0] >= since {
			all = append(all, countRow{key[0], key[1], n})
		}
	}
	slices.SortFunc(all, func(a, b countRow) int { return cmp.Or(cmp.Compare(b.Week, a.Week), cmp.Compare(a.What, b.What)) })
	return all
}

// hidden is a count in which nobody can be found.
func hidden(n reminder.Cell) string {
	if n > 0 && n < reminder.Fewest {
		n = reminder.Hidden
	}
	return n.String()
}

// table is one of them as what may leave the team. Where a part of a week's row is small its sum is hidden too, which would give it away.
func (f *figures) table(name string) [][]string {
	switch name {
	case "replies", "supports":
		from := f.Replies
		if name == "supports" {
			from = f.Supports
		}
		rows := [][]string{{"week", "what", "count"}}
		for _, r := range from {
			rows = append(rows, []string{r.Week, r.What, hidden(r.Count)})
		}
		return rows
	case "caseload":
		rows := [][]string{{"worker", "people"}}
		for _, r := range f.Caseload {
			rows = append(rows, []string{r.Name, hidden(r.People)})
		}
		return rows
	}
	rows := [][]string{{"week", "lead", "total", "attended", "missed", "cancelled", "recovered", "replied"}}
	for _, r := range f.Appointments {
		rows = append(rows, r.told())
	}
	return rows
}

func (r weekRow) told() []string {
	few := func(n reminder.Cell) bool { return n > 0 && n < reminder.Fewest }
	rest := r.Total - r.Attended - r.Missed - r.Cancelled
	total, missed, replied, recovered := hidden(r.Total), hidden(r.Missed), hidden(r.Replied), hidden(r.Recovered)
	if few(r.Attended) || few(r.Missed) || few(r.Cancelled) || few(rest) {
		total = reminder.Hidden.String()
	}
	if few(r.Total - r.Replied) {
		replied = reminder.Hidden.String()
	}
	if few(r.Missed - r.Recovered) {
		recovered = reminder.Hidden.String()
	}
	return []string{r.Week, r.Lead, total, hidden(r.Attended), missed, hidden(r.Cancelled), recovered, replied}
}
