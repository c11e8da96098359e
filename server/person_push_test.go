package server

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"alongside/internal/push/pushtest"
)

func subscriptionAt(host string, n int) string {
	point, secret := make([]byte, 65), make([]byte, 16)
	point[0], point[1], secret[0] = 4, byte(n), byte(n)
	text := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"endpoint":"https://%s/send/%d","expirationTime":null,"keys":{"p256dh":%q,"auth":%q}}`, host, n, text(point), text(secret))
}

func TestBrowserOfAPersonIsKeptAndLetGo(t *testing.T) {
	r := remind(t, Config{})
	send := func(body string) int {
		t.Helper()
		res, _ := r.request("POST", r.link+"/push", "", body, "Sec-Fetch-Site", "same-origin")
		return res.StatusCode
	}
	one := subscriptionAt("fcm.googleapis.com", 1)
	for range 2 {
		if got := send(one); got != http.StatusNoContent {
			t.Fatalf("%d, want 204", got)
		}
	}
	ways := r.of("way")
	if len(ways) != 1 || ways[0].text("kind") != "webpush" || ways[0].User != "person/"+r.person ||
		ways[0].text("value") != strings.Replace(one, `"expirationTime":null,`, "", 1) {
		t.Errorf("the ways are %v", ways)
	}
	for body, want := range map[string]int{"nonsense": 422, "{}": 422, strings.Replace(one, `"p256dh":"B`, `"p256dh":"`, 1): 422, subscriptionAt("127.0.0.1", 1): 422, subscriptionAt("fcm.googleapis.com.evil.example", 1): 422,
		`{"endpoint":"` + strings.Repeat("x", 40_000): 400} {
		if got := send(body); got != want {
			t.Errorf("%.60s: %d, want %d", body, got, want)
		}
	}
	off := strings.Replace(one, "{", `{"off":true,`, 1)
	for range 2 {
		if got := send(off); got != http.StatusNoContent || len(r.of("way")) != 0 {
			t.Errorf("letting go: %d, and %d ways stand", got, len(r.of("way")))
		}
	}
	if send(one) != http.StatusNoContent || len(r.of("way")) != 1 {
		t.Error("a browser that was let go does not come back")
	}
	for n := 2; n < 9; n++ {
		send(subscriptionAt("fcm.googleapis.com", n))
	}
	if n := len(r.of("way")); n != 5 {
		t.Errorf("%d browsers are kept, want 5", n)
	}
	r.page(true)
	if n := len(r.of("way")); n != 0 {
		t.Errorf("%d browsers of a page that was ended are kept", n)
	}
}

func TestBrowserOfAPersonIsReachedAndTheWorkersPhonesAreWoken(t *testing.T) {
	theirs, workers, phones := pushtest.NewBrowser(t, ""), pushtest.NewBrowser(t, ""), pushtest.NewFCM(t)
	r := remind(t, Config{Reminders: &Reminders{Web: WebPush{Subject: "mailto:it@office.example", Hosts: []string{theirs.Host(), workers.Host()}},
		FCM: FCM{Project: pushtest.FCMProject, Endpoint: phones.URL}}})
	if res, body := r.request("POST", r.link+"/push", "", theirs.Subscription()); res.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s", res.Status, body)
	}
	if res, body := r.request("PUT", "/v1/push", r.worker.Access, `{"kind":"webpush","value":`+workers.Subscription()+`}`); res.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s", res.Status, body)
	}
	if _, page := r.get(r.link); !strings.Contains(page, "Turn on notifications on this phone") || !strings.Contains(page, `data-key="B`) {
		t.Error("the page does not offer notifications")
	}
	id := r.appointment("2026-11-28T09:00:00Z", "")
	r.until("the person's browser to be reached", func() bool { return len(theirs.Got()) == 1 })
	r.want(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"come_with_me"}, "id": {newID()}})
	r.until("the worker's browser to be woken", func() bool { return strings.Contains(fmt.Sprint(workers.Got()), `"alert":true`) })
	if res, body := r.request("PUT", "/v1/push", r.worker.Access, `{"kind":"fcm","value":"a-token"}`); res.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s", res.Status, body)
	}
	r.want(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"cannot"}, "id": {newID()}})
	r.until("the worker's phone to be woken", func() bool { return len(phones.Got()) > 0 })
	for what, got := range map[string]string{"the browser's": fmt.Sprintf("%+v", append(theirs.Got(), workers.Got()...)), "the phone's": fmt.Sprintf("%+v", phones.Got())} {
		for _, not := range []string{"Canary", "Tam", "Town", "07700", r.person, id, r.link, "appointment"} {
			if strings.Contains(got, not) {
				t.Errorf("%s message holds %q: %s", what, not, got)
			}
		}
	}
}
