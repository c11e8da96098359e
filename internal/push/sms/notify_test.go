package sms_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"alongside/internal/push"
	"alongside/internal/push/pushtest"
	"alongside/internal/push/sms"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func sender(t testing.TB, endpoint string) *sms.Notify {
	t.Helper()
	n, err := sms.NewNotify(sms.NotifyConfig{Key: pushtest.NotifyKey, Template: pushtest.NotifyTemplate, Endpoint: endpoint,
		Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func text(id string) push.Message {
	return push.Message{ID: id, To: push.Target{Kind: push.SMS, Value: "07700 900123"}, Words: "You have something on. Canary", Until: noon.Add(time.Hour)}
}

func TestATextIsTakenOnceAndFoundByOurID(t *testing.T) {
	notify := pushtest.NewNotify(t)
	n := sender(t, notify.URL)
	for i, o := range n.Send(t.Context(), []push.Message{text("m1"), text("m2")}) {
		if o != (push.Outcome{Status: push.Sent}) {
			t.Errorf("message %d: %+v", i, o)
		}
	}
	texts := notify.Texts()
	if len(texts) != 2 || texts[0].Number != "+447700900123" || texts[0].Values.Words != "You have something on. Canary" {
		t.Fatalf("Notify took %+v", texts)
	}
	if o, found := n.Ask(t.Context(), "m1"); !found || o.Status != push.Sent {
		t.Errorf("asked after m1: %+v, %t", o, found)
	}
	if o, found := n.Ask(t.Context(), "m3"); found || o.Status == push.Later {
		t.Errorf("asked after what was never sent: %+v, %t", o, found)
	}
	for status, want := range map[string]push.Outcome{
		"permanent-failure": {Status: push.Gone, Why: "number"},
		"technical-failure": {Status: push.Refused, Why: "technical_failure"},
		"delivered":         {Status: push.Sent},
	} {
		notify.Say("m1", status)
		if o, found := n.Ask(t.Context(), "m1"); !found || o != want {
			t.Errorf("asked after one that is %s: %+v, %t, want %+v", status, o, found, want)
		}
	}
}

func TestEachBadDayOfNotifyIsSorted(t *testing.T) {
	for name, c := range map[string]struct {
		mood pushtest.Mood
		want push.Outcome
	}{
		"500":                 {pushtest.Mood{Status: 500}, push.Outcome{Status: push.Later, Why: "busy"}},
		"500 without a form":  {pushtest.Mood{Status: 502, Body: "<html>Canary</html>"}, push.Outcome{Status: push.Later, Why: "busy"}},
		"429":                 {pushtest.Mood{Status: 429}, push.Outcome{Status: push.Later, After: time.Minute, Why: "limit"}},
		"429 with a time":     {pushtest.Mood{Status: 429, RetryAfter: "90"}, push.Outcome{Status: push.Later, After: 90 * time.Second, Why: "limit"}},
		"429 with a date":     {pushtest.Mood{Status: 429, RetryAfter: "Tue, 10 Mar 2026 12:05:00 GMT"}, push.Outcome{Status: push.Later, After: 5 * time.Minute, Why: "limit"}},
		"429 without sense":   {pushtest.Mood{Status: 429, RetryAfter: "-7", Body: "no"}, push.Outcome{Status: push.Later, Why: "busy"}},
		"the day's limit":     {pushtest.Mood{Status: 429, Body: `{"errors":[{"error":"TooManyRequestsError","message":"Exceeded send limits (50) for today"}]}`}, push.Outcome{Status: push.Later, After: 12 * time.Hour, Why: "daily_limit"}},
		"401":                 {pushtest.Mood{Status: 401}, push.Outcome{Status: push.Later, After: 5 * time.Minute, Why: "key"}},
		"403":                 {pushtest.Mood{Status: 403}, push.Outcome{Status: push.Later, After: 5 * time.Minute, Why: "key"}},
		"404":                 {pushtest.Mood{Status: 404}, push.Outcome{Status: push.Later, After: 5 * time.Minute, Why: "key"}},
		"404 of another":      {pushtest.Mood{Status: 404, Body: "not here"}, push.Outcome{Status: push.Later, After: 5 * time.Minute, Why: "address"}},
		"a number it refuses": {pushtest.Mood{Status: 400}, push.Outcome{Status: push.Gone, Why: "number"}},
		"a trial account":     {pushtest.Mood{Status: 400, Body: `{"errors":[{"error":"BadRequestError","message":"Can’t send to this recipient when service is in trial mode"}]}`}, push.Outcome{Status: push.Later, After: 5 * time.Minute, Why: "trial"}},
		"another refusal":     {pushtest.Mood{Status: 400, Body: `{"errors":[{"error":"BadRequestError","message":"Canary"}]}`}, push.Outcome{Status: push.Refused, Why: "refused"}},
		"a template":          {pushtest.Mood{Status: 400, Body: `{"errors":[{"error":"BadRequestError","message":"Missing personalisation: name"}]}`}, push.Outcome{Status: push.Later, After: 5 * time.Minute, Why: "template"}},
		"nonsense":            {pushtest.Mood{Status: 200, Body: "ok"}, push.Outcome{Status: push.Unknown, Why: "nonsense"}},
		"created nonsense":    {pushtest.Mood{Status: 201, Body: "{"}, push.Outcome{Status: push.Unknown, Why: "nonsense"}},
		"a redirect":          {pushtest.Mood{Status: 302, Body: "x"}, push.Outcome{Status: push.Later, After: 5 * time.Minute, Why: "address"}},
		"no reply":            {pushtest.Mood{Hangs: true}, push.Outcome{Status: push.Unknown, Why: "no_answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			notify := pushtest.NewNotify(t)
			notify.Be(c.mood)
			o := sender(t, notify.URL).Send(t.Context(), []push.Message{text("m1")})[0]
			if o != c.want {
				t.Errorf("it came to %+v, want %+v", o, c.want)
			}
			if strings.Contains(o.Why, "Canary") || strings.Contains(o.Why, "900") {
				t.Errorf("the reason tells of somebody: %s", o.Why)
			}
		})
	}
	if o := sender(t, pushtest.Nowhere(t)).Send(t.Context(), []push.Message{text("m1")})[0]; o != (push.Outcome{Status: push.Later, Why: "unreachable"}) {
		t.Errorf("of one that is down: %+v", o)
	}
}

// A text whose reply was lost is not sent again: Notify is asked.
func TestAReplyThatWasLostIsAskedFor(t *testing.T) {
	notify := pushtest.NewNotify(t)
	n := sender(t, notify.URL)
	notify.LoseReplies(true)
	if o := n.Send(t.Context(), []push.Message{text("m1")})[0]; o.Status != push.Unknown {
		t.Errorf("sent: %+v, want that it is not known", o)
	}
	if o, found := n.Ask(t.Context(), "m1"); !found || o.Status != push.Sent {
		t.Errorf("asked: %+v, %t", o, found)
	}
	notify.Be(pushtest.Mood{Status: 503})
	if o, found := n.Ask(t.Context(), "m1"); found || o.Status != push.Later {
		t.Errorf("asked while it is down: %+v, %t, want later", o, found)
	}
}

func TestWhatIsUnderWayWhenTheServerEndsIsNotKnownAndTheRestWaits(t *testing.T) {
	notify := pushtest.NewNotify(t)
	notify.Be(pushtest.Mood{Silent: true})
	var batch []push.Message
	for i := range 20 {
		batch = append(batch, text(fmt.Sprint("m", i)))
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for notify.Tried() < 16 {
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	counts := map[push.Status]int{}
	for _, o := range sender(t, notify.URL).Send(ctx, batch) {
		counts[o.Status]++
	}
	if counts[push.Unknown] != 16 || counts[push.Later] != 4 {
		t.Errorf("they came to %v, want 16 unknown and 4 later", counts)
	}
}

func TestWhatCannotBeSentIsNotTried(t *testing.T) {
	notify := pushtest.NewNotify(t)
	late, wrong := text("m1"), text("m2")
	late.Until, wrong.To.Value = noon, "ask at the hostel"
	got := sender(t, notify.URL).Send(t.Context(), []push.Message{late, wrong})
	if want := (push.Outcome{Status: push.Refused, Why: "late"}); got[0] != want {
		t.Errorf("one that is late: %+v, want %+v", got[0], want)
	}
	if want := (push.Outcome{Status: push.Gone, Why: "number"}); got[1] != want {
		t.Errorf("one to no number: %+v, want %+v", got[1], want)
	}
	if notify.Tried() != 0 {
		t.Errorf("Notify was asked %d times", notify.Tried())
	}
}

func TestSettingsThatCannotBeUsedAreSaidWithoutThem(t *testing.T) {
	good := sms.NotifyConfig{Key: pushtest.NotifyKey, Template: pushtest.NotifyTemplate}
	for name, change := range map[string]func(*sms.NotifyConfig){
		"key":      func(c *sms.NotifyConfig) { c.Key = "secret-canary" },
		"template": func(c *sms.NotifyConfig) { c.Template = "canary" },
		"endpoint": func(c *sms.NotifyConfig) { c.Endpoint = "canary" },
	} {
		c := good
		change(&c)
		if _, err := sms.NewNotify(c); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "canary") {
			t.Errorf("a wrong %s: %v", name, err)
		}
	}
	if _, err := sms.NewNotify(good); err != nil {
		t.Error(err)
	}
}

func TestNoticesAreRead(t *testing.T) {
	for body, want := range map[string]string{
		`{"id":"n1","reference":"m1","to":"07700900123","status":"delivered"}`:                        "m1 delivered",
		`{"id":"n1","reference":"m1","status":"permanent-failure"}`:                                   "m1 gone number",
		`{"id":"n1","reference":"m1","status":"temporary-failure"}`:                                   "m1 failed temporary_failure",
		`{"id":"n1","reference":"m1","status":"sending"}`:                                             "nothing",
		`{"id":"n1","reference":"m1","status":"of a later version"}`:                                  "nothing",
		`{"id":"n1","reference":null,"status":"delivered"}`:                                           "nothing",
		`{"id":"i1","source_number":"447700900123","destination_number":"07700900999","message":"1"}`: "from 447700900123: 1",
		`{"id":"i1","source_number":"447700900123","message":""}`:                                     "from 447700900123: ",
		`{"source_number":"447700900123","message":"1"}`:                                              "nothing",
		`{}`:           "nothing",
		`{"status":1}`: "error",
		`[]`:           "error",
		``:             "error",
	} {
		receipt, inbound, err := sms.ParseNotice([]byte(body))
		got := "nothing"
		switch {
		case err != nil:
			got = "error"
		case inbound != nil:
			got = fmt.Sprintf("from %s: %s", inbound.From, inbound.Words)
		case receipt != nil && receipt.Delivered:
			got = receipt.ID + " delivered"
		case receipt != nil && receipt.Gone:
			got = receipt.ID + " gone " + receipt.Why
		case receipt != nil:
			got = receipt.ID + " failed " + receipt.Why
		}
		if got != want {
			t.Errorf("ParseNotice(%s) = %s, want %s", body, got, want)
		}
	}
}

// BenchmarkSend prints how many messages a minute go out through a provider that answers in 200 ms.
func BenchmarkSend(b *testing.B) {
	pushtest.Rate(b, func(url string) (push.Sender, push.Message) { return sender(b, url), text("m") }, 201, `{"id":"n"}`)
}
