package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	deltasync "alongside/sync"
)

// full is a record in which something of everything stands.
func full() *deltasync.Record {
	o := func(v deltasync.Version, client deltasync.ClientID) deltasync.Origin {
		return deltasync.Origin{Version: v, Client: client, N: uint64(v) + 1, User: "u" + deltasync.UserID(client),
			At: noon.Add(987654321 + 1)}
	}
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	return &deltasync.Record{
		Scope: ann, Kind: "appointment", ID: "r1", Made: "ua", User: "person/x", At: noon.Add(1),
		Registers: []deltasync.Register{
			{Fields: []string{"accompany"}, Values: []deltasync.Value{{Origin: o(3, "a"), Parts: []json.RawMessage{nil}}}},
			{Fields: []string{"new"}, Values: []deltasync.Value{{Origin: o(4, "b"), Parts: []json.RawMessage{raw(`{"a":[1,2.50,null]}`)}}}},
			{Fields: []string{"reply", "reply_note"}, Values: []deltasync.Value{
				{Origin: o(5, "a"), Parts: []json.RawMessage{raw(`"coming"`), nil}},
				{Origin: o(6, "b"), Parts: []json.RawMessage{nil, raw(`"späöter \" \\ ` + "\U0001f600" + `"`)}},
				{Origin: o(7, "c"), Parts: []json.RawMessage{raw(`"none"`), raw(`""`)}},
			}},
		},
		Sets: []deltasync.SetField{
			{Name: "bring", Elements: []deltasync.Element{
				{Text: "", Dots: []deltasync.Origin{o(8, "a")}},
				{Text: "keys", Dots: []deltasync.Origin{o(9, "a"), o(10, "b")}},
			}},
			{Name: "people", Elements: []deltasync.Element{{Text: "sister", Dots: []deltasync.Origin{o(11, "c")}}}},
		},
		Deletes: []deltasync.Origin{o(12, "d"), o(13, "e")},
	}
}

func testRecord(f *fixture) {
	want := full()
	f.put(want)
	check := func(what string) {
		f.Helper()
		f.view(func(tx deltasync.Tx) {
			got, err := tx.Record(want.ID)
			if err != nil || recordText(got) != recordText(want) {
				f.Errorf("%s, %v, comes back as\n%s\nwant\n%s", what, err, recordText(got), recordText(want))
			}
		})
		got := f.changes(ann, 0)
		body := string(want.AppendBody(nil))
		if len(got) != 1 || string(got[0].Body) != body || got[0].Kind != want.Kind || got[0].ID != want.ID ||
			got[0].Version != want.Version || got[0].Gone != want.Gone {
			f.Errorf("%s: Changes = %+v, want its body %s", what, got, body)
		}
	}
	check("a full record")
	want.Gone = true
	f.put(want)
	check("a full record that is gone")
	want = &deltasync.Record{Scope: ann, Kind: "k", ID: "r1", At: noon}
	f.put(want)
	check("an empty record")
	want.Registers = []deltasync.Register{{Fields: []string{"note"}, Values: []deltasync.Value{{
		Origin: deltasync.Origin{Version: want.Version, Client: "c", N: 1, User: "u", At: noon},
		Parts:  []json.RawMessage{json.RawMessage(`"` + strings.Repeat("long ", 12000) + `"`)},
	}}}}
	f.put(want)
	check("a long record")
}

func testRecordCopy(f *fixture) {
	r := full()
	want := recordText(r)
	spoil := func(r *deltasync.Record) {
		r.Gone, r.User = true, "spoilt"
		r.Registers[0].Values[0].User = "spoilt"
		r.Registers[2].Values = r.Registers[2].Values[:1]
		r.Sets[0].Elements[1].Dots[0].User = "spoilt"
		r.Sets[1].Elements = append(r.Sets[1].Elements, deltasync.Element{Text: "spoilt"})
		r.Sets[1].Name = "spoilt"
		r.Deletes[0].User = "spoilt"
	}
	look := func(tx deltasync.Tx, when string) {
		f.Helper()
		got, err := tx.Record("r1")
		if err != nil || recordText(got) != want {
			f.Errorf("%s: Record = %s, %v, want %s", when, recordText(got), err, want)
			return
		}
		spoil(got)
	}
	f.update(func(tx deltasync.WriteTx) error {
		r = full()
		if _, err := putNext(tx, r); err != nil {
			return err
		}
		want = recordText(r)
		spoil(r)
		look(tx, "after changing what was put")
		look(tx, "after changing what was read")
		return nil
	})
	f.view(func(tx deltasync.Tx) {
		look(tx, "in a View")
		look(tx, "after changing what was read in it")
	})
	f.view(func(tx deltasync.Tx) { look(tx, "in another View") })
}

