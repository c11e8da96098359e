package boltstore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"

	deltasync "alongside/sync"
)

// A record's row is its head (format, flags, kind, id), what a merge needs beside the body, and last the wire body as
// Record.AppendBody wrote it: pulls hand that out without decoding anything. What stands in the body is not said again.
// A record that is gone has no body; its row holds all of it, since an edit may revive it.
const recordFormat = 1

const isGone = 1 // flag of a record

// What else a record's row says beside its body.
const (
	userInside = 1 << iota // of the last change: the body has it, unless the record is gone
	timeInside
	madeByOther // not by the user of the last change
)

// What of an origin is the record's own.
const (
	ownVersion = 1 << iota
	ownUser
	ownTime
)

// Where a part of a value stands.
const (
	partCleared = iota
	partShown   // in the body, under its field's name
	partInside
)

// How a set is written.
const (
	textsInside = 1 << iota
	dotsInside  // else each element stands by one edit, the one that most of the record comes from
)

var errEmptyField = errors.New("a record has a field that nothing stands in")

// appendRecord writes a record's row, but for its scope and version, which are its key.
func appendRecord(b []byte, r *deltasync.Record) ([]byte, error) {
	for _, g := range r.Registers {
		if len(g.Fields) == 0 || len(g.Values) == 0 {
			return nil, errEmptyField
		}
	}
	for _, s := range r.Sets {
		if len(s.Elements) == 0 {
			return nil, errEmptyField
		}
	}
	w := recordWriter{r: r}
	wire := r.AppendBody(nil)
	if !r.Gone {
		var ok bool
		if w.body, ok = readBody(wire); !ok {
			return nil, errors.New("a record has a value that is not JSON")
		}
	}
	w.origins()
	meta := w.meta(nil)

	var flags byte
	if r.Gone {
		flags |= isGone
	}
	b = append(b, recordFormat, flags)
	b = appendText(b, r.Kind)
	b = appendText(b, string(r.ID))
	b = binary.AppendUvarint(b, uint64(len(meta)))
	b = append(b, meta...)
	return append(b, wire...), nil
}

type recordWriter struct {
	r     *deltasync.Record
	body  body
	table []deltasync.Origin
	usual int // index of the origin that most values have
}

// origins makes the table of all edits that stand in the record.
func (w *recordWriter) origins() {
	var uses []int
	see := func(o deltasync.Origin) {
		i := w.origin(o)
		if i < 0 {
			i = len(w.table)
			w.table = append(w.table, plainOrigin(o))
			uses = append(uses, 0)
		}
		uses[i]++
	}
	for _, g := range w.r.Registers {
		for _, v := range g.Values {
			see(v.Origin)
		}
	}
	for _, s := range w.r.Sets {
		for _, e := range s.Elements {
			for _, d := range e.Dots {
				see(d)
			}
		}
	}
	for _, d := range w.r.Deletes {
		see(d)
	}
	for i, n := range uses {
		if n > uses[w.usual] {
			w.usual = i
		}
	}
}

// plainOrigin is o with its time as it comes back, so that == tells origins apart.
func plainOrigin(o deltasync.Origin) deltasync.Origin {
	o.At = o.At.Round(0).UTC()
	return o
}

func (w *recordWriter) origin(o deltasync.Origin) int {
	return slices.Index(w.table, plainOrigin(o))
}

func (w *recordWriter) meta(b []byte) []byte {
	r := w.r
	var flags byte
	if r.Gone {
		flags |= userInside | timeInside
	} else if !w.body.at.Equal(r.At) {
		flags |= timeInside
	}
	if r.Made != r.User {
		flags |= madeByOther
	}
	b = append(b, flags)
	if flags&userInside != 0 {
		b = appendText(b, string(r.User))
	}
	if flags&timeInside != 0 {
		b = appendTime(b, r.At)
	}
	if flags&madeByOther != 0 {
		b = appendText(b, string(r.Made))
	}
	b = binary.AppendVarint(b, int64(r.Version-r.Log))
	b = binary.AppendUvarint(b, uint64(len(w.table)))
	for _, o := range w.table {
		b = appendOrigin(b, r, o)
	}
	if len(w.table) > 0 {
		b = binary.AppendUvarint(b, uint64(w.usual))
	}
	explicit := w.explicit()
	b = binary.AppendUvarint(b, uint64(len(explicit)))
	for _, g := range explicit {
		b = w.register(b, g)
	}
	b = binary.AppendUvarint(b, uint64(len(r.Sets)))
	for _, s := range r.Sets {
		b = w.set(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(r.Deletes)))
	for _, d := range r.Deletes {
		b = binary.AppendUvarint(b, uint64(w.origin(d)))
	}
	return b
}

