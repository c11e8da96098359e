package mobileapi

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

// The files below testdata/wire are what phones of released versions send and understand. They are added to, and never
// changed.

func wire(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "wire", "v1", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const morag = deltasync.Scope("person/0192f0c1-aaaa-7b3c-8d1e-5f60718293a4")

func TestSyncRequestsOfReleasedVersionsAreRead(t *testing.T) {
	for name, want := range map[string]deltasync.Request{
		"sync-first.request.json": {Schema: 1},
		"sync-nulls.request.json": {Schema: 1, LastN: 3},
		"sync-full.request.json": {Schema: 1, Cursor: "mOq3_0kY5V9yXw", LastN: 42, LostBelow: 41, SentAt: time.Date(2026, 11, 22, 9, 15, 0, 0, time.UTC),
			MaxBytes: 65536, Audit: true, Refetch: []deltasync.Scope{morag, deltasync.Directory}},
	} {
		body := wire(t, name)
		got, _, err := parseSync(body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, op := range got.Ops {
			if !bytes.Contains(body, op) {
				t.Errorf("%s: op %d is not as it was sent", name, i)
			}
			if _, err := deltasync.ParseOp(op); err != nil {
				t.Errorf("%s: op %d: %v", name, i, err)
			}
		}
		if name == "sync-full.request.json" && len(got.Ops) != 2 {
			t.Errorf("%s: %d ops, want 2", name, len(got.Ops))
		}
		got.Ops = nil
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s is read as %+v, want %+v", name, *got, want)
		}
		example(t, name, "SyncRequest", body)
	}
}

func TestOtherRequestsOfReleasedVersionsAreRead(t *testing.T) {
	var enrol EnrolRequest
	if err := parse(wire(t, "enrol.request.json"), &enrol); err != nil {
		t.Fatal(err)
	}
	if want := (EnrolRequest{"7QK2M-9XW4P-3TRHV", Device{"0192f0c1-8f3e-7a10-9c44-0a6f2b7d9e11", "Moto G5", "android"}}); enrol != want {
		t.Errorf("enrol is read as %+v, want %+v", enrol, want)
	}
	var token TokenRequest
	var last LastRequest
	for name, v := range map[string]any{"token.request.json": &token, "last.request.json": &last} {
		if err := parse(wire(t, name), v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(*token.RefreshToken) != 76 || *last.RefreshToken != *token.RefreshToken || len(last.Ops) != 1 {
		t.Errorf("token and last are read as %+v, %+v", token, last)
	}
	example(t, "enrol", "EnrolRequest", wire(t, "enrol.request.json"))
	example(t, "token", "TokenRequest", wire(t, "token.request.json"))
}

func TestResponsesAreWrittenAsReleasedVersionsReadThem(t *testing.T) {
	f := newFrames()
	defer f.release()
	f.Ack(42, []deltasync.Result{
		{N: 39, ID: "0192f0c1-0001-7b3c-8d1e-5f60718293a4", Status: deltasync.Applied, Version: 501979440906250},
		{N: 40, ID: "0192f0c1-0002-7b3c-8d1e-5f60718293a4", Status: deltasync.Conflict, Version: 501979440906251},
		{N: 41, ID: "0192f0c1-0003-7b3c-8d1e-5f60718293a4", Status: deltasync.Held, Code: "not_permitted",
			Detail: "This is not in your hands now. It is kept, and a coordinator decides."},
		{N: 42, Status: deltasync.Rejected, Code: "bad_id", Detail: "The entry has no id that is a UUID. Update the app."},
	})
	f.Drop("person/0192f0c1-2222-7b3c-8d1e-5f60718293a4", 501979440906200)
	f.Scope(morag, 501979440906241, deltasync.Backfill)
	f.Record(morag, 501979440906241, deltasync.Change{Kind: "person", ID: "0192f0c1-aaaa-7b3c-8d1e-5f60718293a4", Version: 501979440906251,
		Body: []byte(`"user":"0192f0c1-eeee-7b3c-8d1e-5f60718293a4","at":"2026-11-22T09:14:03.120Z","fields":{"name":"Mòrag \"Mo\"\n🌱"},` +
			`"conflicts":{"name":[{"value":"Morag","version":501979440906249,"user":"system/casework","at":"2026-11-22T09:10:00.000Z"}]}`)})
	f.Scope(morag, 501979440906241, deltasync.Done)
	f.Gone("team/0192f0c1-6666-7b3c-8d1e-5f60718293a4", 501979440906240,
		deltasync.Change{Kind: "member", ID: "0192f0c1-1111-7b3c-8d1e-5f60718293a4", Version: 501979440906245, Gone: true})
	sum := deltasync.Sum{Count: 2, Sum: 0x00c1f00d2a7b3e96}
	at := time.Date(2026, 11, 22, 9, 15, 0, 412_999_999, time.UTC)
	f.Page(deltasync.Page{Cursor: "mOq3_0kY5V9yXw", Complete: true, Reset: true, Head: 501979440906252, Epoch: "4xk2m0jhc1s", Through: 42, Safe: 38,
		Time: at, Total: sum, Sums: map[deltasync.Scope]deltasync.Sum{morag: sum, deltasync.Directory: {}}})
	wantWire(t, "sync.response.ndjson", f.b)
	if f.Size() != len(f.b) || f.records != 1 {
		t.Errorf("Size() = %d of %d bytes, with %d records", f.Size(), len(f.b), f.records)
	}

	more := newFrames()
	defer more.release()
	more.Ack(0, nil)
	more.Page(deltasync.Page{Cursor: "kZ0lqB7dP2s", Head: 501979440906252, Epoch: "4xk2m0jhc1s", Time: at.Truncate(time.Second), Total: sum})
	wantWire(t, "sync-more.response.ndjson", more.b)

	b, err := json.Marshal(tokens(auth.Tokens{
		Client: auth.Client{ID: "0192f0c1-5555-7b3c-8d1e-5f60718293a4"},
		User:   auth.User{ID: "0192f0c1-eeee-7b3c-8d1e-5f60718293a4", Name: "Amal", Role: auth.Worker, Team: "0192f0c1-6666-7b3c-8d1e-5f60718293a4"},
		Access: "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl", ExpiresIn: 600*time.Second - 1,
		Refresh: "AQGS8MGPPnoQnEQKbyt9nhEAAAAAAAAAAafUa0TnKn0cTLlIYNB7nIo4SfaOtuaXQVHiRYZbn_rt",
	}))
	if err != nil {
		t.Fatal(err)
	}
	wantWire(t, "tokens.response.json", append(b, '\n'))

	w := httptest.NewRecorder()
	Problem(&deltasync.GapError{}, echo.New().NewContext(httptest.NewRequest("POST", "/", nil), w))
	wantWire(t, "problem.response.json", w.Body.Bytes())
	wantWire(t, "live.response.txt", newEvent(501979440906252).bytes)
}

func wantWire(t *testing.T, name string, got []byte) {
	t.Helper()
	if want := wire(t, name); string(got) != string(want) {
		t.Errorf("%s is written as\n%swant\n%s", name, got, want)
	}
}

// example holds a file against a schema of the document.
func example(t *testing.T, name, schema string, b []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if err := fits(documented(t).Components.Schemas[schema], v); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func TestResponseFilesFitTheDocument(t *testing.T) {
	frame := documented(t).Components.Schemas["Frame"]
	for _, name := range []string{"sync.response.ndjson", "sync-more.response.ndjson"} {
		for line := range bytes.Lines(wire(t, name)) {
			example(t, name, "Frame", line)
			var v any
			_ = json.Unmarshal(bytes.Replace(line, []byte(`"frame":"`), []byte(`"frame":"un`), 1), &v)
			if fits(frame, v) == nil {
				t.Errorf("%s: a frame by another name fits too: %s", name, line)
			}
		}
	}
	example(t, "tokens", "Tokens", wire(t, "tokens.response.json"))
	example(t, "problem", "Problem", wire(t, "problem.response.json"))
}
