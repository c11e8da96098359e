package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

type phoneShow struct {
	phoneFolder
	All  bool   `help:"The whole timeline, not only the latest."`
	What string `arg:"" optional:"" default:"people" help:"people, a person (an id or a part of the name), a record's id, outbox (what is not sent yet), kept (what needs a coordinator or was not taken), team, notices, directory, held (what waits for this coordinator), or a scope."`
}

// latest is how much of a timeline is shown unless all is asked for.
const latest = 25

func (c *phoneShow) Run(_ context.Context, out *output) error {
	return c.enrolled(func(p *client.Phone, st client.State) error {
		b, err := openBook(p, st)
		if err != nil {
			return err
		}
		switch {
		case c.What == "people":
			return b.showPeople(out)
		case c.What == "outbox":
			waiting, _, err := p.Outbox()
			if err != nil {
				return err
			}
			return b.showEntries(out, waiting, "nothing: all that was written here is on the server")
		case c.What == "kept":
			kept, err := p.Kept()
			if err != nil {
				return err
			}
			return b.showEntries(out, kept, "nothing: all that was sent was taken")
		case b.scope(c.What) != "":
			records, err := p.View(b.scope(c.What))
			if err != nil {
				return err
			}
			return b.showRecords(out, records)
		}
		said := strings.TrimPrefix(c.What, deltasync.PersonScope+"/")
		if r, ok, err := p.Record(deltasync.RecordID(said)); err != nil {
			return err
		} else if ok && r.Kind != deltasync.KindPerson {
			return b.showRecords(out, []client.Record{r})
		}
		who, err := b.person(said)
		if err != nil {
			return err
		}
		return b.showPerson(out, who, c.All)
	})
}

// scope is one that is not a person's, by its name or by what it is to the phone's user.
func (b *book) scope(said string) deltasync.Scope {
	switch s := deltasync.Scope(said); {
	case said == "team":
		return deltasync.TeamOf(b.state.User.Team)
	case said == "held":
		return deltasync.CoordinationOf(b.state.User.Team)
	case said == "notices":
		return deltasync.UserOf(b.state.User.ID)
	case s.Valid() && s.Family() != deltasync.PersonScope:
		return s
	}
	return ""
}

// shownRecord is a record as --json gives it.
type shownRecord struct {
	Scope     deltasync.Scope            `json:"scope"`
	Kind      string                     `json:"kind"`
	ID        deltasync.RecordID         `json:"id"`
	Version   deltasync.Version          `json:"version"`
	User      deltasync.UserID           `json:"user"`
	At        time.Time                  `json:"at"`
	Fields    map[string]json.RawMessage `json:"fields"`
	Conflicts map[string][]shownValue    `json:"conflicts,omitempty"`
	Unsent    []string                   `json:"unsent,omitempty"`
}

type shownValue struct {
	Value   json.RawMessage   `json:"value"`
	Version deltasync.Version `json:"version"`
	User    deltasync.UserID  `json:"user"`
	At      time.Time         `json:"at"`
}

func shown(records []client.Record) []shownRecord {
	list := []shownRecord{}
	for _, r := range records {
		s := shownRecord{Scope: r.Scope, Kind: r.Kind, ID: r.ID, Version: r.Version, User: r.User, At: r.At, Fields: r.Fields, Unsent: r.Unsent}
		for field, values := range r.Conflicts {
			for _, v := range values {
				put(&s.Conflicts, field, append(s.Conflicts[field], shownValue{v.Value, v.Version, v.User, v.At}))
			}
		}
		list = append(list, s)
	}
	return list
}

// standing says how the phone stands, without a success that is not one.
func (b *book) standing(w io.Writer) {
	st := b.state
	fmt.Fprintf(w, "%s, %s. ", st.User.Name, st.User.Role)
	switch {
	case st.SignedOut:
		fmt.Fprint(w, "Signed out: enrol it again. Nothing written on it is lost.")
	case st.Synced.IsZero() && st.Pulling:
		fmt.Fprint(w, "The first sync is not finished: some is missing.")
	case st.Synced.IsZero():
		fmt.Fprint(w, "Never synced.")
	default:
		fmt.Fprintf(w, "As on the server at %s.", shortTime(st.Synced))
	}
	if st.Waiting > 0 {
		fmt.Fprintf(w, " %d not sent yet.", st.Waiting)
	}
	if st.Kept > 0 {
		fmt.Fprintf(w, " %d needs you: alongside phone show kept.", st.Kept)
	}
	fmt.Fprintln(w)
}

