package deltasync

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TimeFormat is how the protocol writes times: RFC 3339 in UTC, with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// AppendBody appends the members of the record's frame from "user" on: what phones get, and what stores keep. A record
// that is gone has no body. The same record gives the same bytes.
func (r *Record) AppendBody(b []byte) []byte {
	if r.Gone {
		return b
	}
	b = append(b, `"user":`...)
	b = AppendString(b, string(r.User))
	b = append(b, `,"at":`...)
	b = AppendTime(b, r.At)
	b = append(b, `,"fields":{`...)
	b = r.appendFields(b)
	b = append(b, '}')
	if r.inConflict() {
		b = r.appendConflicts(b)
	}
	if len(r.Deletes) > 0 {
		b = append(b, `,"deletes":[`...)
		for i, d := range r.Deletes {
			b = comma(b, i)
			b = appendOrigin(append(b, '{'), d)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	return b
}

type shown struct {
	name string
	raw  json.RawMessage
	set  []Element
}

func (r *Record) appendFields(b []byte) []byte {
	fields := make([]shown, 0, len(r.Registers)+len(r.Sets)+2)
	for i := range r.Registers {
		g := &r.Registers[i]
		first := g.standing()[0]
		for at, name := range g.Fields {
			if raw := first.part(at); raw != nil {
				fields = append(fields, shown{name: name, raw: raw})
			}
		}
	}
	for _, s := range r.Sets {
		fields = append(fields, shown{name: s.Name, set: s.Elements})
	}
	slices.SortFunc(fields, func(a, b shown) int { return strings.Compare(a.name, b.name) })
	for i, f := range fields {
		b = comma(b, i)
		b = append(AppendString(b, f.name), ':')
		if f.set == nil {
			b = append(b, f.raw...)
			continue
		}
		b = append(b, '[')
		for j, e := range f.set {
			b = AppendString(comma(b, j), e.Text)
		}
		b = append(b, ']')
	}
	return b
}

func (r *Record) inConflict() bool {
	for i := range r.Registers {
		if len(r.Registers[i].Values) > 1 && len(r.Registers[i].standing()) > 1 {
			return true
		}
	}
	return false
}

// appendConflicts lists, for each field in which the standing values differ, those beside the shown one, and whose the
// shown one is.
func (r *Record) appendConflicts(b []byte) []byte {
	type entry struct {
		name   string
		values []Value
		at     int
	}
	var entries []entry
	for i := range r.Registers {
		g := &r.Registers[i]
		values := g.standing()
		if len(values) < 2 {
			continue
		}
		for at, name := range g.Fields {
			differing := []Value{values[0]}
			for _, v := range values[1:] {
				same := func(d Value) bool { return string(d.part(at)) == string(v.part(at)) }
				if !slices.ContainsFunc(differing, same) {
					differing = append(differing, v)
				}
			}
			if len(differing) > 1 {
				entries = append(entries, entry{name, differing, at})
			}
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	b = append(b, `,"conflicts":{`...)
	for i, e := range entries {
		b = append(AppendString(comma(b, i), e.name), ":["...)
		for j, v := range e.values[1:] {
			b = append(comma(b, j), `{"value":`...)
			if raw := v.part(e.at); raw != nil {
				b = append(b, raw...)
			} else {
				b = append(b, "null"...)
			}
			b = append(appendOrigin(append(b, ','), v.Origin), '}')
		}
		b = append(b, ']')
	}
	b = append(b, `},"shown":{`...)
	for i, e := range entries {
		b = append(AppendString(comma(b, i), e.name), ":{"...)
		b = append(appendOrigin(b, e.values[0].Origin), '}')
	}
	return append(b, '}')
}

func appendOrigin(b []byte, o Origin) []byte {
	b = append(b, `"version":`...)
	b = strconv.AppendUint(b, uint64(o.Version), 10)
	b = append(b, `,"user":`...)
	b = AppendString(b, string(o.User))
	b = append(b, `,"at":`...)
	return AppendTime(b, o.At)
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

// AppendTime appends t as a JSON string.
func AppendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, TimeFormat)
	return append(b, '"')
}

// AppendString appends s as a JSON string, escaping no more than RFC 8259 §7 asks for.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