func testPutMoves(f *fixture) {
	for _, id := range []deltasync.RecordID{"r1", "r2", "r3"} {
		f.put(note(ann, id, "one"))
	}
	v := f.put(note(ann, "r1", "two"))
	if got := f.changes(ann, 0); ids(got) != "[r2 r3 r1]" || got[2].Version != v {
		f.Errorf("after r1 was put again its scope holds %+v", got)
	}
	f.update(func(tx deltasync.WriteTx) error {
		for _, id := range []deltasync.RecordID{"r3", "r2", "r3"} {
			if _, err := putNext(tx, note(ann, id, "three")); err != nil {
				return err
			}
		}
		return nil
	})
	if got := f.changes(ann, 0); ids(got) != "[r1 r2 r3]" {
		f.Errorf("after r3, r2 and r3 were put in one Update their scope holds %+v", got)
	}
	f.view(func(tx deltasync.Tx) {
		f.sameHead(tx, ann)
		if h, _ := tx.ScopeHead(ann); h.Latest != tx.Head() || h.Sum.Count != 3 {
			f.Errorf("ScopeHead = %+v, want three records, the latest at %d", h, tx.Head())
		}
	})
}

// testPutInPlace is what an op about a record does that leaves it as it is: the chain of its log grows, no phone hears.
func testPutInPlace(f *fixture) {
	r := note(ann, "r1", "one")
	v := f.put(r)
	f.put(note(ann, "r2", "one"))
	f.update(func(tx deltasync.WriteTx) error {
		log, err := tx.Append(fact("held"))
		if err != nil {
			return err
		}
		r.Log = log
		return tx.Put(r)
	})
	if got := f.changes(ann, 0); ids(got) != "[r1 r2]" || got[0].Version != v {
		f.Errorf("after r1 was put in place its scope holds %+v", got)
	}
	f.view(func(tx deltasync.Tx) {
		f.sameHead(tx, ann)
		if got, err := tx.Record("r1"); err != nil || got.Version != v || got.Log != tx.Head() {
			f.Errorf("Record = %s, %v, want version %d and log %d", recordText(got), err, v, tx.Head())
		}
	})
}

func testTombstones(f *fixture) {
	f.put(note(ann, "r1", "one"))
	f.put(note(ann, "r2", "one"))
	gone := note(ann, "r1", "one")
	gone.Gone = true
	v := f.put(gone)
	f.view(func(tx deltasync.Tx) {
		f.sameHead(tx, ann)
		var want deltasync.Sum
		r2, _ := tx.Record("r2")
		want.Add("r2", r2.Version)
		if h, err := tx.ScopeHead(ann); err != nil || h.Latest != v || h.Sum != want {
			f.Errorf("ScopeHead = %+v, %v, want latest %d and %+v", h, err, v, want)
		}
	})
	got := f.changes(ann, v-1)
	if len(got) != 1 || !got[0].Gone || len(got[0].Body) != 0 || got[0].Kind != "support" || got[0].ID != "r1" {
		f.Errorf("Changes = %+v, want r1 gone and without a body", got)
	}
	back := f.put(note(ann, "r1", "back"))
	f.view(func(tx deltasync.Tx) {
		f.sameHead(tx, ann)
		if h, err := tx.ScopeHead(ann); err != nil || h.Latest != back || h.Sum.Count != 2 {
			f.Errorf("ScopeHead after r1 came back = %+v, %v", h, err)
		}
	})
}

func testScopesApart(f *fixture) {
	// Names of which one begins another, so that a key that only joins its parts would mix them.
	scopes := []deltasync.Scope{deltasync.Directory, "team/1", "team/10", "team/1/", ann, ann + "0", bob}
	for i, s := range scopes {
		for j := range 3 {
			f.put(note(s, deltasync.RecordID(fmt.Sprintf("r%d-%d", i, j)), "x"))
		}
	}
	f.view(func(tx deltasync.Tx) {
		for i, s := range scopes {
			if got, want := ids(f.changesIn(tx, s, 0)), fmt.Sprintf("[r%d-0 r%d-1 r%d-2]", i, i, i); got != want {
				f.Errorf("Changes(%q) = %s, want %s", s, got, want)
			}
			f.sameHead(tx, s)
		}
		if got := f.changesIn(tx, "team/", 0); len(got) != 0 {
			f.Errorf("Changes of an empty scope = %+v", got)
		}
	})
}

func testChanges(f *fixture) {
	var want []deltasync.Version
	f.update(func(tx deltasync.WriteTx) error {
		want = nil
		for i := range 300 {
			if i == 150 {
				if err := tx.NewEpoch(0, noon); err != nil {
					return err
				}
			}
			v, err := putNext(tx, note(ann, deltasync.RecordID(fmt.Sprintf("r%d", 1000-i)), "x"))
			if err != nil {
				return err
			}
			want = append(want, v)
			if _, err := putNext(tx, note(bob, deltasync.RecordID(fmt.Sprintf("other%d", i)), "x")); err != nil {
				return err
			}
		}
		return nil
	})
	f.view(func(tx deltasync.Tx) {
		for i, v := range want {
			for _, most := range []int{1, 4, 1000} {
				var got []deltasync.Version
				err := tx.Changes(ann, v-1, func(c deltasync.Change) bool {
					got = append(got, c.Version)
					return len(got) < most
				})
				if part := want[i:min(i+most, len(want))]; err != nil || !slices.Equal(got, part) {
					f.Errorf("Changes(%d) up to %d = %v, %v, want %v", v-1, most, got, err, part)
				}
			}
		}
		if got := f.changesIn(tx, ann, want[len(want)-1]); len(got) != 0 {
			f.Errorf("Changes after the last = %+v", got)
		}
	})
}