// row is a person in the table.
type row struct {
	ID        deltasync.RecordID `json:"id"`
	Name      string             `json:"name"`
	Preferred string             `json:"preferred_name,omitempty"`
	State     string             `json:"state,omitempty"`
	Next      *time.Time         `json:"next,omitempty"`
	NextTitle string             `json:"next_title,omitempty"`
	Seen      *time.Time         `json:"last_seen,omitempty"`
	Unsent    int                `json:"unsent"`    // records with something not sent yet
	Conflicts int                `json:"conflicts"` // records with something written differently
}

func (b *book) showPeople(out *output) error {
	rows := []row{}
	for _, who := range b.people {
		records, err := b.phone.View(deltasync.PersonOf(who.ID))
		if err != nil {
			return err
		}
		rows = append(rows, summed(who, records, time.Now()))
	}
	slices.SortStableFunc(rows, func(x, y row) int {
		switch {
		case x.Next != nil && y.Next != nil:
			return x.Next.Compare(*y.Next)
		case x.Next != nil:
			return -1
		case y.Next != nil:
			return 1
		}
		return 0
	})
	return out.say(struct {
		People []row `json:"people"`
	}{rows}, func(w io.Writer) {
		b.standing(w)
		fmt.Fprintln(w)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "NAME\tSTATE\tNEXT APPOINTMENT\tLAST SEEN\t")
		for _, r := range rows {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.State, r.next(), timeOrNot(r.Seen), r.marks())
		}
		_ = t.Flush()
	})
}

// summed is a person with what matters of their records.
func summed(who client.Record, records []client.Record, now time.Time) row {
	s := row{ID: who.ID, Name: who.Text("name"), Preferred: who.Text("preferred_name"), State: who.Text("state")}
	for i := range records {
		r := &records[i]
		if len(r.Unsent) > 0 {
			s.Unsent++
		}
		if len(r.Conflicts) > 0 {
			s.Conflicts++
		}
		switch r.Kind {
		case "appointment":
			at, ok := timeOf(r, "starts_at")
			switch status := r.Text("status"); {
			case ok && status == "attended":
				s.seen(at, now)
			case ok && at.After(now.Add(-time.Hour)) && status != "cancelled" && status != "moved" && (s.Next == nil || at.Before(*s.Next)):
				s.Next, s.NextTitle = &at, r.Text("title")
			}
		case "support":
			if what := r.Text("what"); what == "visit" || what == "accompanied" || what == "transport" {
				if at, ok := timeOf(r, "at"); ok {
					s.seen(at, now)
				}
			}
		}
	}
	return s
}

func (s *row) seen(at, now time.Time) {
	if !at.After(now) && (s.Seen == nil || at.After(*s.Seen)) {
		s.Seen = &at
	}
}

func (s *row) next() string {
	if s.Next == nil {
		return "none"
	}
	return shortTime(*s.Next) + " " + s.NextTitle
}

func timeOrNot(t *time.Time) string {
	if t == nil {
		return "not yet"
	}
	return shortTime(*t)
}

func (s *row) marks() string {
	var marks []string
	if s.Unsent > 0 {
		marks = append(marks, "not sent yet")
	}
	if s.Conflicts > 0 {
		marks = append(marks, "written differently")
	}
	return strings.Join(marks, ", ")
}

func (b *book) showPerson(out *output, who client.Record, all bool) error {
	records, err := b.phone.View(deltasync.PersonOf(who.ID))
	if err != nil {
		return err
	}
	return out.say(struct {
		Records []shownRecord `json:"records"`
	}{shown(records)}, func(w io.Writer) { b.printPerson(w, who, records, all) })
}

