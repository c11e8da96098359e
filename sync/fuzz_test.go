package deltasync_test

import (
	"context"
	"encoding/json"
	"testing"
	"unicode/utf8"

	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

// Whatever an op says, it gets a result or an envelope error, the store stays whole, and a second look is the same.
func FuzzAnyOpGetsOneResult(f *testing.F) {
	f.Add(`{"n":1,"id":"0192f000-0000-7000-8000-000000000001","at":"2026-03-01T10:00:00Z","scope":"person/0192f000-0000-7000-8000-000000000002","kind":"person","record":"0192f000-0000-7000-8000-000000000002","set":{"name":"Ben"}}`)
	f.Add(`{"n":1,"id":"0192f000-0000-7000-8000-000000000001","at":"2026-03-01T10:00:00+14:00","scope":"team/x","kind":"held","record":"","add":{"a":["\ud800"]},"delete":true}`)
	f.Add(`{"n":1,"id":1,"set":{"a":null,"b":[[[[]]]]},"remove":{"":[""]}}`)
	f.Add(`{"n":1e0}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, raw string) {
		if !json.Valid([]byte(raw)) || !utf8.ValidString(raw) {
			return // the envelope sees to that
		}
		w := newWorld()
		if err := w.AddUser("wanda", deltasync.Worker, "north"); err != nil {
			t.Fatal(err)
		}
		p := w.AddPhone("a", "wanda", 0)
		req := &deltasync.Request{Schema: 1, LastN: 1, Ops: []json.RawMessage{json.RawMessage(raw)}}
		var first, again discard
		if err := w.Engine.Exchange(context.Background(), p.Client, req, &first); err != nil {
			return
		}
		if len(first.results) != 1 || first.results[0].Status == "" {
			t.Fatalf("results: %+v", first.results)
		}
		if err := w.Engine.Exchange(context.Background(), p.Client, req, &again); err != nil || again.results[0] != first.results[0] {
			t.Fatalf("a repeat: %v, %+v, want %+v", err, again.results, first.results)
		}
		p.N = 1
		if err := p.Sync(context.Background(), storetest.Cut{}); err != nil {
			t.Fatalf("the phone after it: %v", err)
		}
	})
}

// A cursor from anybody but the server itself counts as empty.
func FuzzNoCursorIsTakenOnTrust(f *testing.F) {
	f.Add("")
	f.Add("AAAA")
	f.Add("I4f3OCwJYacV4qSptYuZeXsiZSI6IjR2b2dmNzl0ZHMiLCJmIjo0OTU2MTA3MjE0Njg0MjR9")
	f.Fuzz(func(t *testing.T, cursor string) {
		w := newWorld()
		if err := w.AddUser("wanda", deltasync.Worker, "north"); err != nil {
			t.Fatal(err)
		}
		p := w.AddPhone("a", "wanda", 0)
		p.Cursor = cursor
		if err := p.Sync(context.Background(), storetest.Cut{}); err != nil || p.Page.Reset != (cursor != "") {
			t.Fatalf("cursor %q: %v, reset %v", cursor, err, p.Page.Reset)
		}
	})
}
