package fcm_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alongside/internal/push"
	"alongside/internal/push/fcm"
	"alongside/internal/push/pushtest"
)

func sender(t testing.TB, endpoint string) *fcm.Sender {
	t.Helper()
	s, err := fcm.New(t.Context(), fcm.Config{Project: pushtest.FCMProject, Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wake(id string) push.Message {
	return push.Message{ID: id, To: push.Target{Kind: push.FCM, Value: "a-token-of-a-phone"}, Words: "Canary", Link: "https://canary.example", Collapse: "c1",
		Until: time.Now().Add(time.Hour)}
}

func TestAPhoneIsWokenWithAnIDAndNothingElse(t *testing.T) {
	f := pushtest.NewFCM(t)
	quiet, loud := wake("m1"), wake("m2")
	loud.Alert = true
	for _, m := range []push.Message{quiet, loud} {
		if o := sender(t, f.URL).Send(t.Context(), []push.Message{m})[0]; o != (push.Outcome{Status: push.Sent}) {
			t.Fatalf("it came to %+v", o)
		}
	}
	got := f.Got()
	if len(got) != 2 || got[0].Token != "a-token-of-a-phone" || got[0].Data["id"] != "m1" || got[0].Data["alert"] != "0" || got[1].Data["alert"] != "1" {
		t.Fatalf("FCM took %+v", got)
	}
	if got[0].Notification != nil || got[0].Android.Priority != "normal" || got[0].Android.CollapseKey != "c1" {
		t.Errorf("a wake-up shows something: %s", got[0].Raw)
	}
	if n := got[1].Notification; n == nil || n.Title != "Alongside" || n.Body != "Something has changed" || got[1].Android.Priority != "high" {
		t.Errorf("an alert is %s", got[1].Raw)
	}
	for _, m := range got {
		if strings.Contains(strings.ToLower(m.Raw), "canary") {
			t.Errorf("words or a link went through FCM: %s", m.Raw)
		}
	}
}

func TestEachBadDayOfFCMIsSortedAfterOneTry(t *testing.T) {
	day := 5 * time.Minute
	for name, c := range map[string]struct {
		mood pushtest.Mood
		want push.Outcome
	}{
		"unregistered":        {pushtest.Mood{Status: 404, Body: pushtest.FCMError(404, "UNREGISTERED")}, push.Outcome{Status: push.Gone, Why: "unregistered"}},
		"of another project":  {pushtest.Mood{Status: 403, Body: pushtest.FCMError(403, "SENDER_ID_MISMATCH")}, push.Outcome{Status: push.Gone, Why: "unregistered"}},
		"404":                 {pushtest.Mood{Status: 404}, push.Outcome{Status: push.Later, After: day, Why: "project"}},
		"400":                 {pushtest.Mood{Status: 400}, push.Outcome{Status: push.Refused, Why: "invalid"}},
		"400 with its code":   {pushtest.Mood{Status: 400, Body: pushtest.FCMError(400, "INVALID_ARGUMENT")}, push.Outcome{Status: push.Refused, Why: "invalid"}},
		"401":                 {pushtest.Mood{Status: 401}, push.Outcome{Status: push.Later, After: day, Why: "credentials"}},
		"401 of the browser":  {pushtest.Mood{Status: 401, Body: pushtest.FCMError(401, "THIRD_PARTY_AUTH_ERROR")}, push.Outcome{Status: push.Later, After: day, Why: "credentials"}},
		"403":                 {pushtest.Mood{Status: 403}, push.Outcome{Status: push.Later, After: day, Why: "credentials"}},
		"the phone's quota":   {pushtest.Mood{Status: 429, Body: pushtest.FCMError(429, "QUOTA_EXCEEDED")}, push.Outcome{Status: push.Later, After: time.Minute, Why: "quota"}},
		"the project's quota": {pushtest.Mood{Status: 429, RetryAfter: "150"}, push.Outcome{Status: push.Later, After: 150 * time.Second, Why: "quota"}},
		"429 without a form":  {pushtest.Mood{Status: 429, Body: "<html>"}, push.Outcome{Status: push.Later, After: time.Minute, Why: "quota"}},
		"500":                 {pushtest.Mood{Status: 500}, push.Outcome{Status: push.Later, Why: "busy"}},
		"503":                 {pushtest.Mood{Status: 503}, push.Outcome{Status: push.Later, Why: "busy"}},
		"503 for a while":     {pushtest.Mood{Status: 503, RetryAfter: "3600"}, push.Outcome{Status: push.Later, After: time.Hour, Why: "busy"}},
		"nonsense":            {pushtest.Mood{Status: 200, Body: "ok"}, push.Outcome{Status: push.Unknown, Why: "nonsense"}},
		"an empty answer":     {pushtest.Mood{Status: 200, Body: "{}"}, push.Outcome{Status: push.Unknown, Why: "nonsense"}},
		"no reply":            {pushtest.Mood{Hangs: true}, push.Outcome{Status: push.Unknown, Why: "no_answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := pushtest.NewFCM(t)
			f.Be(c.mood)
			if o := sender(t, f.URL).Send(t.Context(), []push.Message{wake("m1")})[0]; o != c.want {
				t.Errorf("it came to %+v, want %+v", o, c.want)
			}
			if f.Tried() != 1 {
				t.Errorf("it was tried %d times, want once: the planner tries again", f.Tried())
			}
		})
	}
	if o := sender(t, pushtest.Nowhere(t)).Send(t.Context(), []push.Message{wake("m1")})[0]; o != (push.Outcome{Status: push.Later, Why: "unreachable"}) {
		t.Errorf("of one that is down: %+v", o)
	}
}

func TestAMessageThatIsLateOrToNobodyAsksNobody(t *testing.T) {
	f := pushtest.NewFCM(t)
	late, empty := wake("m1"), wake("m2")
	late.Until, empty.To.Value = time.Now().Add(-time.Second), ""
	got := sender(t, f.URL).Send(t.Context(), []push.Message{late, empty})
	if got[0] != (push.Outcome{Status: push.Refused, Why: "late"}) || got[1] != (push.Outcome{Status: push.Refused, Why: "invalid"}) {
		t.Errorf("they came to %+v", got)
	}
	if f.Tried() != 0 {
		t.Errorf("FCM was asked %d times", f.Tried())
	}
}

func TestASilentHostHoldsNobodyWhenTheServerEnds(t *testing.T) {
	f := pushtest.NewFCM(t)
	f.Be(pushtest.Mood{Silent: true})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for f.Tried() == 0 {
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	if o := sender(t, f.URL).Send(ctx, []push.Message{wake("m1")})[0]; o != (push.Outcome{Status: push.Unknown, Why: "no_answer"}) {
		t.Errorf("it came to %+v", o)
	}
}

func TestSettingsThatCannotBeUsedAreSaidWithoutThem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "canary.json")
	for _, c := range []fcm.Config{{Project: "p", Credentials: file}, {Project: "p", Endpoint: "canary"}} {
		if _, err := fcm.New(t.Context(), c); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("New(%+v): %v", c, err)
		}
	}
	if err := os.WriteFile(file, []byte(`{"type":"canary"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := fcm.New(t.Context(), fcm.Config{Project: "p", Credentials: file}); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("a file of another kind: %v", err)
	}
}

// BenchmarkSend prints how many messages a minute go out through an FCM that answers in 200 ms.
func BenchmarkSend(b *testing.B) {
	pushtest.Rate(b, func(url string) (push.Sender, push.Message) { return sender(b, url), wake("m") }, 200, `{"name":"projects/p/messages/1"}`)
}