func (b *book) printPerson(w io.Writer, who client.Record, records []client.Record, all bool) {
	b.standing(w)
	fmt.Fprintf(w, "\n%s   %s\n", who.Text("name"), who.ID)
	b.printFields(w, &who, "name", "team")
	var timeline []client.Record
	var around []client.Record
	for _, r := range records {
		switch {
		case r.Kind == "contact" || r.Kind == "consent" || r.Kind == "assignment":
			around = append(around, r)
		case r.Kind != deltasync.KindPerson:
			timeline = append(timeline, r)
		}
	}
	slices.SortStableFunc(around, func(x, y client.Record) int { return strings.Compare(x.Kind, y.Kind) })
	fmt.Fprintln(w)
	b.printLines(w, around)
	slices.SortStableFunc(timeline, func(x, y client.Record) int { return when(&y).Compare(when(&x)) })
	left := 0
	if !all && len(timeline) > latest {
		left = len(timeline) - latest
		timeline = timeline[:latest]
	}
	fmt.Fprintln(w)
	b.printLines(w, timeline)
	if left > 0 {
		fmt.Fprintf(w, "  … and %d earlier ones: --all shows them\n", left)
	}
}

// printFields lists a record's fields but those left out, with what stands beside them.
func (b *book) printFields(w io.Writer, r *client.Record, out ...string) {
	for _, name := range slices.Sorted(allFields(r)) {
		if slices.Contains(out, name) {
			continue
		}
		mark := ""
		if slices.Contains(r.Unsent, name) {
			mark = "   (not sent yet)"
		}
		value := "(cleared)"
		if raw, ok := r.Fields[name]; ok {
			value = plainValue(raw)
		}
		if len(r.Conflicts[name]) == 0 {
			fmt.Fprintf(w, "  %-18s %s%s\n", spoken(name), value, mark)
			continue
		}
		fmt.Fprintf(w, "  %-18s written differently; pick one by writing it:%s\n", spoken(name), mark)
		b.printValue(w, value, r.Shown[name])
		for _, v := range r.Conflicts[name] {
			b.printValue(w, plainValue(v.Value), v.Origin)
		}
	}
}

func (b *book) printValue(w io.Writer, value string, o client.Origin) {
	fmt.Fprintf(w, "  %-18s   %s   by %s, %s\n", "", value, b.name(o.User), shortTime(o.At))
}

// allFields are those with a value, and those where somebody has cleared what another wrote.
func allFields(r *client.Record) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range r.Fields {
			if !yield(name) {
				return
			}
		}
		for name := range r.Conflicts {
			if _, ok := r.Fields[name]; !ok && !yield(name) {
				return
			}
		}
	}
}

// when is where a record stands in a timeline.
func when(r *client.Record) time.Time {
	for _, field := range []string{"starts_at", "at", "due"} {
		if t, ok := timeOf(r, field); ok {
			return t
		}
	}
	return r.At
}

// printLines gives each record a line, and more where something in it was written differently.
func (b *book) printLines(w io.Writer, records []client.Record) {
	for i := range records {
		r := &records[i]
		mark := ""
		if len(r.Unsent) > 0 {
			mark = " (not sent yet)"
		}
		fmt.Fprintf(w, "  %s%s   %s\n", b.line(r), mark, r.ID)
		for name := range r.Conflicts {
			fmt.Fprintf(w, "      %s was written differently:\n", spoken(name))
			value := "(cleared)"
			if raw, ok := r.Fields[name]; ok {
				value = plainValue(raw)
			}
			b.printValue(w, value, r.Shown[name])
			for _, v := range r.Conflicts[name] {
				b.printValue(w, plainValue(v.Value), v.Origin)
			}
		}
		if len(r.Deletes) > 0 {
			fmt.Fprintf(w, "      deleted by %s, and written on by somebody who had not seen that\n", b.name(r.Deletes[0].User))
		}
	}
}

