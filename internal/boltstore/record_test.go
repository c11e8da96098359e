package boltstore

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	deltasync "alongside/sync"

	"pgregory.net/rapid"
)

var (
	someUUID = rapid.SampledFrom([]string{
		"0192f0c1-2345-7abc-8def-0123456789ab", "0192f0c1-2345-7abc-8def-0123456789ac", "0192F0C1-2345-7ABC-8DEF-0123456789AB",
		"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
	})
	someText = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a\"b\\c", "\n\t\r\x00\x1f\x7f", "Brèagha 🌧", "\u2028", "</script>"}))
	someID   = rapid.OneOf(someUUID, someText)
	someUser = rapid.OneOf(someID, rapid.Map(someUUID, func(s string) string { return "person/" + s }), rapid.Just("system/sync"))
	someTime = rapid.Custom(func(t *rapid.T) time.Time {
		switch rapid.IntRange(0, 3).Draw(t, "precision") {
		case 0:
			return time.Time{}
		case 1:
			return noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "hours")) * time.Hour)
		case 2:
			return time.UnixMilli(rapid.Int64Range(-1e15, 1e15).Draw(t, "ms")).UTC()
		}
		return time.Unix(rapid.Int64Range(-1e12, 1e12).Draw(t, "s"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns")).UTC()
	})
	someValue = rapid.Custom(func(t *rapid.T) json.RawMessage {
		return json.RawMessage(rapid.OneOf(
			rapid.Map(someText, func(s string) string { return string(deltasync.AppendString(nil, s)) }),
			rapid.SampledFrom([]string{"1", "-2.5e3", "true", "null", "[]", "{}", `["a","b"]`, ` {"x": [1, {"y":"}"}], "z":"\\\""} `, "[ ]", `"\ud83c\udf27"`}),
		).Draw(t, "value"))
	})
	someName = rapid.OneOf(rapid.SampledFrom([]string{"title", "starts_at", "ends_at", "status", "needs", "note", "ü"}), someText)
)

func someOrigin(t *rapid.T, pool []deltasync.Origin) deltasync.Origin {
	return rapid.SampledFrom(pool).Draw(t, "origin")
}

var someRecord = rapid.Custom(func(t *rapid.T) *deltasync.Record {
	r := &deltasync.Record{
		Scope: deltasync.Scope(someUser.Draw(t, "scope")), Kind: someText.Draw(t, "kind"), ID: deltasync.RecordID(someID.Draw(t, "id")),
		Version: deltasync.Version(rapid.Uint64().Draw(t, "version")), Log: deltasync.Version(rapid.Uint64().Draw(t, "log")),
		Made: deltasync.UserID(someUser.Draw(t, "made")), User: deltasync.UserID(someUser.Draw(t, "user")),
		At: someTime.Draw(t, "at"), Gone: rapid.IntRange(0, 4).Draw(t, "gone") == 0,
	}
	pool := []deltasync.Origin{{Version: r.Version, Client: "c", N: 1, User: r.User, At: r.At}}
	for range rapid.IntRange(0, 3).Draw(t, "origins") {
		pool = append(pool, deltasync.Origin{
			Version: deltasync.Version(rapid.Uint64().Draw(t, "v")), Client: deltasync.ClientID(someUser.Draw(t, "client")),
			N: rapid.Uint64().Draw(t, "n"), User: deltasync.UserID(someUser.Draw(t, "who")), At: someTime.Draw(t, "when"),
		})
	}
	names := rapid.SliceOfNDistinct(someName, 0, 12, rapid.ID).Draw(t, "names")
	if len(names) > 1 && rapid.IntRange(0, 9).Draw(t, "overlap") == 0 { // a group that came to hold a field of its own
		names = append(names, names[0])
	}
	for len(names) > 0 {
		n := min(len(names), rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "fields"))
		fields := names[:n:n]
		names = names[n:]
		if n == 1 && rapid.IntRange(0, 4).Draw(t, "set") == 0 {
			s := deltasync.SetField{Name: fields[0]}
			texts := rapid.SliceOfNDistinct(someText, 1, 4, rapid.ID).Draw(t, "texts")
			for _, text := range texts {
				e := deltasync.Element{Text: text}
				for range rapid.SampledFrom([]int{1, 1, 1, 0, 2, 3}).Draw(t, "dots") {
					e.Dots = append(e.Dots, someOrigin(t, pool))
				}
				s.Elements = append(s.Elements, e)
			}
			r.Sets = append(r.Sets, s)
			continue
		}
		g := deltasync.Register{Fields: fields}
		for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "values") {
			v := deltasync.Value{Origin: someOrigin(t, pool)}
			parts := n + rapid.SampledFrom([]int{0, 0, 0, 0, -1, 1}).Draw(t, "more")
			if parts > 0 {
				v.Parts = make([]json.RawMessage, parts)
			}
			for i := range v.Parts {
				if rapid.IntRange(0, 3).Draw(t, "there") > 0 {
					v.Parts[i] = someValue.Draw(t, "part")
				}
			}
			g.Values = append(g.Values, v)
		}
		r.Registers = append(r.Registers, g)
	}
	slices.SortFunc(r.Registers, func(a, b deltasync.Register) int { return compare(a.Fields[0], b.Fields[0]) })
	slices.SortFunc(r.Sets, func(a, b deltasync.SetField) int { return compare(a.Name, b.Name) })
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "deletes") {
		r.Deletes = append(r.Deletes, someOrigin(t, pool))
	}
	return r
})

