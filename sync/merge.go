package deltasync

import (
	"encoding/json"
	"slices"
	"sort"
)

// Merge puts an op into its record, in place, and says whether something now wants settling (PROTOCOL §8). It is the
// same whatever the order in which concurrent ops arrive, but for the versions that it is given.
func (r *Record) Merge(k *Kind, op *Op, o Origin) Status {
	seen := func(x Origin) bool { return x.Version <= op.Base || x.Client == o.Client && x.N < o.N }
	r.Version = o.Version
	if op.Delete {
		return r.delete(o, seen)
	}
	if r.Gone && slices.ContainsFunc(r.Deletes, func(d Origin) bool { return d.Client == o.Client && d.N > o.N }) {
		return Applied // its client has deleted the record since: history only
	}
	status := Applied
	if r.Gone {
		r.Gone, status = false, Conflict
	}
	r.Deletes = slices.DeleteFunc(r.Deletes, seen)
	r.User, r.At = o.User, o.At
	for _, fields := range op.groups(k) {
		g := r.register(fields)
		g.put(op, o, seen)
		if len(g.standing()) > 1 {
			status = Conflict
		}
	}
	for _, name := range sortedKeys(op.Remove) {
		r.set(name).remove(op.Remove[name], seen)
	}
	for _, name := range sortedKeys(op.Add) {
		r.set(name).add(op.Add[name], o, seen)
	}
	r.Sets = slices.DeleteFunc(r.Sets, func(s SetField) bool { return len(s.Elements) == 0 })
	return status
}

// delete takes the record away if the op has seen all that stands in it; else the edits win, and the deletion stays
// beside them until somebody has seen it.
func (r *Record) delete(o Origin, seen func(Origin) bool) Status {
	r.Deletes = append(slices.DeleteFunc(r.Deletes, seen), o)
	if r.Gone {
		return Applied
	}
	unseen := func(x Origin) bool { return !seen(x) }
	for _, g := range r.Registers {
		if slices.ContainsFunc(g.Values, func(v Value) bool { return unseen(v.Origin) }) {
			return Conflict
		}
	}
	for _, s := range r.Sets {
		for _, e := range s.Elements {
			if slices.ContainsFunc(e.Dots, unseen) {
				return Conflict
			}
		}
	}
	r.Gone, r.User, r.At = true, o.User, o.At
	return Applied
}

// groups are the registers that an op sets, each once.
func (op *Op) groups(k *Kind) [][]string {
	var out [][]string
	done := map[string]bool{}
	for _, name := range sortedKeys(op.Set) {
		fields := []string{name}
		if k != nil {
			fields = k.group(name)
		}
		if !done[fields[0]] {
			done[fields[0]] = true
			out = append(out, fields)
		}
	}
	return out
}

// put adds the op's value to the register in place of those that it has seen. If its client has a later one there, the
// op belongs to history only.
func (g *Register) put(op *Op, o Origin, seen func(Origin) bool) {
	if slices.ContainsFunc(g.Values, func(v Value) bool { return v.Client == o.Client && v.N > o.N }) {
		return
	}
	v := Value{Origin: o, Parts: make([]json.RawMessage, len(g.Fields))}
	for i, f := range g.Fields {
		if raw := op.Set[f]; string(raw) != "null" {
			v.Parts[i] = raw
		}
	}
	g.Values = append(slices.DeleteFunc(g.Values, func(v Value) bool { return seen(v.Origin) }), v)
}

func (s *SetField) add(texts []string, o Origin, seen func(Origin) bool) {
	for _, t := range texts {
		i := sort.Search(len(s.Elements), func(i int) bool { return s.Elements[i].Text >= t })
		if i == len(s.Elements) || s.Elements[i].Text != t {
			s.Elements = slices.Insert(s.Elements, i, Element{Text: t})
		}
		e := &s.Elements[i]
		if !slices.ContainsFunc(e.Dots, func(d Origin) bool { return d.Client == o.Client && d.N >= o.N }) {
			e.Dots = append(slices.DeleteFunc(e.Dots, seen), o)
		}
	}
}

func (s *SetField) remove(texts []string, seen func(Origin) bool) {
	for i := range s.Elements {
		if e := &s.Elements[i]; slices.Contains(texts, e.Text) {
			e.Dots = slices.DeleteFunc(e.Dots, seen)
		}
	}
	s.Elements = slices.DeleteFunc(s.Elements, func(e Element) bool { return len(e.Dots) == 0 })
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	if len(m) == 0 {
		return nil
	}
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
