package deltasync_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// PROTOCOL §9 lists the kinds as they are declared.
func TestTheProtocolListsTheKinds(t *testing.T) {
	const file, begin, end = "PROTOCOL.md", "<!-- kinds: written by a test from internal/casework -->\n", "<!-- end of kinds -->\n"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(raw), begin)
	listed, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("PROTOCOL.md has no place for the kinds")
	}
	var b strings.Builder
	b.WriteString("| kind | scope | fields |\n| --- | --- | --- |\n")
	kinds := casework.Kinds()
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		k := kinds[name]
		var fields []string
		for _, f := range k.Fields {
			fields = append(fields, describe(f))
		}
		fmt.Fprintf(&b, "| `%s`%s | %s | %s |\n", name, writers(k.Write), k.In, strings.Join(fields, "; "))
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if listed != b.String() {
		t.Errorf("PROTOCOL.md lists other kinds than are declared; go test ./sync -update writes them")
	}
}

func writers(w deltasync.Writers) string {
	switch w {
	case deltasync.Coordinators:
		return " (by coordinators)"
	case deltasync.Server:
		return " (by the server)"
	}
	return ""
}

func describe(f deltasync.Field) string {
	types := map[deltasync.Type]string{deltasync.Anything: "any value", deltasync.Text: "text", deltasync.Name: "text, not empty", deltasync.Date: "date",
		deltasync.Time: "time", deltasync.Day: "date or time", deltasync.Count: "whole number", deltasync.Flag: "true or false", deltasync.Choice: "one of",
		deltasync.Set: "set of texts", deltasync.Scalar: "text, number, true or false", deltasync.Ref: "id"}
	s := f.Name
	if f.Required {
		s = "**" + s + "**"
	}
	s += ": " + types[f.Type]
	if len(f.Choices) > 0 {
		s += " " + strings.Join(f.Choices, ", ")
	}
	if f.Max > 0 {
		s += fmt.Sprintf(" (%d)", f.Max)
	}
	if f.Fixed {
		s += ", never changes"
	}
	return s + writers(f.Write)
}
