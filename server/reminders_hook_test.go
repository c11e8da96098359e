package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"alongside/internal/push/pushtest"
)

const hookToken = "a-token-of-the-provider"

// texting are the settings that send texts by a provider.
func texting(provider *pushtest.Notify) *Reminders {
	s := (*Reminders)(nil).settings()
	s.Inbound = true
	return &Reminders{Settings: s, Notify: Notify{Key: pushtest.NotifyKey, Template: pushtest.NotifyTemplate, Endpoint: provider.URL, Token: hookToken}}
}

// until waits for something that goes on beside.
func (r *reminded) until(what string, is func() bool) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("waited a minute in vain for %s", what)
		}
	}
}

func (r *reminded) notify(token, body string) (*http.Response, string) {
	r.t.Helper()
	return r.request("POST", "/hooks/notify", token, body)
}

func textFrom(id, number, words string) string {
	b, _ := json.Marshal(map[string]string{"id": id, "source_number": number, "destination_number": "07700900999", "message": words, "date_received": "2026-11-26T09:00:00Z"})
	return string(b)
}

func TestTextAndReceiptOfTheProviderAreHeard(t *testing.T) {
	provider := pushtest.NewNotify(t)
	r := remind(t, Config{Reminders: texting(provider)})
	id := r.appointment("2026-11-28T09:00:00Z", "")
	r.until("the text", func() bool { return len(provider.Texts()) == 1 })
	text := provider.Texts()[0]
	if text.Number != "+447700900123" || !strings.Contains(text.Values.Words, "Reply 1 coming") || !strings.Contains(text.Values.Words, r.link) || strings.Contains(text.Values.Words, "Canary") {
		t.Errorf("the text to %s says %q", text.Number, text.Values.Words)
	}
	message := text.Reference
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
	for _, body := range []string{`{"id":"x","reference":null,"status":"delivered"}`, `{"id":"x","reference":"nothing","status":"delivered"}`, `{"id":"x","reference":"y","status":"of a later version"}`, textFrom("t2", "no number", "1")} {
		if res, _ := r.notify(hookToken, body); res.StatusCode != http.StatusNoContent {
			t.Errorf("%s: %s", body, res.Status)
		}
	}
	for _, body := range []string{"nonsense", "[]", strings.Repeat("x", 100_000)} {
		if res, _ := r.notify(hookToken, body); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%.20s: %s", body, res.Status)
		}
	}
	r.notify(hookToken, textFrom("t3", "447700900123", "stop"))
	if c := r.of("consent")[0]; c.text("withdrawn_on") == "" {
		t.Error("STOP by text is not heard")
	}
}

func TestForgedNoticesAreAnsweredAlikeAndChangeNothing(t *testing.T) {
	for name, c := range map[string]Config{"with a token": {Reminders: texting(pushtest.NewNotify(t))}, "without one": {}} {
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
