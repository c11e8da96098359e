package deltasync

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestACursorReadsBackAsItWasWritten(t *testing.T) {
	for name, cur := range map[string]cursor{
		"at rest":      {Epoch: "now", From: 501979440906251, Mark: 1<<64 - 1},
		"of nothing":   {Epoch: "now"},
		"during a run": {Epoch: "now", From: 3, Until: 9, Mark: 7, Drops: 4, Soon: []Scope{"person/x"}, At: 1, Refetch: []Scope{"person/y"}, Scope: "person/z", After: 5},
	} {
		text, err := cur.text()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := readCursor(text, "now"); !ok || !reflect.DeepEqual(got, cur) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, ok, cur)
		}
		if got, ok := readCursor(text, "later"); !ok || got.Epoch == "later" {
			t.Errorf("%s: read in a later epoch it is %+v, %v", name, got, ok)
		}
		old, err := json.Marshal(cur)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := readCursor(old, "now"); !ok || !reflect.DeepEqual(got, cur) {
			t.Errorf("%s, as older servers wrote it: %+v, %v; want %+v", name, got, ok, cur)
		}
	}
}

func TestACursorAtRestIsCutNowhereUnnoticed(t *testing.T) {
	text, err := cursor{Epoch: "now", From: 1 << 40, Mark: 5}.text()
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(text); n++ {
		if got, ok := readCursor(text[:n], "now"); ok {
			t.Errorf("%d bytes of %d read as %+v", n, len(text), got)
		}
	}
	if got, ok := readCursor(append(text, 0), "now"); ok {
		t.Errorf("with a byte too many it reads as %+v", got)
	}
}
