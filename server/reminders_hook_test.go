package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const hookToken = "a-token-of-the-provider"

func (r *reminded) notify(token, body string) (*http.Response, string) {
	r.t.Helper()
	return r.request("POST", "/hooks/notify", token, body)
}

func textFrom(id, number, words string) string {
	b, _ := json.Marshal(map[string]string{"id": id, "source_number": number, "destination_number": "07700900999", "message": words, "date_received": "2026-11-26T09:00:00Z"})
	return string(b)
}

func TestTextAndReceiptOfTheProviderAreHeard(t *testing.T) {
	out := make(lines, 100)
	r := remind(t, Config{Reminders: &Reminders{Print: out, Notify: Notify{Token: hookToken}}})
	id := r.appointment("2026-11-28T09:00:00Z", "")
	waitFor(t, "message", out)
	message := r.of("message")[0].ID
	for range 2 {
		if res, body := r.notify(hookToken, textFrom("t1", "447700900123", "3")); res.StatusCode != http.StatusNoContent {
			t.Fatalf("a text: %s %s", res.Status, body)
		}
	}
	if a := r.records()[id]; a.text("reply") != "come_with_me" || a.User != "person/"+r.person {
		t.Errorf("the appointment is %s by %s", a.Fields, a.User)
	}
	receipt := fmt.Sprintf(`{"id":"740e5834-3a29-46b4-9a6f-16142fde533a","reference":%q,"to":"07700900123","status":"delivered","notification_type":"sms"}`, message)
	if res, body := r.notify(hookToken, receipt); res.StatusCode != http.StatusNoContent {
		t.Fatalf("a receipt: %s %s", res.Status, body)
	}
	if m := r.records()[message]; m.text("status") != "delivered" || m.text("answered_at") == "" {
		t.Errorf("the message is %s", m.Fields)
	}
	for _, body := range []string{`{}`, `{"id":"x","reference":"nothing","status":"delivered"}`, `{"status":"of a later version"}`, textFrom("t2", "no number", "1")} {
		if res, _ := r.notify(hookToken, body); res.StatusCode != http.StatusNoContent {
			t.Errorf("%s: %s", body, res.Status)
		}
	}
	if res, _ := r.notify(hookToken, "nonsense"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("nonsense: %s", res.Status)
	}
	r.notify(hookToken, textFrom("t3", "447700900123", "stop"))
	if c := r.of("consent")[0]; c.text("withdrawn_on") == "" {
		t.Error("STOP by text is not heard")
	}
}

func TestForgedNoticesAreAnsweredAlikeAndChangeNothing(t *testing.T) {
	for name, c := range map[string]Config{"with a token": {Reminders: &Reminders{Notify: Notify{Token: hookToken}}}, "without one": {}} {
		r := remind(t, c)
		id := r.appointment("2026-12-01T10:00:00Z", "")
		before := fmt.Sprint(r.records()[id], r.of("consent"))
		met := map[string]int{}
		say := func(token, body string, headers ...string) {
			res, text := r.request("POST", "/hooks/notify", token, body, headers...)
			met[res.Status+" "+text]++
		}
		for _, body := range []string{textFrom("t1", "447700900123", "STOP"), "nonsense", strings.Repeat("x", 100_000)} {
			for _, token := range []string{"", "wrong", hookToken + "x", hookToken[1:]} {
				say(token, body)
			}
			say("", body, "Authorization", hookToken)
			say("", body, "Authorization", "Basic "+hookToken)
			say("", body, "Authorization", "Bearer ")
		}
		if len(met) != 1 {
			t.Errorf("%s: forged notices meet %v", name, met)
		}
		for one := range met {
			if !strings.HasPrefix(one, "401 ") {
				t.Errorf("%s: forged notices meet %s", name, one)
			}
		}
		for range 40 {
			say("guess", "{}")
		}
		if len(met) != 2 {
			t.Errorf("%s: guesses in bulk meet %v", name, met)
		}
		if after := fmt.Sprint(r.records()[id], r.of("consent")); after != before {
			t.Errorf("%s: a forged notice has changed\n%s\nto\n%s", name, before, after)
		}
	}
}
