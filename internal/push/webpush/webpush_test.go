package webpush_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"alongside/internal/push"
	"alongside/internal/push/pushtest"
	"alongside/internal/push/webpush"
)

type key struct{ public, private string }

func newKey(t testing.TB) key {
	t.Helper()
	k, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString
	return key{text(k.PublicKey().Bytes()), text(k.Bytes())}
}

func sender(t testing.TB, k key, subject string, hosts ...string) *webpush.Sender {
	t.Helper()
	s, err := webpush.New(webpush.Config{Public: k.public, Private: k.private, Subject: subject, Allowed: webpush.Allowed(hosts)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func to(b *pushtest.Browser) push.Message {
	return push.Message{ID: "m1", To: push.Target{Kind: push.WebPush, Value: b.Subscription()}, Words: "Canary", Link: "https://canary.example/r/x",
		Collapse: "collapse-1", Alert: true, Until: time.Now().Add(time.Hour)}
}

func TestABrowserGetsTheIDAndNothingElse(t *testing.T) {
	k := newKey(t)
	for _, subject := range []string{"mailto:it@alongside.example", "https://alongside.example"} {
		b := pushtest.NewBrowser(t, k.public)
		m := to(b)
		if o := sender(t, k, subject, b.Host()).Send(t.Context(), []push.Message{m}); o[0] != (push.Outcome{Status: push.Sent}) {
			t.Fatalf("it came to %+v", o[0])
		}
		m.Alert = false
		sender(t, k, subject, b.Host()).Send(t.Context(), []push.Message{m})
		got := b.Got()
		if len(got) != 2 || got[0].Payload != `{"id":"m1","alert":true}` || got[1].Payload != `{"id":"m1","alert":false}` {
			t.Fatalf("the browser got %+v", got)
		}
		if got[0].Topic != "collapse-1" || got[0].Urgency != "high" || got[1].Urgency != "normal" || got[0].Server != subject {
			t.Errorf("the service got %+v", got)
		}
		if ttl, err := time.ParseDuration(got[0].TTL + "s"); err != nil || ttl > time.Hour || ttl < 59*time.Minute {
			t.Errorf("it is kept for %s (%v), want an hour", ttl, err)
		}
	}
}

func TestEachBadDayOfAPushServiceIsSorted(t *testing.T) {
	k := newKey(t)
	for name, c := range map[string]struct {
		mood pushtest.Mood
		want push.Outcome
	}{
		"404":               {pushtest.Mood{Status: 404}, push.Outcome{Status: push.Gone, Why: "unsubscribed"}},
		"410":               {pushtest.Mood{Status: 410, Body: "Canary"}, push.Outcome{Status: push.Gone, Why: "unsubscribed"}},
		"400":               {pushtest.Mood{Status: 400}, push.Outcome{Status: push.Refused, Why: "refused"}},
		"413":               {pushtest.Mood{Status: 413}, push.Outcome{Status: push.Refused, Why: "refused"}},
		"401":               {pushtest.Mood{Status: 401}, push.Outcome{Status: push.Refused, Why: "vapid"}},
		"403":               {pushtest.Mood{Status: 403}, push.Outcome{Status: push.Refused, Why: "vapid"}},
		"429":               {pushtest.Mood{Status: 429}, push.Outcome{Status: push.Later, Why: "busy"}},
		"429 with a time":   {pushtest.Mood{Status: 429, RetryAfter: "120"}, push.Outcome{Status: push.Later, After: 2 * time.Minute, Why: "busy"}},
		"429 for ever":      {pushtest.Mood{Status: 429, RetryAfter: "99999999"}, push.Outcome{Status: push.Later, After: 24 * time.Hour, Why: "busy"}},
		"500":               {pushtest.Mood{Status: 500}, push.Outcome{Status: push.Later, Why: "busy"}},
		"503 with nonsense": {pushtest.Mood{Status: 503, RetryAfter: "soon"}, push.Outcome{Status: push.Later, Why: "busy"}},
		"a redirect":        {pushtest.Mood{Status: 301}, push.Outcome{Status: push.Unknown, Why: "nonsense"}},
		"no reply":          {pushtest.Mood{Hangs: true}, push.Outcome{Status: push.Unknown, Why: "no_answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := pushtest.NewBrowser(t, "")
			b.Be(c.mood)
			if o := sender(t, k, "mailto:it@alongside.example", b.Host()).Send(t.Context(), []push.Message{to(b)})[0]; o != c.want {
				t.Errorf("it came to %+v, want %+v", o, c.want)
			}
		})
	}
	another := pushtest.NewBrowser(t, newKey(t).public)
	if o := sender(t, k, "mailto:it@alongside.example", another.Host()).Send(t.Context(), []push.Message{to(another)})[0]; o.Status != push.Refused || o.Why != "vapid" {
		t.Errorf("to a browser that subscribed to another key: %+v", o)
	}
}

func TestNobodyIsAskedWhoIsNotAllowed(t *testing.T) {
	k, b := newKey(t), pushtest.NewBrowser(t, "")
	m := to(b)
	if o := sender(t, k, "mailto:it@alongside.example").Send(t.Context(), []push.Message{m})[0]; o != (push.Outcome{Status: push.Refused, Why: "host"}) {
		t.Errorf("to a host that is not on the list: %+v", o)
	}
	late := m
	late.Until = time.Now().Add(-time.Second)
	if o := sender(t, k, "mailto:it@alongside.example", b.Host()).Send(t.Context(), []push.Message{late})[0]; o != (push.Outcome{Status: push.Refused, Why: "late"}) {
		t.Errorf("one that is late: %+v", o)
	}
	m.To.Value = `{"endpoint":"canary"}`
	if o := sender(t, k, "mailto:it@alongside.example", b.Host()).Send(t.Context(), []push.Message{m})[0]; o != (push.Outcome{Status: push.Gone, Why: "subscription"}) {
		t.Errorf("to no subscription: %+v", o)
	}
	if b.Tried() != 0 {
		t.Errorf("somebody was asked %d times", b.Tried())
	}
}

func TestHostsAreAllowedByName(t *testing.T) {
	known, own := webpush.Allowed(nil), webpush.Allowed([]string{"push.example.org", ".below.example", "127.0.0.1:9000", "localhost:9001", "10.0.0.1:80"})
	for address, want := range map[string][2]bool{
		"https://fcm.googleapis.com/fcm/send/x":                {true, false},
		"https://fcm.googleapis.com:443/fcm/send/x":            {true, false},
		"https://FCM.googleapis.com/x":                         {true, false},
		"https://updates.push.services.mozilla.com/wpush/v2/x": {true, false},
		"https://wns2-par02p.notify.windows.com/w/?token=x":    {true, false},
		"https://web.push.apple.com/x":                         {true, false},
		"http://fcm.googleapis.com/x":                          {false, false},
		"https://fcm.googleapis.com:8443/x":                    {false, false},
		"https://fcm.googleapis.com.evil.example/x":            {false, false},
		"https://evil-fcm.googleapis.com/x":                    {false, false},
		"https://fcm.googleapis.com@evil.example/x":            {false, false},
		"https://evil.example#fcm.googleapis.com":              {false, false},
		"https://notify.windows.com/x":                         {false, false},
		"https://.notify.windows.com/x":                        {false, false},
		"https://169.254.169.254/latest/meta-data":             {false, false},
		"https://[::1]/x":                                      {false, false},
		"https://localhost/x":                                  {false, false},
		"file:///etc/passwd":                                   {false, false},
		"https://push.example.org/x":                           {false, true},
		"https://a.b.below.example/x":                          {false, true},
		"https://below.example/x":                              {false, false},
		"http://127.0.0.1:9000/x":                              {false, true},
		"http://localhost:9001/x":                              {false, true},
		"http://127.0.0.1:9001/x":                              {false, false},
		"http://10.0.0.1:80/x":                                 {false, false},
		"http://user@127.0.0.1:9000/x":                         {false, false},
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{known(u), own(u)}; got != want {
			t.Errorf("%s: by the known and by own hosts %v, want %v", address, got, want)
		}
	}
}

func TestASubscriptionIsLookedAtBeforeItIsKept(t *testing.T) {
	b := pushtest.NewBrowser(t, "")
	allowed := webpush.Allowed([]string{b.Host()})
	good := b.Subscription()
	if err := webpush.Valid(good, allowed); err != nil {
		t.Errorf("a good one: %v", err)
	}
	for name, bad := range map[string]string{
		"no JSON": "x", "no endpoint": `{"keys":{}}`, "a number": `7`,
		"another host": strings.Replace(good, b.Host(), "evil.example", 1),
		"a short key":  strings.Replace(good, `"auth":"`, `"auth":"A`, 1),
		"too long":     good + strings.Repeat(" ", 4096),
	} {
		if err := webpush.Valid(bad, allowed); err == nil || strings.Contains(err.Error(), "evil") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkSend prints how many messages a minute go out through a service that answers in 200 ms.
func BenchmarkSend(b *testing.B) {
	browser := pushtest.NewBrowser(b, "")
	pushtest.Rate(b, func(at string) (push.Sender, push.Message) {
		m := to(browser)
		m.To.Value = strings.Replace(m.To.Value, browser.URL, at, 1)
		return sender(b, newKey(b), "mailto:it@alongside.example", strings.TrimPrefix(at, "http://")), m
	}, 201, "")
}
