package mobileapi

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"alongside/internal/auth"
)

const subscription = `{"endpoint":"https://push.example/one","keys":{"p256dh":"BAqK","auth":"DGv6"}}`

func pushing(a *API) {
	a.PushHost = func(u *url.URL) bool { return u.Scheme == "https" && u.Host == "push.example" }
}

// targets are how the devices of a phone's user are woken.
func (p *phone) targets() []auth.Target {
	p.h.t.Helper()
	clients, err := p.h.auth.Reachable(p.h.t.Context(), []string{p.User.ID})
	p.h.must(err)
	var all []auth.Target
	for _, c := range clients {
		all = append(all, *c.Push)
	}
	return all
}

func TestTargetIsKeptReplacedAndTakenAway(t *testing.T) {
	h := open(t, pushing)
	p := h.worker(north)
	put := func(body string) { h.request("PUT", "/v1/push", p.AccessToken, body).want(http.StatusNoContent, "") }
	for _, test := range []struct {
		body string
		want auth.Target
	}{
		{`{"kind":"fcm","value":"one"}`, auth.Target{Kind: "fcm", Value: "one"}},
		{`{"kind":"fcm","value":"one"}`, auth.Target{Kind: "fcm", Value: "one"}},
		{`{"kind":"webpush","value":` + subscription + `}`, auth.Target{Kind: "webpush", Value: subscription}},
		{`{"kind":"webpush","value":` + quote(subscription) + `}`, auth.Target{Kind: "webpush", Value: subscription}},
		{`{"kind":"webpush","value":` + strings.Replace(subscription, "{", `{"expirationTime":null,`, 1) + `}`, auth.Target{Kind: "webpush", Value: subscription}},
	} {
		put(test.body)
		if got := p.targets(); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: targets are %v, want %v", test.body, got, test.want)
		}
	}
	for range 2 {
		h.request("DELETE", "/v1/push", p.AccessToken, "").want(http.StatusNoContent, "")
		if got := p.targets(); len(got) != 0 {
			t.Errorf("after DELETE targets are %v", got)
		}
	}
}

func TestTargetThatIsNoneIsRefused(t *testing.T) {
	h := open(t, pushing)
	p := h.worker(north)
	for body, code := range map[string]string{
		`{}`:                                 "bad_target",
		`{"kind":"letter","value":"x"}`:      "bad_target",
		`{"kind":"fcm"}`:                     "bad_target",
		`{"kind":"fcm","value":""}`:          "bad_target",
		`{"kind":"fcm","value":7}`:           "bad_target",
		`{"kind":"fcm","value":{"a":"b"}}`:   "bad_target",
		`{"kind":"webpush","value":"x"}`:     "bad_target",
		`{"kind":"webpush","value":null}`:    "bad_target",
		`{"kind":"webpush","value":{"a":1}}`: "bad_target",
		`{"kind":"fcm","value":"` + strings.Repeat("x", 5000) + `"}`:                                                         "bad_target",
		`{"kind":"webpush","value":` + strings.Replace(subscription, "push.example", "169.254.169.254", 1) + `}`:             "push_host_not_allowed",
		`{"kind":"webpush","value":` + strings.Replace(subscription, "push.example", "a@push.example", 1) + `}`:              "push_host_not_allowed",
		`{"kind":"webpush","value":` + strings.Replace(subscription, "https://push.example", "http://push.example", 1) + `}`: "push_host_not_allowed",
	} {
		h.request("PUT", "/v1/push", p.AccessToken, body).want(http.StatusUnprocessableEntity, code)
	}
	if got := p.targets(); len(got) != 0 {
		t.Errorf("targets are %v, want none", got)
	}
	h.request("PUT", "/v1/push", p.AccessToken, `[`).want(http.StatusBadRequest, "malformed")
}

func TestOnePhoneHasOneTarget(t *testing.T) {
	h := open(t)
	u := h.user("Ann", auth.Worker, north)
	before, after := h.phone(u), h.phone(u)
	for _, p := range []*phone{before, after} {
		h.request("PUT", "/v1/push", p.AccessToken, `{"kind":"fcm","value":"same"}`).want(http.StatusNoContent, "")
	}
	clients, err := h.auth.Reachable(t.Context(), []string{u.ID})
	h.must(err)
	if len(clients) != 1 || clients[0].ID != after.ClientID {
		t.Errorf("reachable are %v, want the one that was enrolled last", clients)
	}
	after.revoke()
	if got := after.targets(); len(got) != 0 {
		t.Errorf("a revoked device has the targets %v", got)
	}
}

func TestPushKeyIsAPointAndStays(t *testing.T) {
	h := open(t)
	var first, again PushKey
	h.request("GET", "/v1/push-key", "", "").want(http.StatusOK, "").decode(&first)
	h.request("GET", "/v1/push-key", "", "").want(http.StatusOK, "").decode(&again)
	point, err := base64.RawURLEncoding.DecodeString(first.PublicKey)
	if err != nil || len(point) != 65 || point[0] != 4 || first != again {
		t.Errorf("the key is %q, then %q: %v", first, again, err)
	}
	var other SealKey
	if h.request("GET", "/v1/seal-key", "", "").decode(&other); other.PublicKey == first.PublicKey {
		t.Error("one key serves for two things")
	}
}

func quote(s string) string { return asJSON([]string{s})[1 : len(asJSON([]string{s}))-1] }
