package deltasync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	deltasync "alongside/sync"
)

func TestSealedOpThatIsRejectedLeavesNothing(t *testing.T) {
	w, a, desk := office(t)
	play(t, w, "sync desk")
	former := deltasync.ClientID(w.ID("former"))
	of := func(raw string) deltasync.SealedOp {
		return deltasync.SealedOp{Client: former, Author: a.Client.User, Raw: json.RawMessage(raw)}
	}
	op := func(n int, id, note string) string {
		return fmt.Sprintf(`{"n":%d,"id":%q,"at":"2026-03-02T08:00:00Z","scope":%q,"kind":"support","record":%q,"base":0,"set":{"note":%q}}`,
			n, id, w.Scope("ben"), w.Record("ben/talk"), note)
	}
	good, other := op(1, w.ID("good"), "first"), op(2, w.ID("good"), "another under its id")
	ops := []deltasync.SealedOp{
		of(`{"id":"x"}`), of(`[]`), of(`not JSON`), of(op(2, "no UUID", "")), of(op(3, w.ID("large"), strings.Repeat("x", deltasync.MaxOp))), of(good), of(other),
	}
	head := func() (v deltasync.Version) {
		_ = w.Book.View(context.Background(), func(tx deltasync.Tx) error { v = tx.Head(); return nil })
		return v
	}
	before := head()
	results, err := w.Engine.Sealed(t.Context(), a.Client, ops)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"bad_op", "bad_op", "bad_op", "bad_id", "op_too_large", "sealed", "op_id_reused"}
	for i, r := range results {
		if r.Code != want[i] || (r.Status == deltasync.Rejected) != (r.Code != "sealed") || r.Detail == "" {
			t.Errorf("%.80s: %+v, want %s", ops[i].Raw, r, want[i])
		}
	}
	if got := head() - before; got != 1 {
		t.Errorf("the log has %d entries more, want that of the one that is held", got)
	}
	if out := play(t, w, "sync desk", "kept desk"); out != "1 held sealed by wanda\n" || desk.N != 0 {
		t.Errorf("the desk has to settle\n%s", out)
	}
	if _, err := w.Engine.Sealed(t.Context(), a.Client, make([]deltasync.SealedOp, deltasync.MaxOps+1)); !errors.Is(err, deltasync.ErrTooMany) {
		t.Errorf("more than there may be: %v, want ErrTooMany", err)
	}
}

func TestSealedOpsAreSettledInTheOrderInWhichTheyWereWritten(t *testing.T) {
	w, a, _ := office(t)
	var ops []deltasync.SealedOp
	for n := 5; n > 0; n-- {
		ops = append(ops, deltasync.SealedOp{Client: deltasync.ClientID(w.ID("former")), Author: a.Client.User,
			Raw: json.RawMessage(fmt.Sprintf(`{"n":%d,"id":%q,"at":"2026-03-02T08:00:00Z","scope":%q,"kind":"support","record":%q,"base":0,"set":{"what":"call","at":"2026-03-02T08:00:00Z","minutes":%d}}`,
				n, w.ID(fmt.Sprint("sealed ", n)), w.Scope("ben"), w.Record("ben/talk"), n))})
	}
	results, err := w.Engine.Sealed(t.Context(), a.Client, ops)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.N != uint64(5-i) || r.Status != deltasync.Held {
			t.Errorf("result %d is %+v", i, r)
		}
	}
	out := play(t, w, "sync desk", "settle desk 2 accepted", "settle desk 1 accepted", "settle desk 2 accepted", "settle desk 3 accepted", "sync desk", "show desk ben/talk")
	if !strings.Contains(out, "desk 1 rejected settle_earlier\n") || !strings.Contains(out, "minutes=3\n") || strings.Contains(out, "|") {
		t.Errorf("it came to\n%s", out)
	}
}

// What another user hands in goes by no number of the client that it says to be of: else it could stand before all that this
// client will write.
func TestSealedOpOfSomebodyElseTakesNoPlaceAmongAClientsOwn(t *testing.T) {
	w, a, _ := office(t)
	play(t, w, "user will worker north", "phone b will",
		"edit a ben/visit appointment title=Clinic starts_at=2026-03-03T10:00:00Z status=planned", "sync a")
	forged := json.RawMessage(fmt.Sprintf(`{"n":%d,"id":%q,"at":"2026-03-02T08:00:00Z","scope":%q,"kind":"appointment","record":%q,"base":%d,"set":{"place":"Elsewhere"}}`,
		deltasync.MaxInteger, w.ID("forged"), w.Scope("ben"), w.Record("ben/visit"), deltasync.MaxInteger))
	results, err := w.Engine.Sealed(t.Context(), w.Phones["b"].Client, []deltasync.SealedOp{{Client: a.Client.ID, Author: a.Client.User, Raw: forged}})
	if err != nil || results[0].Code != "sealed_by_another" {
		t.Fatalf("%+v, %v", results, err)
	}
	play(t, w, "sync desk", "settle desk 1 accepted", "sync desk", "sync a", "edit a ben/visit appointment place=Here", "sync a", "sync a")
	if out := play(t, w, "show a ben/visit"); !strings.Contains(out, "place=Here\n") {
		t.Errorf("what the client wrote afterwards does not stand:\n%s", out)
	}
}

func TestSealedOpKeepsItsWordsWhateverIsWrongWithIt(t *testing.T) {
	w, a, desk := office(t)
	raw := fmt.Sprintf(`{"n":1,"id":%q,"at":"yesterday","scope":"nowhere","kind":"support","record":"x","base":0,"set":{"note":"said <b>this</b>"}}`, w.ID("faulty"))
	results, err := w.Engine.Sealed(t.Context(), a.Client, []deltasync.SealedOp{{Client: deltasync.ClientID(w.ID("former")), Author: a.Client.User, Raw: json.RawMessage(raw)}})
	if err != nil || results[0].Status != deltasync.Held {
		t.Fatalf("%+v, %v", results, err)
	}
	play(t, w, "sync desk")
	var shown []string
	for _, f := range desk.Scopes[deltasync.CoordinationOf(desk.Client.Team)] {
		var text, client string
		_ = json.Unmarshal(f.Fields["op"], &text)
		_ = json.Unmarshal(f.Fields["client"], &client)
		shown = append(shown, text, client)
	}
	if want := []string{raw, w.ID("former")}; !slices.Equal(shown, want) {
		t.Errorf("the coordinator sees %q, want %q", shown, want)
	}
	if err := w.Replayed(t.Context()); err != nil {
		t.Error(err)
	}
}
