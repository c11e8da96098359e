package server

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// lines is a writer that hands out whole lines.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func TestMessageSaysNothingAndItsLinkOpensThePage(t *testing.T) {
	out := make(lines, 100)
	r := remind(t, Config{Reminders: &Reminders{Print: out}})
	id := r.appointment("2026-11-28T09:00:00Z", "") // in two days: the longest lead
	said := waitFor(t, "message", out)
	link := regexp.MustCompile(`/r/[A-Za-z0-9_-]{22}`).FindString(said)
	if !strings.Contains(said, "You have something on Saturday 28 November at 09:00.") || link != r.link || strings.Contains(said, "Canary") {
		t.Errorf("the message is %q, the page is at %s", said, r.link)
	}
	if res, _ := r.get(link); res.StatusCode != http.StatusOK {
		t.Errorf("its link: %s", res.Status)
	}
	r.want(link+"/reply", url.Values{"appointment": {id}, "reply": {"coming"}, "id": {newID()}})
	var message shown
	for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if all := r.of("message"); len(all) == 1 && all[0].text("status") == "sent" && all[0].text("answered_at") != "" {
			message = all[0]
			break
		} else if time.Now().After(until) {
			t.Fatalf("the messages are %v", all)
		}
	}
	for name, raw := range message.Fields {
		if strings.Contains(string(raw), "something") || strings.Contains(string(raw), "Canary") {
			t.Errorf("the record of the message holds what was said: %s %s", name, raw)
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if log := r.log.String(); strings.Contains(log, link[3:]) || strings.Contains(log, "07700") || strings.Contains(log, "Canary") {
		t.Errorf("the log holds personal data:\n%s", log)
	}
}
