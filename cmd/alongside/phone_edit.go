package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"alongside/internal/admin"
	"alongside/internal/casework"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

type phoneEdit struct {
	phoneFolder
	Delete bool     `help:"Delete the record."`
	Kind   string   `arg:"" help:"What is written: person, appointment, support, follow_up, contact, consent, assignment or held."`
	Words  []string `arg:"" name:"about" help:"Whom it is about (an id, a part of the name, or new), a record's id if it is there already, and the changes: field=value, field= to clear it, list+=element, list-=element, field:=JSON."`
}

func (c *phoneEdit) Run(_ context.Context, out *output) error {
	return c.enrolled(func(p *client.Phone, st client.State) error {
		b, err := openBook(p, st)
		if err != nil {
			return err
		}
		e, whom, err := c.edit(b)
		if err != nil {
			return err
		}
		id, err := p.Edit(e)
		if err != nil {
			return err
		}
		return out.say(struct {
			Record deltasync.RecordID `json:"record"`
			Scope  deltasync.Scope    `json:"scope"`
		}{id, e.Scope}, line("on this phone, not sent yet: %s, record %s", what(c.Kind, whom), id))
	})
}

func what(kind, whom string) string {
	if kind == deltasync.KindPerson {
		return whom
	}
	return spoken(kind) + " of " + whom
}

// edit makes of the words what is to be written, and says whom it is about.
func (c *phoneEdit) edit(b *book) (e client.Edit, whom string, err error) {
	kind := casework.Kinds()[c.Kind]
	if kind == nil {
		return e, "", &admin.ValueError{Detail: fmt.Sprintf("%q is no kind of record", c.Kind)}
	}
	e = client.Edit{Kind: kind.Name, Delete: c.Delete}
	var about []string
	for _, word := range c.Words {
		if isChange(word) {
			err = change(kind, &e, word)
		} else {
			about = append(about, word)
		}
		if err != nil {
			return e, "", err
		}
	}
	if whom, err = b.place(kind, &e, about); err != nil {
		return e, "", err
	}
	return e, whom, fits(kind, &e)
}

// fits says at once what the server would say later.
func fits(kind *deltasync.Kind, e *client.Edit) error {
	changes := len(e.Set) + len(e.Add) + len(e.Remove)
	switch {
	case e.Delete && kind.Keep != "":
		return &admin.ValueError{Detail: strings.TrimSuffix(kind.Keep, ".")}
	case e.Delete && changes > 0:
		return &admin.ValueError{Detail: "--delete goes without changes"}
	case !e.Delete && changes == 0:
		return &admin.ValueError{Detail: "what is to change? Write field=value; " + kind.Name + " has " + fieldNames(kind)}
	}
	for _, f := range kind.Fields {
		v, said := e.Set[f.Name]
		if f.Required && (said && v == nil || e.Record == "" && !said) {
			return &admin.ValueError{Detail: f.Name + " cannot be left empty"}
		}
	}
	return nil
}

// place finds the scope and the record of an edit.
func (b *book) place(kind *deltasync.Kind, e *client.Edit, about []string) (whom string, err error) {
	record := ""
	if kind.In != deltasync.PersonScope {
		if len(about) != 1 {
			return "", &admin.ValueError{Detail: "which " + kind.Name + "? Give its id, or a part of it that fits no other"}
		}
		e.Scope, whom, record = b.own(kind), "the team", about[0]
	} else {
		switch {
		case len(about) == 0 || len(about) > 2:
			return "", &admin.ValueError{Detail: "whom is it about? Give a person (an id or a part of the name), and after that a record's id at most"}
		case kind.Name == deltasync.KindPerson && about[0] == "new":
			if e.Set["name"] == nil {
				return "", &admin.ValueError{Detail: "somebody new has a name: name=…"}
			}
			id, err := b.phone.NewID()
			e.Scope, e.Record = deltasync.PersonOf(id), id
			return "somebody new", err
		}
		who, err := b.person(about[0])
		if err != nil {
			return "", err
		}
		e.Scope, whom = deltasync.PersonOf(who.ID), who.Text("name")
		switch {
		case kind.Name == deltasync.KindPerson:
			e.Record = who.ID
			return whom, nil
		case kind.Name == deltasync.KindAssignment && len(about) == 1:
			return whom, b.assignment(e)
		case len(about) == 2:
			record = about[1]
		}
	}
	if record == "" {
		if e.Delete {
			return "", &admin.ValueError{Detail: "which " + kind.Name + " is to be deleted? Give its id"}
		}
		return whom, nil
	}
	found, err := b.record(e.Scope, kind.Name, record)
	e.Record = found.ID
	return whom, err
}