// line is a record in a line.
func (b *book) line(r *client.Record) string {
	say := func(fields ...string) string {
		var parts []string
		for _, f := range fields {
			if raw, ok := r.Fields[f]; ok {
				parts = append(parts, plainValue(raw))
			}
		}
		return strings.Join(parts, ", ")
	}
	switch r.Kind {
	case "appointment":
		return fmt.Sprintf("%s  %-12s %s", shortTime(when(r)), r.Text("status"), say("title", "place", "missed_reason", "reply", "reply_note", "outcome_note"))
	case "support":
		minutes := ""
		if m := say("minutes"); m != "" {
			minutes = m + " min"
		}
		return fmt.Sprintf("%s  %-12s %s", shortTime(when(r)), r.Text("what"), joined(minutes, say("with", "note")))
	case "follow_up":
		state := "to do"
		if _, ok := r.Fields["done_at"]; ok {
			state = "done"
		}
		return fmt.Sprintf("%-16s  %-12s %s", r.Text("due"), state, say("about", "step", "outcome"))
	case "contact":
		return "contact     " + say("name", "relation", "organisation", "phone")
	case "consent":
		text := "consent     " + say("purpose", "organisation")
		if on := r.Text("withdrawn_on"); on != "" {
			return text + ", withdrawn " + on
		}
		return text + ", given " + r.Text("given_on")
	case deltasync.KindAssignment:
		return "worker      " + joined(b.name(deltasync.UserID(r.Text("worker"))), say("part"), prefixed("from ", say("from")), prefixed("until ", say("until")))
	case deltasync.KindMember:
		return "member      " + say("name", "role")
	case deltasync.KindHeld:
		return fmt.Sprintf("%s  %-12s %s", shortTime(when(r)), r.Text("status"),
			joined("by "+b.name(deltasync.UserID(r.Text("user"))), b.inside(r), r.Text("detail"), prefixed("settled: ", r.Text("settled"))))
	}
	return fmt.Sprintf("%-11s %s", spoken(r.Kind), say(slices.Sorted(allFields(r))...))
}

// inside is what a held op would do.
func (b *book) inside(r *client.Record) string {
	var op client.Op
	if json.Unmarshal(r.Fields["op"], &op) != nil {
		return "an entry that cannot be read"
	}
	return b.described(&op)
}

func (b *book) described(op *client.Op) string {
	whom := string(op.Scope)
	for _, who := range b.people {
		if deltasync.PersonOf(who.ID) == op.Scope {
			whom = who.Text("name")
		}
	}
	var parts []string
	for _, name := range sortedNames(op.Set) {
		parts = append(parts, spoken(name)+" "+quoted(plainValue(op.Set[name])))
	}
	for _, name := range sortedNames(op.Add) {
		parts = append(parts, spoken(name)+" with "+strings.Join(op.Add[name], ", "))
	}
	for _, name := range sortedNames(op.Remove) {
		parts = append(parts, spoken(name)+" without "+strings.Join(op.Remove[name], ", "))
	}
	if op.Delete {
		parts = append(parts, "deleted")
	}
	return fmt.Sprintf("%s of %s: %s", spoken(op.Kind), whom, strings.Join(parts, "; "))
}

func sortedNames[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func (b *book) showRecords(out *output, records []client.Record) error {
	return out.say(struct {
		Records []shownRecord `json:"records"`
	}{shown(records)}, func(w io.Writer) {
		b.standing(w)
		fmt.Fprintln(w)
		b.printLines(w, records)
		if len(records) == 0 {
			fmt.Fprintln(w, "  nothing")
		}
	})
}

// shownEntry is an op and its result as --json gives them.
type shownEntry struct {
	client.Op
	Result *deltasync.Result `json:"result,omitempty"`
}

func (b *book) showEntries(out *output, entries []client.Entry, none string) error {
	list := []shownEntry{}
	for _, e := range entries {
		list = append(list, shownEntry{e.Op, e.Result})
	}
	return out.say(struct {
		Entries []shownEntry `json:"entries"`
	}{list}, func(w io.Writer) {
		b.standing(w)
		fmt.Fprintln(w)
		for i := range entries {
			e := &entries[i]
			fmt.Fprintf(w, "  %s  %s\n", shortTime(e.At), b.described(&e.Op))
			switch {
			case e.Result == nil:
				fmt.Fprintln(w, "      not sent yet")
			case e.Result.Status == deltasync.Held:
				fmt.Fprintf(w, "      kept for a coordinator: %s\n", e.Result.Detail)
			default:
				fmt.Fprintf(w, "      not taken: %s\n", e.Result.Detail)
			}
		}
		if len(entries) == 0 {
			fmt.Fprintf(w, "  %s\n", none)
		}
	})
}