func compare(a, b string) int { return bytes.Compare([]byte(a), []byte(b)) }

func TestRecordComesBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := someRecord.Draw(t, "record")
		row, err := appendRecord(nil, r)
		if err != nil {
			t.Fatalf("appendRecord: %v", err)
		}
		got, err := readRecord(r.Scope, r.Version, row)
		if err != nil {
			t.Fatalf("readRecord: %v", err)
		}
		if !reflect.DeepEqual(got, r) {
			t.Fatalf("readRecord = %+v\nwant %+v", got, r)
		}
		head, err := splitRecord(row)
		if err != nil || textIn(head.kind) != r.Kind || textIn(head.id) != string(r.ID) || head.gone != r.Gone || !bytes.Equal(head.wire, r.AppendBody(nil)) {
			t.Fatalf("splitRecord = %+v, %v", head, err)
		}
	})
}

func TestRowsOfAnyBytesDoNotPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row, err := appendRecord(nil, someRecord.Draw(t, "record"))
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(t, "faults") {
			row[rapid.IntRange(0, len(row)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		row = row[:rapid.IntRange(0, len(row)).Draw(t, "length")]
		_, _ = readRecord("directory", 1, row)
		_, _ = readEntry(1, row)
		_, _, _ = readRun(make([]byte, 12), row)
		_, _ = readGrant(row, row)
		_, _ = readHeld(row, row)
		_, _ = readCounter(row)
	})
}

var someEntry = rapid.Custom(func(t *rapid.T) deltasync.Entry {
	e := deltasync.Entry{At: someTime.Draw(t, "at"), Version: deltasync.Version(rapid.Uint64().Draw(t, "version")),
		Type: deltasync.EntryType(rapid.OneOf(someText, rapid.SampledFrom(entryTypes)).Draw(t, "type"))}
	some := func(what string) bool { return rapid.Bool().Draw(t, what) }
	if some("op") {
		e.Op = &deltasync.OpEntry{
			Client: deltasync.ClientID(someUser.Draw(t, "client")), User: deltasync.UserID(someUser.Draw(t, "user")),
			N: rapid.Uint64().Draw(t, "n"), ID: deltasync.OpID(someID.Draw(t, "id")), Scope: deltasync.Scope(someUser.Draw(t, "scope")),
			Kind: someText.Draw(t, "kind"), Record: deltasync.RecordID(someID.Draw(t, "record")), At: someTime.Draw(t, "op at"),
			Status: deltasync.Status(rapid.OneOf(someText, rapid.SampledFrom(statuses)).Draw(t, "status")),
		}
		copy(e.Op.Digest[:], someText.Draw(t, "digest"))
		if some("more") {
			e.Op.Group, e.Op.Code, e.Op.Detail = someID.Draw(t, "group"), someText.Draw(t, "code"), someText.Draw(t, "detail")
			e.Op.Prev, e.Op.Settles = deltasync.Version(rapid.Uint64().Draw(t, "prev")), deltasync.Version(rapid.Uint64().Draw(t, "settles"))
			e.Op.As, e.Op.AcceptedBy = deltasync.Version(rapid.Uint64().Draw(t, "as")), deltasync.UserID(someUser.Draw(t, "by"))
		}
		if some("raw") {
			e.Op.Raw = []byte(someText.Draw(t, "raw text"))
		}
	}
	if some("grant") {
		e.Grant = &deltasync.Grant{Version: e.Version, Principal: deltasync.Principal("u:" + someID.Draw(t, "principal")),
			Scope: deltasync.Scope(someUser.Draw(t, "granted")), Gen: deltasync.Version(rapid.Uint64().Draw(t, "gen")), End: some("end")}
	}
	if some("fact") {
		e.Fact = someValue.Draw(t, "fact value")
	}
	return e
})

func TestEntryComesBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := someEntry.Draw(t, "entry")
		got, err := readEntry(e.Version, appendEntry(nil, &e))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, e) {
			t.Fatalf("readEntry = %+v\nwant %+v", got, e)
		}
	})
}
