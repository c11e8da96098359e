package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
)

// answers is what a token meets on every route: what is not the token's own is the same for all.
func (r *reminded) answers(link string) string {
	r.t.Helper()
	var all strings.Builder
	say := func(res *http.Response, body string) {
		for _, h := range []string{"X-Request-Id", "Date", "Content-Length"} {
			res.Header.Del(h)
		}
		fmt.Fprintln(&all, res.Status, res.Header, strings.ReplaceAll(body, link, "/r/TOKEN"))
	}
	say(r.get(link))
	say(r.request("HEAD", link, "", ""))
	for _, act := range []string{"/reply", "/settings", "/stop", "/start"} {
		say(r.post(link+act, url.Values{"appointment": {newID()}, "reply": {"coming"}}))
	}
	say(r.request("POST", link+"/push", "", `{"endpoint":"https://push.example/x","keys":{"p256dh":"a","auth":"b"}}`))
	say(r.request("POST", link+"/push", "", `nonsense`))
	say(r.get(strings.Replace(link, "/r/", "/calendar/", 1) + ".ics"))
	return all.String()
}

func TestTokensThatLeadNowhereAreAnsweredAlike(t *testing.T) {
	links := map[string]func(r *reminded) string{
		"unknown":   func(*reminded) string { return "/r/AAAAAAAAAAAAAAAAAAAAAA" },
		"malformed": func(*reminded) string { return "/r/x%00%2e%2f" },
		"long":      func(*reminded) string { return "/r/" + strings.Repeat("x", 3000) },
		"replaced": func(r *reminded) string {
			if now := r.page(true); now == r.link {
				r.t.Error("the page was not replaced")
			}
			return r.link
		},
		"ended by a worker": func(r *reminded) string {
			page := r.of("page")[0]
			r.write("page", page.ID, page.Version, `{"ended_at":"2026-11-26T09:00:00Z"}`, "")
			return r.link
		},
		"closed": func(r *reminded) string {
			r.write("person", r.person, r.records()[r.person].Version, `{"state":"closed"}`, "")
			return r.link
		},
		"died": func(r *reminded) string {
			r.write("person", r.person, r.records()[r.person].Version, `{"state":"died"}`, "")
			return r.link
		},
		"erased": func(r *reminded) string {
			if _, err := r.office().Erase(context.Background(), r.person); err != nil {
				r.t.Fatal(err)
			}
			return r.link
		},
	}
	want := ""
	for name, link := range links {
		r := remind(t, Config{})
		got := r.answers(link(r))
		if want == "" {
			want = got
		}
		if got != want || !strings.HasPrefix(got, "404 ") || strings.Count(got, "404 Not Found") != 9 {
			t.Errorf("%s is answered\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestTokensGuessedInBulkAreHeldBackAndGoodOnesOpen(t *testing.T) {
	r := remind(t, Config{})
	met := map[int]int{}
	for i := range 60 {
		res, body := r.get(fmt.Sprintf("/r/AAAAAAAAAAAAAAAAAAAA%02d", i))
		met[res.StatusCode]++
		if res.StatusCode == http.StatusTooManyRequests && (res.Header.Get("Retry-After") == "" || !strings.Contains(body, "Wait a minute")) {
			t.Errorf("429 without a word: %v %s", res.Header, body)
		}
	}
	if met[404] != 30 || met[429] != 30 {
		t.Errorf("60 guesses met %v, want 30 times 404 and 30 times 429", met)
	}
	if res, _ := r.get(r.link); res.StatusCode != http.StatusOK {
		t.Errorf("a good link meets %s", res.Status)
	}
	r.clock.move(time.Minute)
	if res, _ := r.get("/r/AAAAAAAAAAAAAAAAAAAAAA"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a minute later a guess meets %s", res.Status)
	}
}

func TestWhoHasALinkCannotFillTheServer(t *testing.T) {
	r := remind(t, Config{})
	id := r.appointment("2026-12-01T10:00:00Z", "")
	met := map[int]int{}
	for range 80 {
		res, _ := r.post(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"coming"}, "id": {newID()}})
		met[res.StatusCode]++
	}
	if met[303] != 60 || met[429] != 20 {
		t.Errorf("80 answers met %v, want 60 times 303 and 20 times 429", met)
	}
	if res, _ := r.get(r.link); res.StatusCode != http.StatusOK {
		t.Errorf("the page meanwhile: %s", res.Status)
	}
	r.clock.move(time.Minute)
	r.want(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"cannot"}, "id": {newID()}})
}

