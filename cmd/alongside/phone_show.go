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
