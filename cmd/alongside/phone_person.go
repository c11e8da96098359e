package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

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
		if len(r.Conflicts[name]) == 0 {
			fmt.Fprintf(w, "  %-18s %s%s\n", spoken(name), plainValue(r.Fields[name]), mark)
			continue
		}
		fmt.Fprintf(w, "  %-18s written differently; pick one by writing it:%s\n", spoken(name), mark)
		b.printApart(w, r, name)
	}
}

// printApart lists what stands in a field, the value shown first.
func (b *book) printApart(w io.Writer, r *client.Record, name string) {
	all := append([]client.Value{{Value: r.Fields[name], Origin: r.Shown[name]}}, r.Conflicts[name]...)
	for _, v := range all {
		fmt.Fprintf(w, "  %-18s   %s   by %s, %s\n", "", plainValue(v.Value), b.name(v.User), shortTime(v.At))
	}
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
	for _, field := range []string{"starts_at", "at", "due", "sent_at"} {
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
		for _, name := range sortedNames(r.Conflicts) {
			fmt.Fprintf(w, "      %s was written differently:\n", spoken(name))
			b.printApart(w, r, name)
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
		} else if ended := r.Text("ended"); ended != "" {
			state = ended
		}
		due := r.Text("due")
		if t, ok := timeOf(r, "due"); ok && strings.Contains(due, "T") {
			due = shortTime(t)
		}
		return fmt.Sprintf("%-16s  %-12s %s", due, state, say("about", "step", "outcome"))
	case "message":
		return "message     " + say("about", "way", "status", "sent_at")
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
