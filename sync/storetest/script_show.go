package storetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	deltasync "alongside/sync"
)

func (w *World) scope(s deltasync.Scope) string {
	if s == deltasync.Directory {
		return string(s)
	}
	return s.Family() + "/" + w.Name(s.ID())
}

func (w *World) show(p *Phone, record string, out *strings.Builder) {
	f, ok := p.Scopes[w.Scope(record)][w.Record(record)]
	if !ok {
		fmt.Fprintf(out, "%s does not have %s\n", p.Name, record)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		fmt.Fprintf(out, "%s=%s", name, w.value(f.Fields[name]))
		w.beside(f.Beside[name], out)
		out.WriteString("\n")
	}
	for _, name := range slices.Sorted(maps.Keys(f.Beside)) {
		if _, ok := f.Fields[name]; !ok {
			fmt.Fprintf(out, "%s is empty", name)
			w.beside(f.Beside[name], out)
			out.WriteString("\n")
		}
	}
	for _, d := range f.Deletes {
		fmt.Fprintf(out, "deleted by %s\n", w.Name(string(d.User)))
	}
}

func (w *World) beside(kept []Kept, out *strings.Builder) {
	for _, k := range kept {
		fmt.Fprintf(out, " | %s by %s", w.value(k.Value), w.Name(string(k.User)))
	}
}

func (w *World) value(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if n, ok := w.names.Load(s); ok {
			return n.(string)
		}
		return s
	}
	return string(raw)
}

// waiting is what a desk has to settle, in the order of the log.
func (w *World) waiting(p *Phone) []Frame {
	var all []Frame
	for s, recs := range p.Scopes {
		for _, f := range recs {
			if s.Family() == deltasync.CoordinationScope {
				all = append(all, f)
			}
		}
	}
	entry := func(f Frame) int { n, _ := strconv.Atoi(string(f.Fields["entry"])); return n }
	sort.Slice(all, func(i, j int) bool { return entry(all[i]) < entry(all[j]) })
	return all
}

func (w *World) kept(p *Phone, out *strings.Builder) {
	for i, f := range w.waiting(p) {
		fmt.Fprintf(out, "%d %s %s by %s", i+1, w.value(f.Fields["status"]), w.value(f.Fields["reason"]), w.value(f.Fields["user"]))
		if s := f.Fields["settled"]; s != nil {
			fmt.Fprintf(out, ", %s", w.value(s))
		}
		out.WriteString("\n")
	}
}
