package deltasync

import (
	"bytes"
	"encoding/json"
	"slices"
	"sort"
	"time"
)

// Record is one record with all that stands in it: the values shown, those kept beside them, and deletions that lost.
type Record struct {
	Scope     Scope
	Kind      string
	ID        RecordID
	Version   Version // its place in its scope's index
	Log       Version // the latest entry about it; entries chain back from there
	Made      UserID  // who made it
	User      UserID  // of the last change
	At        time.Time
	Gone      bool
	Registers []Register // by name of their first field
	Sets      []SetField // by name
	Deletes   []Origin   // deletions that no later edit has seen
}

// Origin says whose edit a value is.
type Origin struct {
	Version Version
	Client  ClientID
	N       uint64
	User    UserID
	At      time.Time // corrected
}

// Register is a field, or a group of fields that merge as one, with every value that stands in it.
type Register struct {
	Fields []string
	Values []Value
}

// Value is what one edit put into a register: a part for each of its fields, nil where it is cleared.
type Value struct {
	Origin
	Parts []json.RawMessage
}

// SetField is a set with its elements by text.
type SetField struct {
	Name     string
	Elements []Element
}

// Element stands as long as an edit that added it does.
type Element struct {
	Text string
	Dots []Origin
}

// Values are those that stand in a field, the shown one first; a cleared one is nil. Rules that must be restrictive
// look at all of them.
func (r *Record) Values(field string) []json.RawMessage {
	for i := range r.Registers {
		if at := slices.Index(r.Registers[i].Fields, field); at >= 0 {
			var out []json.RawMessage
			for _, v := range r.Registers[i].standing() {
				out = append(out, v.part(at))
			}
			return out
		}
	}
	return nil
}

// Text is the shown value of a field as a string; empty where it is cleared or not one.
func (r *Record) Text(field string) string {
	if v := r.Values(field); len(v) > 0 {
		return textOf(v[0])
	}
	return ""
}

func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// Elements are what stands in a set.
func (r *Record) Elements(field string) []string {
	for _, s := range r.Sets {
		if s.Name == field {
			out := make([]string, len(s.Elements))
			for i, e := range s.Elements {
				out[i] = e.Text
			}
			return out
		}
	}
	return nil
}

func (r *Record) has(field string) bool {
	return slices.ContainsFunc(r.Values(field), func(v json.RawMessage) bool { return v != nil })
}

func (r *Record) hasElements(field string) bool { return len(r.Elements(field)) > 0 }

// size is about what the record takes, in bytes.
func (r *Record) size() (n int) {
	const beside = 64 // whose each value is
	for _, g := range r.Registers {
		for _, v := range g.Values {
			n += beside
			for i, raw := range v.Parts {
				n += len(raw) + len(g.Fields[i])
			}
		}
	}
	for _, s := range r.Sets {
		for _, e := range s.Elements {
			n += len(e.Text) + beside*len(e.Dots)
		}
	}
	return n
}

// register finds the register of these fields, or makes it in its place.
func (r *Record) register(fields []string) *Register {
	i := sort.Search(len(r.Registers), func(i int) bool { return r.Registers[i].Fields[0] >= fields[0] })
	if i == len(r.Registers) || r.Registers[i].Fields[0] != fields[0] {
		r.Registers = slices.Insert(r.Registers, i, Register{Fields: fields})
	}
	return &r.Registers[i]
}

func (r *Record) set(name string) *SetField {
	i := sort.Search(len(r.Sets), func(i int) bool { return r.Sets[i].Name >= name })
	if i == len(r.Sets) || r.Sets[i].Name != name {
		r.Sets = slices.Insert(r.Sets, i, SetField{Name: name})
	}
	return &r.Sets[i]
}

func (v Value) part(i int) json.RawMessage {
	if i < len(v.Parts) {
		return v.Parts[i]
	}
	return nil
}

func (v Value) equal(o Value) bool {
	return slices.EqualFunc(v.Parts, o.Parts, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

// later orders what is shown first: the latest corrected time, ties by version (PROTOCOL §8.1).
func (o Origin) later(p Origin) bool {
	if !o.At.Equal(p.At) {
		return o.At.After(p.At)
	}
	return o.Version > p.Version
}

// standing are the register's values with equal ones as one, the shown one first.
func (g *Register) standing() []Value {
	if len(g.Values) < 2 {
		return g.Values
	}
	all := slices.Clone(g.Values)
	slices.SortFunc(all, func(a, b Value) int {
		if a.later(b.Origin) {
			return -1
		}
		return 1
	})
	out := all[:0]
	for _, v := range all {
		if !slices.ContainsFunc(out, v.equal) {
			out = append(out, v)
		}
	}
	return out
}

// Clone is a copy that shares nothing that Merge changes.
func (r *Record) Clone() *Record {
	if r == nil {
		return nil
	}
	c := *r
	c.Registers = slices.Clone(r.Registers)
	for i := range c.Registers {
		c.Registers[i].Values = slices.Clone(c.Registers[i].Values)
	}
	c.Sets = slices.Clone(r.Sets)
	for i := range c.Sets {
		c.Sets[i].Elements = slices.Clone(c.Sets[i].Elements)
		for j := range c.Sets[i].Elements {
			c.Sets[i].Elements[j].Dots = slices.Clone(c.Sets[i].Elements[j].Dots)
		}
	}
	c.Deletes = slices.Clone(r.Deletes)
	return &c
}