func appendOrigin(b []byte, r *deltasync.Record, o deltasync.Origin) []byte {
	var flags byte
	if o.Version == r.Version {
		flags |= ownVersion
	}
	if o.User == r.User {
		flags |= ownUser
	}
	if o.At.Equal(r.At) {
		flags |= ownTime
	}
	b = append(b, flags)
	b = appendText(b, string(o.Client))
	b = binary.AppendUvarint(b, o.N)
	if flags&ownVersion == 0 {
		b = binary.AppendVarint(b, int64(r.Version-o.Version))
	}
	if flags&ownUser == 0 {
		b = appendText(b, string(o.User))
	}
	if flags&ownTime == 0 {
		b = appendTime(b, o.At)
	}
	return b
}

// explicit are the registers that the body does not tell of in full, and any other with a name that one of those has:
// that name will be taken for theirs.
func (w *recordWriter) explicit() []deltasync.Register {
	var names []string
	for _, g := range w.r.Registers {
		if !w.plain(g) {
			names = append(names, g.Fields...)
		}
	}
	for _, s := range w.r.Sets {
		names = append(names, s.Name)
	}
	var out []deltasync.Register
	for _, g := range w.r.Registers {
		if !w.plain(g) || slices.Contains(names, g.Fields[0]) {
			out = append(out, g)
		}
	}
	return out
}

// plain reports whether the body says all there is to a register but for its origin, which is the usual one.
func (w *recordWriter) plain(g deltasync.Register) bool {
	if len(g.Fields) != 1 || len(g.Values) != 1 || len(g.Values[0].Parts) != 1 || w.origin(g.Values[0].Origin) != w.usual {
		return false
	}
	return w.shows(g.Fields[0], g.Values[0].Parts[0])
}

// shows reports whether the body holds the value under that name.
func (w *recordWriter) shows(name string, part json.RawMessage) bool {
	i := w.field(name)
	return i >= 0 && part != nil && !w.body.fields[i].twice && bytes.Equal(w.body.fields[i].value, part)
}

func (w *recordWriter) field(name string) int {
	return slices.IndexFunc(w.body.fields, func(m member) bool { return m.name == name })
}

// name is written as its place in the body where it has one.
func (w *recordWriter) name(b []byte, name string) []byte {
	if i := w.field(name); i >= 0 {
		return binary.AppendUvarint(b, uint64(i)+1)
	}
	return appendText(append(b, 0), name)
}

func (w *recordWriter) register(b []byte, g deltasync.Register) []byte {
	b = binary.AppendUvarint(b, uint64(len(g.Fields)))
	for _, f := range g.Fields {
		b = w.name(b, f)
	}
	b = binary.AppendUvarint(b, uint64(len(g.Values)))
	for _, v := range g.Values {
		b = binary.AppendUvarint(b, uint64(w.origin(v.Origin)))
		b = binary.AppendUvarint(b, uint64(len(v.Parts)))
		for i, part := range v.Parts {
			switch {
			case part == nil:
				b = append(b, partCleared)
			case i < len(g.Fields) && w.shows(g.Fields[i], part):
				b = append(b, partShown)
			default:
				b = append(b, partInside)
				b = binary.AppendUvarint(b, uint64(len(part)))
				b = append(b, part...)
			}
		}
	}
	return b
}

func (w *recordWriter) set(b []byte, s deltasync.SetField) []byte {
	b = w.name(b, s.Name)
	var flags byte
	if i := w.field(s.Name); i < 0 || w.body.fields[i].twice {
		flags |= textsInside
	}
	for _, e := range s.Elements {
		if len(e.Dots) != 1 || w.origin(e.Dots[0]) != w.usual {
			flags |= dotsInside
		}
	}
	b = append(b, flags)
	if flags&textsInside != 0 || flags&dotsInside != 0 {
		b = binary.AppendUvarint(b, uint64(len(s.Elements)))
	}
	for _, e := range s.Elements {
		if flags&textsInside != 0 {
			b = appendText(b, e.Text)
		}
		if flags&dotsInside != 0 {
			b = binary.AppendUvarint(b, uint64(len(e.Dots)))
			for _, d := range e.Dots {
				b = binary.AppendUvarint(b, uint64(w.origin(d)))
			}
		}
	}
	return b
}
