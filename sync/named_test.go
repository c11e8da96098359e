package deltasync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

// Each of these is a known fault of a peer.

// office is a world with a worker's phone that made one person, and a coordinator's desk.
func office(t *testing.T) (w *storetest.World, a, desk *storetest.Phone) {
	t.Helper()
	w = newWorld()
	play(t, w, "user wanda worker north", "user cora coordinator north", "phone a wanda", "phone desk cora", "person a ben name=Ben", "sync a")
	return w, w.Phones["a"], w.Phones["desk"]
}

func play(t *testing.T, w *storetest.World, lines ...string) string {
	t.Helper()
	var out strings.Builder
	for _, line := range lines {
		if err := w.Do(line, &out); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return out.String()
}

func TestTwoThousandRecordsWithOneTimeStampAllArriveAtEveryPageSize(t *testing.T) {
	w, a, _ := office(t)
	at := w.Clock
	a.Now = func() time.Time { return at }
	for i := range 2000 {
		w.Edit(a, "support", fmt.Sprintf("ben/%d", i), map[string]any{"set": map[string]any{"what": "call", "at": "2026-03-01T10:00:00Z"}})
	}
	for len(a.Out) > 0 {
		if _, err := a.Once(context.Background(), storetest.Cut{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, size := range []int{1, deltasync.MinPage, 100_000, deltasync.MaxPage, 1 << 40} {
		p := w.AddPhone(fmt.Sprint("fresh ", i), "cora", 0)
		p.MaxBytes, p.Audit = size, true
		if err := p.Sync(context.Background(), storetest.Cut{}); err != nil {
			t.Fatalf("pages of %d bytes: %v", size, err)
		}
		if got := len(p.Scopes[w.Scope("ben")]); got != 2002 {
			t.Errorf("pages of %d bytes brought %d records in %d pages, want 2002", size, got, p.Pages)
		}
	}
}

func TestARecordThatMovesWhilePagesRunIsNotMissed(t *testing.T) {
	w, a, desk := office(t)
	for i := range 300 {
		play(t, w, fmt.Sprintf("edit a ben/%d support what=call at=2026-03-01T10:00:00Z note=%s", i, strings.Repeat("n", 100)))
	}
	play(t, w, "sync a")
	desk.MaxBytes, desk.Audit = deltasync.MinPage, true
	for i := 0; ; i++ {
		done, err := desk.Once(context.Background(), storetest.Cut{})
		if err != nil {
			t.Fatal(err)
		}
		if done {
			break
		}
		play(t, w, fmt.Sprintf("edit a ben/%d support note=moved-%d", i%300, i), "sync a")
	}
	play(t, w, "sync desk audit")
	if got, want := desk.Page.Total, a.Page.Total; got.Count != want.Count+0 {
		t.Errorf("the desk holds %d records, the phone %d", got.Count, want.Count)
	}
	for id, f := range a.Scopes[w.Scope("ben")] {
		if got := desk.Scopes[w.Scope("ben")][id]; string(got.Change.Body) != string(f.Change.Body) {
			t.Errorf("a record that moved is %s, want %s", got.Change.Body, f.Change.Body)
		}
	}
}

func TestAccessThatEndsBetweenPagesStopsTheNextPage(t *testing.T) {
	w, _, _ := office(t)
	for i := range 300 {
		play(t, w, fmt.Sprintf("edit a ben/%d support what=call at=2026-03-01T10:00:00Z note=%s", i, strings.Repeat("n", 100)))
	}
	play(t, w, "sync a", "user will worker north", "phone b will", "sync desk", "edit desk ben/cover assignment worker=will", "sync desk")
	b := w.Phones["b"]
	b.MaxBytes = deltasync.MinPage
	if done, err := b.Once(context.Background(), storetest.Cut{}); done || err != nil {
		t.Fatalf("the first page of many: done %v, %v", done, err)
	}
	play(t, w, "edit desk ben/cover assignment delete", "sync desk")
	b.Tap = func(f storetest.Frame) {
		if f.Kind == "record" && f.Scope == w.Scope("ben") {
			t.Errorf("a record of the person came after access had ended")
		}
	}
	if err := b.Sync(context.Background(), storetest.Cut{}); err != nil {
		t.Fatal(err)
	}
	if n := len(b.Scopes[w.Scope("ben")]); n != 0 {
		t.Errorf("the phone shows %d records of a person whom it lost", n)
	}
}

func TestACursorOfAnotherClientAndAForgedOneCountAsEmpty(t *testing.T) {
	w, a, desk := office(t)
	play(t, w, "sync desk")
	tries := []string{desk.Cursor, "x", a.Cursor[:len(a.Cursor)-1], a.Cursor + "A", strings.ToUpper(a.Cursor)}
	for i := range a.Cursor {
		c := byte('A')
		if a.Cursor[i] == c {
			c = 'B'
		}
		tries = append(tries, a.Cursor[:i]+string(c)+a.Cursor[i+1:])
	}
	for _, cursor := range tries {
		p := a.Copy()
		p.Cursor = cursor
		if err := p.Sync(context.Background(), storetest.Cut{}); err != nil || !p.Page.Reset {
			t.Errorf("cursor %q: %v, reset %v; want a reset", cursor, err, p.Page.Reset)
		}
	}
}

func TestTheEnvelopeSaysWhatIsWrongAndTakesNothing(t *testing.T) {
	w, a, _ := office(t)
	op := func(n int) json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"n":%d,"id":"%s","at":"2026-03-01T10:00:00Z","scope":"%s","kind":"support","record":"%s","base":0,"set":{"what":"call","at":"2026-03-01T10:00:00Z"}}`,
			n, w.ID(fmt.Sprint("envelope ", n)), w.Scope("ben"), w.ID(fmt.Sprint("ben/", n))))
	}
	many := make([]json.RawMessage, deltasync.MaxOps+1)
	for i := range many {
		many[i] = op(i + 2)
	}
	var gap *deltasync.GapError
	var behind *deltasync.BehindError
	var schema *deltasync.SchemaError
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	as := func(target any) func(error) bool { return func(err error) bool { return errors.As(err, target) } }
	for name, c := range map[string]struct {
		req  deltasync.Request
		want func(error) bool
	}{
		"schema":          {deltasync.Request{Schema: 2, LastN: 1}, as(&schema)},
		"too many":        {deltasync.Request{Schema: 1, LastN: 600, Ops: many}, is(deltasync.ErrTooMany)},
		"no number":       {deltasync.Request{Schema: 1, LastN: 2, Ops: []json.RawMessage{json.RawMessage(`{"id":"x"}`)}}, is(deltasync.ErrMalformed)},
		"number 0":        {deltasync.Request{Schema: 1, LastN: 2, Ops: []json.RawMessage{json.RawMessage(`{"n":0}`)}}, is(deltasync.ErrMalformed)},
		"number a text":   {deltasync.Request{Schema: 1, LastN: 2, Ops: []json.RawMessage{json.RawMessage(`{"n":"2"}`)}}, is(deltasync.ErrMalformed)},
		"number 2^53":     {deltasync.Request{Schema: 1, LastN: 2, Ops: []json.RawMessage{json.RawMessage(`{"n":9007199254740992}`)}}, is(deltasync.ErrMalformed)},
		"gap at once":     {deltasync.Request{Schema: 1, LastN: 9, Ops: []json.RawMessage{op(3)}}, as(&gap)},
		"gap in between":  {deltasync.Request{Schema: 1, LastN: 9, Ops: []json.RawMessage{op(2), op(4)}}, as(&gap)},
		"backwards":       {deltasync.Request{Schema: 1, LastN: 9, Ops: []json.RawMessage{op(3), op(2)}}, as(&gap)},
		"reused number":   {deltasync.Request{Schema: 1, LastN: 9, Ops: []json.RawMessage{op(1), op(2)}}, is(deltasync.ErrNumberReused)},
		"behind":          {deltasync.Request{Schema: 1, LastN: 0}, as(&behind)},
		"behind with ops": {deltasync.Request{Schema: 1, LastN: 0, Ops: nil, LostBelow: 1}, as(&behind)},
	} {
		head := headOf(t, w)
		err := w.Engine.Exchange(context.Background(), a.Client, &c.req, &discard{})
		if !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
		if got := headOf(t, w); got != head {
			t.Errorf("%s: something was written", name)
		}
	}
	for _, ops := range [][]json.RawMessage{{op(3)}, {op(2), op(4)}, {op(3), op(2)}, {op(1), op(3)}} {
		err := w.Engine.Exchange(context.Background(), a.Client, &deltasync.Request{Schema: 1, LastN: 9, Ops: ops}, &discard{})
		if !errors.As(err, &gap) || gap.Through != 1 {
			t.Errorf("%s: %v, through %d, want a gap after 1", ops, err, gap.Through)
		}
	}
}

func TestWhatACutOffDeviceStillHasIsAllHeldAndCanBeLetIn(t *testing.T) {
	w, a, _ := office(t)
	good := w.Edit(a, "support", "ben/late", map[string]any{"set": map[string]any{"what": "call", "at": "2026-03-01T10:00:00Z"}})
	bad := w.Edit(a, "support", "ben/bad", map[string]any{"set": map[string]any{"what": 5}})
	var ops []json.RawMessage
	for _, s := range a.Out {
		raw, _ := json.Marshal(s.Wire)
		ops = append(ops, raw)
	}
	for range 2 { // a lost reply is repeated
		var got discard
		if err := w.Engine.Last(context.Background(), a.Client, ops, &got); err != nil {
			t.Fatal(err)
		}
		if len(got.results) != 2 || got.results[0].Status != deltasync.Held || got.results[1].Status != deltasync.Held || got.through != bad {
			t.Fatalf("the last of a device: %+v, through %d", got.results, got.through)
		}
	}
	play(t, w, "sync desk", "settle desk 1 accepted", "settle desk 2 accepted")
	out := play(t, w, "sync desk", "show desk ben/late")
	if want := "desk 1 applied\ndesk 2 rejected settle_refused\nat=2026-03-01T10:00:00Z\nwhat=call\n"; out != want {
		t.Errorf("letting %d in: %s", good, out)
	}
}

func TestOpsThatAPhoneNoLongerHasAreDeclaredAndShown(t *testing.T) {
	w, a, _ := office(t)
	play(t, w, "backup", "edit a ben/one support what=call at=2026-03-01T10:00:00Z", "sync a", "restore")
	a.Acked, a.N = nil, 5
	raw := json.RawMessage(fmt.Sprintf(`{"n":6,"id":"%s","at":"2026-03-01T10:00:00Z","scope":"%s","kind":"support","record":"%s","set":{"what":"call","at":"2026-03-01T10:00:00Z"}}`,
		w.ID("after"), w.Scope("ben"), w.ID("ben/after")))
	var got discard
	for range 2 {
		got = discard{}
		if err := w.Engine.Exchange(context.Background(), a.Client, &deltasync.Request{Schema: 1, LastN: 6, LostBelow: 6, Ops: []json.RawMessage{raw}}, &got); err != nil {
			t.Fatal(err)
		}
		if got.through != 6 || got.results[0].Status != deltasync.Applied {
			t.Errorf("after a loss was declared: %+v, through %d", got.results, got.through)
		}
	}
	if out := play(t, w, "sync desk", "kept desk"); out != "1 held lost_ops by wanda\n" {
		t.Errorf("the coordinator sees %q", out)
	}
	if out := play(t, w, "settle desk 1 set_aside", "sync desk", "kept desk"); out != "desk 1 applied\n1 held lost_ops by wanda, set_aside\n" {
		t.Errorf("the coordinator settles it: %q", out)
	}
	if err := w.Replayed(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPeopleWithSomethingSoonComeFirst(t *testing.T) {
	w, _, desk := office(t)
	w.Engine.Soon = func(kind string, body []byte) (time.Time, bool) {
		if kind != "appointment" {
			return time.Time{}, false
		}
		_, after, _ := strings.Cut(string(body), `"starts_at":"`)
		at, err := time.Parse(time.RFC3339, after[:20])
		return at, err == nil
	}
	for i, name := range []string{"zoe", "abe", "mo", "una"} {
		at := w.Clock.Add(time.Duration(10-i) * 24 * time.Hour).Format("2006-01-02T15:04:05Z")
		play(t, w, "person a "+name+" name="+name, "edit a "+name+"/visit appointment title=x status=planned starts_at="+at)
	}
	play(t, w, "sync a")
	var order []string
	desk.Tap = func(f storetest.Frame) {
		if f.Kind == "scope" && f.Mark == deltasync.Done && f.Scope.Family() == deltasync.PersonScope {
			order = append(order, w.Name(f.Scope.ID()))
		}
	}
	desk.MaxBytes = deltasync.MinPage
	play(t, w, "sync desk")
	if got := strings.Join(order, " "); got != "una mo abe zoe ben" {
		t.Errorf("people came in the order %s", got)
	}
}

func headOf(t *testing.T, w *storetest.World) (v deltasync.Version) {
	t.Helper()
	if err := w.Book.View(context.Background(), func(tx deltasync.Tx) error { v = tx.Head(); return nil }); err != nil {
		t.Fatal(err)
	}
	return v
}

// discard is a Sink that keeps the acknowledgement alone.
type discard struct {
	through uint64
	results []deltasync.Result
}

func (d *discard) Ack(through uint64, results []deltasync.Result) {
	d.through, d.results = through, results
}
func (*discard) Scope(deltasync.Scope, deltasync.Version, deltasync.Mark)    {}
func (*discard) Record(deltasync.Scope, deltasync.Version, deltasync.Change) {}
func (*discard) Gone(deltasync.Scope, deltasync.Version, deltasync.Change)   {}
func (*discard) Drop(deltasync.Scope, deltasync.Version)                     {}
func (*discard) Page(deltasync.Page)                                         {}
func (*discard) Size() int                                                   { return 0 }
