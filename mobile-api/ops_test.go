package mobileapi

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	deltasync "alongside/sync"
)

func TestOpsAreTakenApartAsTheyWereSent(t *testing.T) {
	for text, want := range map[string][]string{
		`null`:                            nil,
		`[]`:                              nil,
		` [ ] `:                           nil,
		`[{}]`:                            {`{}`},
		`[ {"n":1} , {"n":[2,{"a":3}]} ]`: {`{"n":1}`, `{"n":[2,{"a":3}]}`},
		`[{"a":"],{\"}"},{"b":"\\"}]`:     {`{"a":"],{\"}"}`, `{"b":"\\"}`},
	} {
		var ops Ops
		if err := json.Unmarshal([]byte(text), &ops); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		var got []string
		for _, op := range ops {
			got = append(got, string(op))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s comes to %q, want %q", text, got, want)
		}
	}
}

func TestOpsStopWhereThereAreTooMany(t *testing.T) {
	list := func(n int) []byte { return []byte("[" + strings.TrimSuffix(strings.Repeat("{},", n), ",") + "]") }
	var ops Ops
	if err := json.Unmarshal(list(deltasync.MaxOps), &ops); err != nil || len(ops) != deltasync.MaxOps {
		t.Errorf("as many as there may be: %d, %v", len(ops), err)
	}
	if err := json.Unmarshal(list(300_000), &ops); !errors.Is(err, deltasync.ErrTooMany) || len(ops) > deltasync.MaxOps {
		t.Errorf("far too many: %d were taken apart, %v", len(ops), err)
	}
	for _, text := range []string{`{}`, `[1]`, `[null]`, `[{},[]]`, `"x"`, `[[{}]]`} {
		var refusal *Refusal
		if err := json.Unmarshal([]byte(text), &ops); !errors.As(err, &refusal) || refusal.Code != "malformed" {
			t.Errorf("%s: %v, want malformed", text, err)
		}
	}
}

func TestOneAddressHandsInOnlySoManyLastOpsAtATime(t *testing.T) {
	h := open(t)
	h.api.Limits.Last = 1
	h.api.lasts.Add(8) // all the others
	h.post("/v1/last", map[string]any{"refresh_token": "x"}).want(429, "rate_limited")
	h.api.lasts.Add(-8)
	h.post("/v1/last", map[string]any{"refresh_token": "x"}).want(401, "token_invalid")
}

func TestAUserTakesOnlySoManyNewClients(t *testing.T) {
	h := open(t)
	h.api.Limits.Forks = Rate{2, 0.001}
	p := h.worker(north)
	for range 2 {
		p.post("/v1/client", map[string]any{}).want(201, "")
	}
	p.post("/v1/client", map[string]any{}).want(429, "rate_limited")
}
