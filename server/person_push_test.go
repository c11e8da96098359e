package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func subscriptionAt(host string, n int) string {
	return fmt.Sprintf(`{"endpoint":"https://%s/send/%d","expirationTime":null,"keys":{"p256dh":"BAqK%d","auth":"DGv6"}}`, host, n, n)
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
		ways[0].text("value") != `{"endpoint":"https://fcm.googleapis.com/send/1","keys":{"p256dh":"BAqK1","auth":"DGv6"}}` {
		t.Errorf("the ways are %v", ways)
	}
	for body, want := range map[string]int{"nonsense": 422, "{}": 422, subscriptionAt("127.0.0.1", 1): 422, subscriptionAt("fcm.googleapis.com.evil.example", 1): 422,
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
