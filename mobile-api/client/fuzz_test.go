package client_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"alongside/mobile-api/client"
)

func FuzzFrames(f *testing.F) {
	page := `{"frame":"page","cursor":"c","complete":true,"head":9,"epoch":"e","through":1,"safe":0,"server_time":"2026-11-22T09:15:00.000Z","total":{"count":1,"sum":"00000000000000ff"},"sums":{"a":{"count":1,"sum":"00000000000000ff"}}}` + "\n"
	ack := `{"frame":"ack","through":1,"results":[{"n":1,"id":"x","status":"applied","version":9}]}` + "\n"
	for _, s := range []string{
		"", "\n", "{}", ack, ack + page, page + ack, "null\n" + page, `[]` + page,
		scopeFrame("a", 1, "backfill") + recordFrame("a", 1, "x", 2, `,"more":{}`) + goneFrame("a", 1, "x", 3) + scopeFrame("a", 1, "done") + page,
		dropFrame("a", 1) + recordFrame("a", 1, "x", 2, "") + page,
		`{"frame":"record","scope":"a","gen":-1}` + page, `{"frame":"record","scope":"","id":""}` + "\n" + page,
		`{"frame":"page","cursor":"c","complete":true}`, "\x28\xb5\x2f\xfd", "<html>\n" + page,
	} {
		f.Add([]byte(s))
	}
	p, err := client.Open(f.TempDir(), client.Options{NoSync: true})
	if err != nil {
		f.Fatal(err)
	}
	defer p.Close()
	f.Fuzz(func(t *testing.T, body []byte) {
		results, raw, whole, err := client.ReadFrames(body)
		if whole != (err == nil) {
			t.Fatalf("whole %v with %v", whole, err)
		}
		if !whole && len(raw) > 0 {
			t.Fatal("a cut reply has frames")
		}
		for _, line := range raw {
			if !json.Valid(line) || bytes.ContainsRune(line, '\n') {
				t.Fatalf("a frame is %q", line)
			}
		}
		// What of a reply is believed when it is cut stays believed when more of it comes.
		if some, _, _, _ := client.ReadFrames(body[:len(body)/2]); len(some) > len(results) {
			t.Fatalf("half of it has %d results, all of it %d", len(some), len(results))
		}
		if !whole {
			return
		}
		if err := p.Land(body); err != nil {
			t.Fatal(err)
		}
		slots, named, err := p.Slots()
		if err != nil || slots != named {
			t.Fatalf("%d slots, of which %d are in use, %v", slots, named, err)
		}
	})
}