func TestPagesAreOneForEachPersonAndComeAnew(t *testing.T) {
	r := remind(t, Config{})
	if again := r.page(false); again != r.link {
		t.Errorf("the link is %s, then %s", r.link, again)
	}
	page := r.of("page")[0]
	r.write("page", page.ID, page.Version, `{"ended_at":"2026-11-26T09:00:00Z"}`, "")
	second := r.page(false)
	if second == r.link || r.page(false) != second {
		t.Errorf("after the worker ended the page the link is %s, then %s", second, r.page(false))
	}
	if res, _ := r.get(second); res.StatusCode != http.StatusOK {
		t.Errorf("the new page: %s", res.Status)
	}
	if third := r.page(true); third == second || r.page(false) != third {
		t.Error("a link that was asked for anew does not stay")
	}
}

func TestStopIsThePersonsOwnActAndCanBeTakenBack(t *testing.T) {
	r := remind(t, Config{})
	r.write("consent", newID(), 0, `{"purpose":"share","given_on":"2026-11-01"}`, "")
	for range 2 {
		if page := r.want(r.link+"/stop", nil); !strings.Contains(page, "Reminders are off") || !strings.Contains(page, "Turn reminders on") {
			t.Errorf("the page after stopping:\n%s", page)
		}
	}
	for _, c := range r.of("consent") {
		if (c.text("withdrawn_on") == "2026-11-26") != (c.text("purpose") == "reminders") || c.text("withdrawn_on") != "" && c.User != "person/"+r.person {
			t.Errorf("after stopping there is a consent %s by %s", c.Fields, c.User)
		}
	}
	for range 2 {
		if page := r.want(r.link+"/start", nil); !strings.Contains(page, "Stop all reminders") {
			t.Errorf("the page after starting again:\n%s", page)
		}
	}
	given := 0
	for _, c := range r.of("consent") {
		if c.text("purpose") == "reminders" && c.text("withdrawn_on") == "" && c.text("given_on") == "2026-11-26" && c.User == "person/"+r.person {
			given++
		}
	}
	if given != 1 || len(r.of("consent")) != 3 {
		t.Errorf("%d new consents, of %d", given, len(r.of("consent")))
	}
}

