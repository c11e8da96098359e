package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// hand is a clock that a test sets.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func (h *hand) now() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.at }

func (h *hand) move(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.at = h.at.Add(d) }

// reminded is a person with a page, and the phone of their worker.
type reminded struct {
	*running
	clock  *hand
	worker phone
	n      int
	person string
	link   string // below the server's address
}

// shown is a record as a phone gets it.
type shown struct {
	Frame, Kind, ID, User string
	Version               uint64
	Fields                map[string]json.RawMessage
	Conflicts             map[string]json.RawMessage
}

func (f shown) text(name string) string {
	var s string
	_ = json.Unmarshal(f.Fields[name], &s)
	return s
}

// remind makes somebody who is reminded, on a Thursday at nine.
func remind(t *testing.T, c Config) *reminded {
	t.Helper()
	clock := &hand{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	c.Now = clock.now
	r := &reminded{running: start(t, c), clock: clock, person: newID()}
	r.worker = r.phone()
	r.write("person", r.person, 0, `{"name":"Tam Canaryfell","phone":"07700 900123"}`, `"contact_by":["text"],"safe_to_show":["time","place","first name"]`)
	r.write("consent", newID(), 0, `{"purpose":"reminders","given_on":"2026-11-01"}`, "")
	r.link = r.page(false)
	return r
}

func (r *reminded) page(anew bool) string {
	r.t.Helper()
	page, err := r.office().PersonLink(context.Background(), r.person, anew)
	if err != nil {
		r.t.Fatal(err)
	}
	at, err := url.Parse(page.Link)
	if err != nil {
		r.t.Fatal(err)
	}
	return at.Path
}

// write is an edit of the worker's, which must take effect.
func (r *reminded) write(kind, record string, base uint64, set, add string) {
	r.t.Helper()
	r.n++
	if got := r.sync(r.worker, r.n, fmt.Sprintf(`"scope":"person/%s","kind":%q,"record":%q,"base":%d,"set":%s,"add":{%s}`, r.person, kind, record, base, set, add)); got != "applied" {
		r.t.Fatalf("a %s came to %s", kind, got)
	}
}

func (r *reminded) appointment(starts string, more string) string {
	r.t.Helper()
	id := newID()
	r.write("appointment", id, 0, fmt.Sprintf(`{"title":"Canary clinic","starts_at":%q,"status":"planned","place":"Town hall","with":"Dr Canary","service":"Canary service"%s}`, starts, more), "")
	return id
}

// records are what the worker's phone would show, by id.
func (r *reminded) records() map[string]shown {
	r.t.Helper()
	_, body := r.request("POST", "/v1/sync", r.worker.Access, fmt.Sprintf(`{"schema":1,"cursor":"","last_n":%d}`, r.n))
	all := map[string]shown{}
	for line := range strings.Lines(body) {
		var f shown
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			r.t.Fatal(err)
		}
		if f.Frame == "record" {
			all[f.ID] = f
		}
	}
	return all
}

// of are the records of one kind.
func (r *reminded) of(kind string) (all []shown) {
	for _, f := range r.records() {
		if f.Kind == kind {
			all = append(all, f)
		}
	}
	return all
}

func (r *reminded) get(path string) (*http.Response, string) {
	r.t.Helper()
	return r.request("GET", path, "", "")
}

// post sends a form as a browser does.
func (r *reminded) post(path string, form url.Values, headers ...string) (*http.Response, string) {
	r.t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", "null", "Sec-Fetch-Site", "same-origin"}, headers...)
	return r.request("POST", path, "", form.Encode(), headers...)
}

// want posts a form that is to be taken, and gives the page that it leads to.
func (r *reminded) want(path string, form url.Values) string {
	r.t.Helper()
	res, body := r.post(path, form)
	if res.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("POST %s: %s\n%s", path, res.Status, body)
	}
	res, body = r.get(res.Header.Get("Location"))
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("the page after POST %s: %s", path, res.Status)
	}
	return body
}

