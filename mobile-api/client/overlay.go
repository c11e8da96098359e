package client

import (
	"encoding/json"
	"slices"
)

// lay puts a phone's own ops over a record, in the order in which they were written. It is a simple merge for the
// eye: what stands is decided by the server. Nil: there is nothing to show.
func (s *screen) lay(r *Record, own []*entry) *Record {
	hidden := r == nil
	for _, e := range own {
		op := &e.Op
		switch {
		case op.Delete:
			hidden = true
			continue
		case r == nil && op.Base != 0:
			continue // the phone no longer has what it changes
		case r == nil:
			r = &Record{Scope: op.Scope, Kind: op.Kind, ID: op.Record, Fields: map[string]json.RawMessage{}}
		}
		hidden = false
		r.User, r.At = s.st.User.ID, op.At
		for field := range op.Set {
			for _, member := range s.group(op.Kind, field) {
				r.set(member, op.Set[member], e)
			}
		}
		for field, texts := range op.Remove {
			r.elements(field, e, func(list []string) []string {
				return slices.DeleteFunc(list, func(t string) bool { return slices.Contains(texts, t) })
			})
		}
		for field, texts := range op.Add {
			r.elements(field, e, func(list []string) []string {
				list = append(list, texts...)
				slices.Sort(list)
				return slices.Compact(list)
			})
		}
	}
	if hidden {
		return nil
	}
	return r
}

// group is the fields that merge with one as one value.
func (s *screen) group(kind, field string) []string {
	if k := s.kinds[kind]; k != nil {
		for _, g := range k.Groups {
			if slices.Contains(g, field) {
				return g
			}
		}
	}
	return []string{field}
}

func (r *Record) set(field string, raw json.RawMessage, e *entry) {
	if len(raw) == 0 || string(raw) == "null" {
		delete(r.Fields, field)
	} else {
		r.Fields[field] = raw
	}
	if e.Op.Base >= r.Version { // it has seen all that stood there
		delete(r.Conflicts, field)
		delete(r.Shown, field)
	}
	r.note(field, e)
}

func (r *Record) elements(field string, e *entry, change func([]string) []string) {
	list := change(r.Elements(field))
	if len(list) == 0 {
		delete(r.Fields, field)
	} else if raw, err := encode(list); err == nil { // strings always are JSON
		r.Fields[field] = raw
	}
	r.note(field, e)
}

// note says how far a field written here has come.
func (r *Record) note(field string, e *entry) {
	is := func(f string) bool { return f == field }
	r.Unsent, r.Sent = slices.DeleteFunc(r.Unsent, is), slices.DeleteFunc(r.Sent, is)
	list := &r.Sent
	if e.waits() {
		list = &r.Unsent
	}
	at, _ := slices.BinarySearch(*list, field)
	*list = slices.Insert(*list, at, field)
}