// own is the scope of a kind that is not about a person.
func (b *book) own(kind *deltasync.Kind) deltasync.Scope {
	switch kind.In {
	case deltasync.CoordinationScope:
		return deltasync.CoordinationOf(b.state.User.Team)
	case deltasync.UserScope:
		return deltasync.UserOf(b.state.User.ID)
	}
	return deltasync.TeamOf(b.state.User.Team)
}

// assignment makes worker= an id, and takes the assignment that the worker has where one is being ended.
func (b *book) assignment(e *client.Edit) error {
	said, _ := e.Set["worker"].(string)
	var id deltasync.UserID
	if said != "" {
		var err error
		if id, err = b.colleague(said); err != nil {
			return err
		}
		e.Set["worker"] = string(id)
	}
	if _, ends := e.Set["until"]; !ends && !e.Delete {
		return nil
	}
	all, err := b.phone.View(e.Scope)
	if err != nil {
		return err
	}
	var found []client.Record
	for _, r := range all {
		if r.Kind == deltasync.KindAssignment && (said == "" || r.Text("worker") == string(id)) {
			if until, ok := timeOf(&r, "until"); !ok || until.After(time.Now()) {
				found = append(found, r)
			}
		}
	}
	switch {
	case len(found) == 1:
		e.Record = found[0].ID
		delete(e.Set, "worker") // it never changes
	case said == "" || e.Delete || len(found) > 1:
		return &admin.ValueError{Detail: fmt.Sprintf("%d assignments of that person may be meant: say which by worker=, or by its id", len(found))}
	}
	return nil
}

func isChange(word string) bool {
	at := strings.IndexByte(word, '=')
	return at > 0 && !strings.ContainsAny(word[:at], " \t")
}

// change reads one of the words that say what is to change.
func change(kind *deltasync.Kind, e *client.Edit, word string) error {
	name, value, _ := strings.Cut(word, "=")
	how := name[len(name)-1]
	if strings.IndexByte("+-:", how) >= 0 {
		name = name[:len(name)-1]
	}
	f, known := kind.Field(name)
	if !known && !strings.HasPrefix(name, "x_") {
		return &admin.ValueError{Detail: fmt.Sprintf("%s has no field %q; it has %s", kind.Name, name, fieldNames(kind))}
	}
	if list := how == '+' || how == '-'; known && list != (f.Type == deltasync.Set) {
		if list {
			return &admin.ValueError{Detail: name + " holds one value: write " + name + "=value"}
		}
		return &admin.ValueError{Detail: name + " is a list: write " + name + "+=element or " + name + "-=element"}
	}
	switch how {
	case '+':
		put(&e.Add, name, append(e.Add[name], value))
	case '-':
		put(&e.Remove, name, append(e.Remove[name], value))
	case ':':
		if !json.Valid([]byte(value)) {
			return &admin.ValueError{Detail: fmt.Sprintf("%s is not JSON; a text goes as %s=text", word, name)}
		}
		put(&e.Set, name, any(json.RawMessage(value)))
	default:
		v, err := typed(f, value)
		if err != nil {
			return err
		}
		put(&e.Set, name, v)
	}
	return nil
}

func put[V any](m *map[string]V, name string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[name] = v
}

func fieldNames(kind *deltasync.Kind) string {
	var names []string
	for _, f := range kind.Fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// typed brings what was typed into the form that the field has: clocks of this place into UTC, numbers into numbers.
func typed(f deltasync.Field, value string) (any, error) {
	if value == "" {
		return nil, nil
	}
	switch f.Type {
	case deltasync.Flag:
		switch strings.ToLower(value) {
		case "yes", "true":
			return true, nil
		case "no", "false":
			return false, nil
		}
		return nil, &admin.ValueError{Detail: f.Name + " is yes or no"}
	case deltasync.Count:
		if strings.Trim(value, "0123456789") != "" {
			return nil, &admin.ValueError{Detail: f.Name + " is a whole number"}
		}
		return json.RawMessage(value), nil
	case deltasync.Time:
		t, ok := typedTime(value)
		if !ok {
			return nil, &admin.ValueError{Detail: f.Name + ` is a time: 2026-12-01T10:00:00Z, "2026-12-01 10:00" by this machine's clock, or now`}
		}
		return t, nil
	case deltasync.Choice:
		if !slices.Contains(f.Choices, value) {
			return nil, &admin.ValueError{Detail: fmt.Sprintf("%s is one of %s", f.Name, strings.Join(f.Choices, ", "))}
		}
	}
	return value, nil
}

func typedTime(value string) (string, bool) {
	if value == "now" {
		return time.Now().UTC().Format(time.RFC3339), true
	}
	if _, err := time.Parse(time.RFC3339, value); err == nil {
		return value, true
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, value, time.Local); err == nil {
			return t.UTC().Format(time.RFC3339), true
		}
	}
	return "", false
}