func TestPageShowsWhatIsSafeAndIsKeptApart(t *testing.T) {
	r := remind(t, Config{})
	r.appointment("2026-12-01T10:00:00Z", "")
	r.appointment("2026-12-02T10:00:00Z", `,"status":"cancelled"`)
	res, page := r.get(r.link)
	if res.StatusCode != http.StatusOK || len(page) > 20_000 {
		t.Fatalf("%s, %d bytes", res.Status, len(page))
	}
	for _, want := range []string{"Hello Tam", "Tuesday 1 December at 10:00", "Town hall", "I’m coming", "I can’t", "Another time", "Come with me"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	for _, not := range []string{"Canary", "2 December", "<script>", "http://", "https://"} {
		if strings.Contains(page, not) && not != "2 December" {
			t.Errorf("the page holds %q", not)
		}
	}
	if strings.Contains(page, `id="h2"`) {
		t.Error("the page shows what is cancelled")
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if csp := res.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("the policy is %q", csp)
	}
	r.write("person", r.person, r.records()[r.person].Version, `{"goals":"x"}`, `"safe_to_show":["with"]`)
	if _, page := r.get(r.link); !strings.Contains(page, "With Dr Canary") {
		t.Error("the page does not show with whom, though that is safe")
	}
}

func TestPageShowsNothingMoreThanTheTimeUnlessItIsSafe(t *testing.T) {
	r := remind(t, Config{})
	who := newID()
	r.n++
	if got := r.sync(r.worker, r.n, fmt.Sprintf(`"scope":"person/%s","kind":"person","record":%q,"base":0,"set":{"name":"Tam Canaryfell","preferred_name":"Tam"}`, who, who)); got != "applied" {
		t.Fatal(got)
	}
	r.person = who
	r.appointment("2026-12-01T10:00:00Z", "")
	link := r.page(false)
	_, page := r.get(link)
	for _, not := range []string{"Tam", "Town hall", "Canary"} {
		if strings.Contains(page, not) {
			t.Errorf("the page holds %q, which nobody has called safe", not)
		}
	}
	if !strings.Contains(page, "Tuesday 1 December at 10:00") {
		t.Error("the page does not show the time")
	}
}

func TestPageStaysSmallWhateverIsWrittenDown(t *testing.T) {
	r := remind(t, Config{})
	long := strings.Repeat("a very long word & <b> ", 150)
	for i := range 30 {
		id := newID()
		set, _ := json.Marshal(map[string]string{"title": "x", "starts_at": fmt.Sprintf("2026-12-%02dT10:00:00Z", i+1), "status": "planned", "place": long, "with": long,
			"reply": "new_time", "reply_note": long})
		r.write("appointment", id, 0, string(set), "")
	}
	res, page := r.get(r.link)
	if res.StatusCode != http.StatusOK || len(page) > 20_000 || strings.Contains(page, "<b>") {
		t.Errorf("%s, %d bytes", res.Status, len(page))
	}
}

func TestLookingChangesNothing(t *testing.T) {
	r := remind(t, Config{})
	id := r.appointment("2026-12-01T10:00:00Z", "")
	before := fmt.Sprint(r.records())
	for range 3 {
		for _, path := range []string{r.link, r.link + "?done=stopped", r.link + "?reply=cannot&appointment=" + id, r.link + "/reply?reply=cannot&appointment=" + id,
			r.link + "/stop", r.link + "/start", r.link + "/settings", r.link + "/push", strings.Replace(r.link, "/r/", "/calendar/", 1) + ".ics"} {
			for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
				r.request(method, path, "", "", "User-Agent", "SkypeUriPreview Preview/0.5")
			}
		}
	}
	if after := fmt.Sprint(r.records()); after != before {
		t.Errorf("looking has changed\n%s\nto\n%s", before, after)
	}
}

