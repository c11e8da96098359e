package mobileapi

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"alongside/internal/auth"
)

// seal is what a phone does with an entry that a forgotten PIN must not lose.
func (h *house) seal(client string, op any) map[string]any {
	h.t.Helper()
	return h.sealText(asJSON(map[string]any{"client": client, "op": op}))
}

func (h *house) sealText(text string) map[string]any {
	h.t.Helper()
	var key SealKey
	h.request("GET", "/v1/seal-key", "", "").want(http.StatusOK, "").decode(&key)
	if key.Algorithm != "ECDH-P256+HKDF-SHA256+A256GCM" {
		h.t.Errorf("alg is %q", key.Algorithm)
	}
	public, err := base64.RawURLEncoding.DecodeString(key.PublicKey)
	h.must(err)
	ephemeral, err := ecdh.P256().GenerateKey(rand.Reader)
	h.must(err)
	iv := make([]byte, 12)
	_, _ = rand.Read(iv)
	box, err := auth.Seal(auth.SealKey{ID: key.KID, Public: public}, ephemeral, iv, []byte(text))
	h.must(err)
	return map[string]any{"kid": key.KID, "sealed": base64.RawURLEncoding.EncodeToString(box)}
}

func (p *phone) handIn(entries ...any) []SealedResult {
	p.h.t.Helper()
	var reply SealedResponse
	p.post("/v1/sealed", map[string]any{"entries": entries}).want(http.StatusOK, "").decode(&reply)
	if len(reply.Results) != len(entries) {
		p.h.t.Fatalf("%d results for %d entries", len(reply.Results), len(entries))
	}
	for i, r := range reply.Results {
		if r.At != i {
			p.h.t.Errorf("result %d is of entry %d", i, r.At)
		}
	}
	return reply.Results
}

// waiting are what a coordinator has to settle, in the order of the log.
func (p *phone) waiting() []frame {
	p.h.t.Helper()
	fs := p.post("/v1/sync", p.body()).want(http.StatusOK, "").frames()
	fs = slices.DeleteFunc(fs, func(f frame) bool { return f.Frame != "record" || f.Kind != "held" })
	slices.SortFunc(fs, func(a, b frame) int { return strings.Compare(string(a.Fields["entry"]), string(b.Fields["entry"])) })
	return fs
}

func (f frame) text(field string) (s string) {
	_ = json.Unmarshal(f.Fields[field], &s)
	return s
}

func TestForgottenPINLosesNothing(t *testing.T) {
	h := open(t)
	amal := h.user("Amal", auth.Worker, north)
	old, desk := h.phone(amal), h.coordinator(north)
	scope := old.person("Morag")
	sent := old.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"})
	unsent := old.op(scope, "support", h.id(), map[string]any{"what": "visit", "at": "2026-11-22T09:10:00Z", "note": "said she would come"})
	old.push(sent)
	through := old.post("/v1/sync", map[string]any{"schema": 1, "last_n": old.n}).frames()
	entries := []any{h.seal(old.ClientID, unsent), h.seal(old.ClientID, sent)}

	anew := h.phone(amal)
	for _, when := range []string{"at first", "again"} {
		got := anew.handIn(entries...)
		if got[0].Status != "held" || got[0].Code != "sealed" || got[0].ID != unsent["id"] || got[0].Detail == "" {
			t.Errorf("%s, what was not sent came to %+v", when, got[0])
		}
		if got[1].Status != "applied" || got[1].Code != "" || got[1].ID != sent["id"] {
			t.Errorf("%s, what had been sent came to %+v", when, got[1])
		}
	}
	held := desk.waiting()
	if len(held) != 1 {
		t.Fatalf("the coordinator has %d to settle, want 1", len(held))
	}
	var inner map[string]any
	_ = json.Unmarshal(held[0].Fields["op"], &inner)
	if held[0].text("client") != old.ClientID || held[0].text("user") != amal.ID || held[0].text("reason") != "sealed" || inner["id"] != unsent["id"] {
		t.Errorf("the coordinator sees %s", asJSON(held[0].Fields))
	}
	settle := desk.op(held[0].Scope, "held", held[0].ID, map[string]any{"settled": "accepted"})
	settle["base"] = held[0].Version
	desk.push(settle)
	fs := anew.post("/v1/sync", anew.body()).want(http.StatusOK, "").frames()
	if !slices.ContainsFunc(fs, func(f frame) bool { return f.ID == unsent["record"] && f.text("note") == "said she would come" }) {
		t.Error("what was let in does not reach its author")
	}
	after := old.post("/v1/sync", map[string]any{"schema": 1, "last_n": old.n}).want(http.StatusOK, "").frames()
	if got, want := after[len(after)-1].Through, through[len(through)-1].Through; got != want {
		t.Errorf("the former client is at %d, and was at %d", got, want)
	}
	if r := old.post("/v1/sync", old.body(unsent)).want(http.StatusOK, "").frames()[0].Results[0]; r.Status != "held" || r.Code != "sealed" {
		t.Errorf("sent after all, it came to %+v, want the stored result", r)
	}
}