func TestPersonChangesWhenAndHow(t *testing.T) {
	r := remind(t, Config{})
	version := r.records()[r.person].Version
	r.want(r.link+"/settings", url.Values{"words": {""}, "from": {""}, "until": {""}, "before": {""}, "texts": {"on"}})
	if now := r.records()[r.person]; now.Version != version {
		t.Errorf("what was as it was has become version %d of %d", now.Version, version)
	}
	page := r.want(r.link+"/settings", url.Values{"words": {" a cup  of tea "}, "from": {"10:00"}, "until": {"16:00"}, "before": {"24h"}})
	p := r.records()[r.person]
	if p.text("message_words") != "a cup of tea" || p.text("safe_hours") != "10:00-16:00" || p.text("remind_before") != "24h" || string(p.Fields["contact_by"]) != `["call"]` || p.User != "person/"+r.person {
		t.Errorf("the person is %s", p.Fields)
	}
	for _, want := range []string{`value="a cup of tea"`, `<option value="10:00" selected>`, `<option value="16:00" selected>`, `<option value="24h" selected>`, "Saved."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
	for name, form := range map[string]url.Values{"half": {"from": {"10:00"}}, "no hour": {"from": {"25:00"}, "until": {"26:00"}}, "no choice": {"before": {"99h"}},
		"a link": {"words": {"http://evil.example"}}, "long": {"words": {strings.Repeat("x", 41)}}} {
		if res, body := r.post(r.link+"/settings", form); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Go back") {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	r.write("person", r.person, r.records()[r.person].Version, `{"safe_hours":"10:15-16:45","remind_before":"72h"}`, "")
	if _, page := r.get(r.link); !strings.Contains(page, `<option value="10:15" selected>`) || !strings.Contains(page, `<option value="72h" selected>As agreed with your worker`) {
		t.Error("what a worker wrote is lost when the person saves")
	}
}

func TestCalendarIsNeutralAndFollows(t *testing.T) {
	r := remind(t, Config{})
	id := r.appointment("2026-12-01T10:00:00Z", `,"ends_at":"2026-12-01T11:00:00Z"`)
	r.appointment("2026-12-03T10:00:00Z", "")
	feed := strings.Replace(r.link, "/r/", "/calendar/", 1) + ".ics"
	events := func(path string) map[string]*ics.VEvent {
		t.Helper()
		res, body := r.get(path)
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/calendar") || strings.Contains(body, "Canary") || strings.Count(body, "\n") != strings.Count(body, "\r\n") {
			t.Fatalf("%s %s\n%s", res.Status, res.Header.Get("Content-Type"), body)
		}
		for line := range strings.SplitSeq(body, "\r\n") {
			if len(line) > 75 {
				t.Errorf("a line has %d bytes (RFC 5545 §3.1): %s", len(line), line)
			}
		}
		cal, err := ics.ParseCalendar(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]*ics.VEvent{}
		for _, e := range cal.Events() {
			all[e.Id()] = e
		}
		return all
	}
	value := func(e *ics.VEvent, name ics.ComponentProperty) string {
		if p := e.GetProperty(name); p != nil {
			return p.Value
		}
		return ""
	}
	first := events(feed)
	if len(first) != 2 || first[id] == nil {
		t.Fatalf("the feed has %d events", len(first))
	}
	e := first[id]
	if value(e, ics.ComponentPropertySummary) != "Something" || value(e, ics.ComponentPropertyDtStart) != "20261201T100000Z" || value(e, ics.ComponentPropertyDtEnd) != "20261201T110000Z" ||
		value(e, ics.ComponentPropertyLocation) != "Town hall" || value(e, ics.ComponentPropertyStatus) != "CONFIRMED" || value(e, ics.ComponentPropertyDtstamp) != "20261126T090000Z" {
		t.Errorf("the event is\n%s", e.Serialize(&ics.SerializationConfiguration{MaxLength: 75, PropertyMaxLength: 75, NewLine: "\n"}))
	}
	if one := events(feed + "?event=" + id); len(one) != 1 || one[id] == nil {
		t.Errorf("one appointment is %d events", len(one))
	}
	if res, _ := r.get(feed + "?event=" + newID()); res.StatusCode != http.StatusNotFound {
		t.Errorf("an appointment that there is not: %s", res.Status)
	}
	var before, after json.Number
	before = json.Number(value(e, ics.ComponentPropertySequence))
	r.clock.move(time.Minute)
	r.write("appointment", id, r.records()[id].Version, `{"status":"cancelled"}`, "")
	e = events(feed)[id]
	after = json.Number(value(e, ics.ComponentPropertySequence))
	b, _ := before.Int64()
	a, _ := after.Int64()
	if value(e, ics.ComponentPropertyStatus) != "CANCELLED" || a <= b || a >= 1<<31 {
		t.Errorf("after it was cancelled the event has the status %s and the sequence %d after %d", value(e, ics.ComponentPropertyStatus), a, b)
	}
	r.page(true)
	if res, _ := r.get(feed); res.StatusCode != http.StatusNotFound {
		t.Errorf("the feed of a page that was ended: %s", res.Status)
	}
}

func TestNothingPersonalIsInTheLogOfAPage(t *testing.T) {
	r := remind(t, Config{})
	id := r.appointment("2026-12-01T10:00:00Z", "")
	token := strings.TrimPrefix(r.link, "/r/")
	r.answers(r.link)
	r.answers(r.link + "x")
	r.want(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"new_time"}, "note": {"Canary note"}, "id": {newID()}})
	r.post(r.link+"/reply", url.Values{"appointment": {id}, "reply": {"Canary"}})
	r.get(r.link + "/Canary/" + token)
	r.get("/calendar/" + token)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	log := r.log.String()
	for what, text := range map[string]string{"a token": token, "a part of one": token[4:16], "what was written": "Canary", "a person": r.person, "an appointment": id} {
		if strings.Contains(log, text) {
			t.Errorf("the log holds %s", what)
		}
	}
	if !strings.Contains(log, "route=/r/:token/reply") {
		t.Errorf("the log does not say what was asked:\n%s", log)
	}
}