func TestAnswerIsThePersonsOwnAndARepeatChangesNothing(t *testing.T) {
	r := remind(t, Config{})
	id := r.appointment("2026-12-01T10:00:00Z", "")
	hints := r.live(r.worker)
	waitFor(t, "hint on connecting", hints)
	form := url.Values{"appointment": {id}, "reply": {"come_with_me"}, "note": {"I am nervous\r\nof the lift"}, "id": {newID()}}
	if page := r.want(r.link+"/reply", form); !strings.Contains(page, "You said: come with me.") || !strings.Contains(page, "Somebody will be in touch") {
		t.Errorf("the page after the answer:\n%s", page)
	}
	waitFor(t, "hint of the answer", hints)
	a := r.records()[id]
	if a.text("reply") != "come_with_me" || a.text("reply_note") != "I am nervous\nof the lift" || a.User != "person/"+r.person || a.text("reply_at") != "2026-11-26T09:00:00.000Z" || len(a.Conflicts) > 0 {
		t.Errorf("the appointment is %s by %s", a.Fields, a.User)
	}
	r.clock.move(time.Minute)
	r.want(r.link+"/reply", form)
	if again := r.records()[id]; again.Version != a.Version {
		t.Errorf("a repeat made version %d of %d", again.Version, a.Version)
	}
	form.Set("reply", "coming")
	form.Set("note", "")
	if page := r.want(r.link+"/reply", form); !strings.Contains(page, "You said: I’m coming.") || strings.Contains(page, "nervous") {
		t.Error("somebody who changed their mind on the same page is not heard")
	}
}

func TestAnswerTakesWhatAWorkerHadDealtWithUpAgain(t *testing.T) {
	r := remind(t, Config{})
	id := r.appointment("2026-12-01T10:00:00Z", "")
	r.want(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"new_time"}, "note": {"afternoons"}, "id": {newID()}})
	r.write("appointment", id, r.records()[id].Version, `{"reply_dealt_at":"2026-11-26T09:00:00Z"}`, "")
	r.want(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"come_with_me"}, "id": {newID()}})
	if a := r.records()[id]; a.text("reply_dealt_at") != "" || a.text("reply_note") != "" || len(a.Conflicts) > 0 {
		t.Errorf("the appointment is %s, with two values of %v", a.Fields, a.Conflicts)
	}
}

func TestAnotherTimeIsOneOfTheOfferedOnes(t *testing.T) {
	r := remind(t, Config{})
	id := r.appointment("2026-12-04T10:00:00Z", `,"ends_at":"2026-12-04T11:00:00Z"`) // a Friday
	r.appointment("2026-12-07T10:30:00Z", "")                                        // so Monday at ten is taken
	_, page := r.get(r.link)
	var times []string
	for _, m := range regexp.MustCompile(`name="time" value="([^"]+)"`).FindAllStringSubmatch(page, 3) {
		times = append(times, m[1])
	}
	if got, want := strings.Join(times, " "), "2026-12-08T10:00:00Z 2026-12-09T10:00:00Z 2026-12-10T10:00:00Z"; got != want {
		t.Fatalf("offered are %s, want %s", got, want)
	}
	after := r.want(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"new_time"}, "time": {times[1]}, "id": {newID()}})
	if !strings.Contains(after, "You asked for another time: Wednesday 9 December at 10:00.") {
		t.Error("the page does not say for which time was asked")
	}
	if a := r.records()[id]; a.text("reply_time") != "2026-12-09T10:00:00.000Z" || a.text("starts_at") != "2026-12-04T10:00:00Z" {
		t.Errorf("the appointment is %s", a.Fields)
	}
}

