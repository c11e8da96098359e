package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"alongside/internal/admin"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

// book finds people, colleagues and records on a phone by what somebody at a keyboard says.
type book struct {
	phone  *client.Phone
	state  client.State
	people []client.Record // by name
	names  map[deltasync.UserID]string
}

func openBook(p *client.Phone, st client.State) (*book, error) {
	b := &book{phone: p, state: st, names: map[deltasync.UserID]string{st.User.ID: st.User.Name}}
	var err error
	if b.people, err = p.People(); err != nil {
		return nil, err
	}
	slices.SortFunc(b.people, func(x, y client.Record) int { return strings.Compare(x.Text("name"), y.Text("name")) })
	team, err := p.View(deltasync.TeamOf(st.User.Team))
	for _, r := range team {
		if r.Kind == deltasync.KindMember {
			b.names[deltasync.UserID(r.ID)] = r.Text("name")
		}
	}
	return b, err
}

// name is what a user is called.
func (b *book) name(id deltasync.UserID) string {
	if name := b.names[id]; name != "" {
		return name
	}
	switch family, _, _ := strings.Cut(string(id), "/"); family {
	case "system":
		return "the server"
	case "person":
		return "the person"
	}
	return "user " + string(id)
}

// person finds one by id, or by a part of the name that fits nobody else.
func (b *book) person(said string) (client.Record, error) {
	var exact, part []client.Record
	for _, r := range b.people {
		name, preferred := r.Text("name"), r.Text("preferred_name")
		switch {
		case strings.EqualFold(string(r.ID), said) || strings.EqualFold(name, said):
			exact = append(exact, r)
		case contains(name, said) || contains(preferred, said):
			part = append(part, r)
		}
	}
	if len(exact) == 0 {
		exact = part
	}
	switch len(exact) {
	case 1:
		return exact[0], nil
	case 0:
		return client.Record{}, &admin.ValueError{Detail: fmt.Sprintf("nobody on this phone is called %q; is the phone up to date?", said)}
	}
	var names []string
	for _, r := range exact[:min(4, len(exact))] {
		names = append(names, r.Text("name"))
	}
	return client.Record{}, &admin.ValueError{Detail: fmt.Sprintf("%q fits %d people (%s …): say more of the name, or the id",
		said, len(exact), strings.Join(names, ", "))}
}

// colleague finds a user of the team by id or by a part of the name. An id that the phone does not know is taken as it is.
func (b *book) colleague(said string) (deltasync.UserID, error) {
	if deltasync.ValidUUID(said) {
		return deltasync.UserID(said), nil
	}
	var found []deltasync.UserID
	for id, name := range b.names {
		if contains(name, said) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		return "", &admin.ValueError{Detail: fmt.Sprintf("%q fits %d of the team: say more of the name, or the id", said, len(found))}
	}
	return found[0], nil
}

// record finds one of a kind in a scope by a part of its id.
func (b *book) record(scope deltasync.Scope, kind, said string) (client.Record, error) {
	all, err := b.phone.View(scope)
	if err != nil {
		return client.Record{}, err
	}
	var found []client.Record
	for _, r := range all {
		if r.Kind == kind && contains(string(r.ID), said) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return client.Record{}, &admin.ValueError{Detail: fmt.Sprintf("%d records of kind %s there have %q in their id", len(found), kind, said)}
	}
	return found[0], nil
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// timeOf reads a field that holds a time or a date.
func timeOf(r *client.Record, field string) (time.Time, bool) {
	text := r.Text(field)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.ParseInLocation(time.DateOnly, text, time.Local)
	}
	return t, err == nil
}

// plainValue is a field's value as somebody would read it out.
func plainValue(raw json.RawMessage) string {
	var v any
	if len(raw) > 0 && json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	switch v := v.(type) {
	case nil:
		return "(cleared)"
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return shortTime(t)
		}
		return v
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v]
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, fmt.Sprint(x))
		}
		return strings.Join(parts, ", ")
	}
	return string(raw)
}

// spoken is a field's or a status's name without underscores.
func spoken(name string) string { return strings.ReplaceAll(name, "_", " ") }