func TestWhatSomebodyElseHandsInIsHeldUnderTheirName(t *testing.T) {
	h := open(t)
	amal, bea := h.user("Amal", auth.Worker, north), h.user("Bea", auth.Worker, north)
	lost, finder, desk := h.phone(amal), h.phone(bea), h.coordinator(north)
	scope := lost.person("Morag")
	op := func() map[string]any {
		return lost.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"})
	}
	for _, r := range finder.handIn(h.seal(lost.ClientID, op()), h.seal("0192f0c1-0000-7b3c-8d1e-ffffffffffff", op())) {
		if r.Status != "held" || r.Code != "sealed_by_another" {
			t.Errorf("it came to %+v", r)
		}
	}
	for _, f := range desk.waiting() {
		if f.text("client") != finder.ClientID || f.text("user") != bea.ID || !strings.Contains(f.text("detail"), "Nothing proves whose it is") {
			t.Errorf("the coordinator sees %s", asJSON(f.Fields))
		}
	}
}

func TestEntryThatCannotBeTakenStopsNoOther(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag")
	op := p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"})
	good := h.seal(p.ClientID, op)
	other, broken := map[string]any{"kid": "another", "sealed": good["sealed"]}, map[string]any{"kid": good["kid"], "sealed": good["sealed"].(string)[4:]}
	got := p.handIn(map[string]any{}, map[string]any{"kid": 7, "sealed": []int{}}, map[string]any{"kid": good["kid"], "sealed": "not base64url!"},
		other, broken, h.sealText("no JSON"), h.sealText("\xff{}"), h.seal("no client", op), h.sealText(`{"client":"`+p.ClientID+`"}`),
		h.seal(p.ClientID, []int{}), h.seal(p.ClientID, map[string]any{"n": 1, "id": "x"}), good, good, nil, 7, []any{"x"})
	want := []string{"unknown_key", "bad_entry", "bad_entry", "unknown_key", "not_opened", "bad_entry", "bad_entry", "bad_entry", "bad_entry",
		"bad_op", "bad_id", "sealed", "sealed", "bad_entry", "bad_entry", "bad_entry"}
	for i, r := range got {
		if r.Code != want[i] || r.Detail == "" || (r.Status == "held") != (r.Code == "sealed") {
			t.Errorf("entry %d came to %+v, want %s", i, r, want[i])
		}
	}
	desk := h.coordinator(north)
	if n := len(desk.waiting()); n != 1 {
		t.Errorf("%d are held, want 1", n)
	}
}

func TestSealedHasTheLimitsOfSync(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	many := strings.Repeat("{},", 500) + "{}"
	p.post("/v1/sealed", `{"entries":[`+many+`]}`).want(http.StatusRequestEntityTooLarge, "too_many_ops")
	p.post("/v1/sealed", `{"entries":[{"kid":"`+strings.Repeat("x", 1<<20)+`"}]}`).want(http.StatusRequestEntityTooLarge, "too_large")
	a := p.post("/v1/sealed", `{"entries":[`+many[3:]+`]}`, "Accept-Encoding", "gzip").want(http.StatusOK, "")
	if a.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("a long answer is packed as %q", a.header.Get("Content-Encoding"))
	}
	big := p.op("person/"+h.id(), "support", h.id(), map[string]any{"note": strings.Repeat("x", 64<<10)})
	if r := p.handIn(h.seal(p.ClientID, big))[0]; r.Status != "rejected" || r.Code != "op_too_large" {
		t.Errorf("too large an op came to %+v", r)
	}
}