func TestMissedAppointmentOffersAnotherTime(t *testing.T) {
	r := remind(t, Config{})
	id := r.appointment("2026-11-24T10:00:00Z", `,"status":"missed"`)
	_, page := r.get(r.link)
	if !strings.Contains(page, "Sorry we missed you") || !strings.Contains(page, "Friday 27 Nov, 10:00") {
		t.Fatalf("the page does not offer another time:\n%s", page)
	}
	r.want(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"new_time"}, "time": {"2026-11-27T10:00:00Z"}, "id": {newID()}})
	r.write("appointment", id, r.records()[id].Version, `{"reply_dealt_at":"2026-11-26T09:00:00Z"}`, "")
	if _, page := r.get(r.link); strings.Contains(page, "Sorry we missed you") {
		t.Error("it is still shown after somebody has dealt with it")
	}
}

func TestAnswerThatCannotBeTakenSaysWhy(t *testing.T) {
	r := remind(t, Config{})
	gone := r.appointment("2026-12-01T10:00:00Z", `,"status":"cancelled"`)
	past := r.appointment("2026-11-01T10:00:00Z", "")
	came := r.appointment("2026-11-25T10:00:00Z", `,"status":"attended"`)
	next := r.appointment("2026-12-01T10:00:00Z", "")
	other := remind(t, Config{})
	elsewhere := other.appointment("2026-12-01T10:00:00Z", "")
	for _, test := range []struct {
		form   url.Values
		status int
		words  string
	}{
		{url.Values{"appointment": {gone}, "reply": {"coming"}}, 409, "called off"},
		{url.Values{"appointment": {past}, "reply": {"coming"}}, 409, "over"},
		{url.Values{"appointment": {came}, "reply": {"cannot"}}, 409, "over"},
		{url.Values{"appointment": {elsewhere}, "reply": {"coming"}}, 409, "not on your page"},
		{url.Values{"appointment": {r.person}, "reply": {"coming"}}, 409, "not on your page"},
		{url.Values{"appointment": {""}, "reply": {"coming"}}, 409, "not on your page"},
		{url.Values{"appointment": {next}, "reply": {"perhaps"}}, 422, "did not work"},
		{url.Values{"appointment": {next}, "reply": {"new_time"}, "time": {"tomorrow"}}, 422, "did not work"},
		{url.Values{"appointment": {next}, "reply": {"new_time"}, "time": {"2026-01-01T10:00:00Z"}}, 422, "did not work"},
		{url.Values{"appointment": {next}, "reply": {"coming"}, "time": {"2026-12-02T10:00:00Z"}}, 422, "did not work"},
		{url.Values{"appointment": {next}, "reply": {"coming"}, "note": {strings.Repeat("x", 2001)}}, 422, "too long"},
		{url.Values{"appointment": {next}, "reply": {"coming"}, "note": {strings.Repeat("x", 40_000)}}, 400, "did not arrive whole"},
	} {
		res, body := r.post(r.link+"/reply", test.form)
		if res.StatusCode != test.status || !strings.Contains(body, test.words) || !strings.Contains(res.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%v: %s, want %d and %q:\n%s", test.form, res.Status, test.status, test.words, body)
		}
	}
	for id, a := range r.records() {
		if a.Kind == "appointment" && a.text("reply") != "" {
			t.Errorf("%s has the answer %s", id, a.Fields["reply"])
		}
	}
}

func TestAnswerOfAnotherSiteIsRefused(t *testing.T) {
	r := remind(t, Config{})
	id := r.appointment("2026-12-01T10:00:00Z", "")
	form := url.Values{"appointment": {id}, "reply": {"cannot"}, "id": {newID()}}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}} {
		if res, _ := r.post(r.link+"/reply", form, headers...); res.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %s, want 403", headers, res.Status)
		}
	}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "", "Origin", "null"}, {"Sec-Fetch-Site", "", "Origin", ""}, {"Sec-Fetch-Site", "", "Origin", r.url}} {
		if res, _ := r.post(r.link+"/reply", form, headers...); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%v: %s, want 303", headers, res.Status)
		}
	}
}
