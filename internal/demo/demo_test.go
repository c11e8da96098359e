package demo

import (
	"context"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"alongside/internal/admin"
	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// A Wednesday, and a Sunday after the clocks have gone back.
var days = []time.Time{
	time.Date(2026, 11, 25, 8, 30, 0, 0, time.UTC),
	time.Date(2027, 10, 31, 15, 0, 0, 0, time.UTC),
}

func TestPlanIsTheSameAllDay(t *testing.T) {
	morning, night := makePlan(days[0]), makePlan(days[0].Add(14*time.Hour))
	if !reflect.DeepEqual(morning, night) {
		t.Error("two plans of one day differ")
	}
	if reflect.DeepEqual(morning.people, makePlan(days[1]).people) {
		t.Error("plans of two days are the same")
	}
}

// appointments is the last word on each, by record.
func (p *plan) appointments() map[deltasync.RecordID]fields {
	all := map[deltasync.RecordID]fields{}
	for _, t := range p.turns {
		for _, e := range t.edits {
			if e.kind != "appointment" {
				continue
			}
			if all[e.record] == nil {
				all[e.record] = fields{"lead": e.person.lead}
			}
			for k, v := range e.set {
				all[e.record][k] = v
			}
		}
	}
	return all
}

func TestEachWorkerHasThreeToSixVisitsToday(t *testing.T) {
	for _, day := range days {
		p := makePlan(day)
		today := map[int]int{}
		for _, a := range p.appointments() {
			if strings.HasPrefix(a["starts_at"].(string), date(day)) {
				today[a["lead"].(int)]++
			}
		}
		for i, s := range p.staff {
			if n := today[i]; s.role == deltasync.Worker && (n < 3 || n > 6) {
				t.Errorf("%s: %s has %d visits, want 3 to 6", date(day), s.name, n)
			}
		}
	}
}

func TestSomeAQuarterIsMissed(t *testing.T) {
	for _, day := range days {
		var past, missed, open, untold int
		for _, a := range makePlan(day).appointments() {
			switch a["status"] {
			case "planned", "confirmed":
				open++
				if a["starts_at"].(string) < date(day) {
					untold++
				}
				continue
			case "missed":
				missed++
				if a["missed_reason"] == nil {
					t.Error("a missed appointment says no reason")
				}
			}
			past++
		}
		if percent := missed * 100 / past; percent < 20 || percent > 30 || past < 2000 || open < 150 {
			t.Errorf("%s: %d past, %d %% of them missed, %d to come", date(day), past, percent, open)
		}
		if want := teams * workersEach * leftOpen; untold != want {
			t.Errorf("%s: of %d past appointments nobody has said what came of them, want %d", date(day), untold, want)
		}
	}
}

func TestNothingIsWrittenBeforeThePersonOrTomorrow(t *testing.T) {
	for _, day := range days {
		p := makePlan(day)
		known := map[*person]bool{}
		for _, turn := range p.turns {
			for _, e := range turn.edits {
				if e.kind == "person" {
					known[e.person] = true
				}
				if !known[e.person] {
					t.Fatalf("%s: a %s is written before its person", e.at, e.kind)
				}
				if !e.at.Before(p.today) {
					t.Errorf("a %s is written on %s, which is not before today", e.kind, e.at)
				}
			}
		}
	}
}

// Whoever opens the app finds a day at work, at whatever hour.
func TestWorkerOfTheGuideFindsALivelyDay(t *testing.T) {
	for _, day := range days {
		p := makePlan(day)
		me := p.known().lead
		if !p.first(me) {
			t.Fatalf("%s: the guide invites %s, who is not first in a team", date(day), p.staff[me].name)
		}
		replies, hours := map[any]int{}, []string{}
		byPerson := map[*person]map[string]int{}
		safety, long := 0, 0
		for _, turn := range p.turns {
			for _, e := range turn.edits {
				if e.person.lead != me {
					continue
				}
				if byPerson[e.person] == nil {
					byPerson[e.person] = map[string]int{}
				}
				byPerson[e.person][e.kind]++
				at, _ := e.set["starts_at"].(string)
				if e.kind == "appointment" && strings.HasPrefix(at, date(day)) {
					replies[e.set["reply"]]++
					hours = append(hours, at)
					if len(e.person.name) > 30 {
						long++
					}
				}
				if e.kind == "person" && e.person.full && e.set["safety_note"] != nil && e.set["safe_words"] != nil && e.set["goals"] != nil {
					safety++
				}
			}
		}
		for _, want := range []any{"coming", "come_with_me", "cannot", "new_time", nil} {
			if replies[want] == 0 {
				t.Errorf("%s: nobody today has replied %v", date(day), want)
			}
		}
		slices.Sort(hours)
		if len(hours) != fullHouse || hours[0] > date(day)+"T10" || hours[len(hours)-1] < date(day)+"T16" {
			t.Errorf("%s: the visits are at %v", date(day), hours)
		}
		if safety != 1 || long != 1 {
			t.Errorf("%s: %d people are written down whole, %d of today's have a long name", date(day), safety, long)
		}
		quiet := 0
		for who, kinds := range byPerson {
			if who.quiet == 0 {
				continue
			}
			quiet++
			if kinds["follow_up"] == 0 || kinds["contact"] == 0 {
				t.Errorf("%s: of somebody who is slipping there is %v", date(day), kinds)
			}
		}
		if quiet != slippers {
			t.Errorf("%s: %d people are slipping, want %d", date(day), quiet, slippers)
		}
		for _, turn := range p.turns {
			for _, e := range turn.edits {
				if seen := e.kind == "support" || e.set["status"] == "attended"; seen && e.person.quiet > 0 && e.at.After(p.on(e.person.quiet-1, 0, 0)) {
					t.Errorf("%s: somebody whom nobody has seen was seen at %s", date(day), e.at)
				}
			}
		}
	}
}

func TestEverythingIsPlainlyMadeUp(t *testing.T) {
	number := regexp.MustCompile(`^07700 900\d{3}$`)
	p := makePlan(days[0])
	for _, turn := range p.turns {
		for _, e := range turn.edits {
			if n, ok := e.set["phone"]; ok && !number.MatchString(n.(string)) {
				t.Errorf("phone %v is not of the range kept for drama", n)
			}
		}
	}
	for _, s := range p.staff {
		if !strings.HasSuffix(s.name, "(made up)") {
			t.Errorf("%s is not marked as made up", s.name)
		}
	}
	for _, name := range teamNames {
		if !strings.HasPrefix(name, "Made-up ") {
			t.Errorf("%s is not marked as made up", name)
		}
	}
	names := map[string]bool{}
	for _, who := range p.people {
		if names[who.name] {
			t.Errorf("two are called %s", who.name)
		}
		names[who.name] = true
	}
}

func TestFillWritesAPartnershipThatHolds(t *testing.T) {
	ctx := context.Background()
	db, err := boltstore.Open(admin.StorePath(t.TempDir()), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	office := &admin.Office{DB: db, Auth: &auth.Service{Store: db.Auth()}, URL: "http://localhost:8080",
		Engine: &deltasync.Engine{Store: db, Kinds: casework.Kinds(), Soon: casework.Soon}}
	start := time.Now()
	g, err := Fill(ctx, office, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d records in %v", g.Records, time.Since(start))
	if g.Teams != 2 || g.Workers != 8 || g.Coordinators != 2 || g.Admins != 1 || g.People != 160 || g.Records < 8000 {
		t.Errorf("guide %+v", g)
	}
	if g.Worker.Code == "" || g.Colleague.Code == "" || g.Coordinator.Code == "" || g.Worker.Name == g.Colleague.Name || g.Person == "" {
		t.Errorf("guide %+v invites nobody", g)
	}
	codes := map[string]bool{}
	for _, in := range []Invited{g.Worker, g.Colleague, g.Coordinator, g.Field[0], g.Field[1], g.Desk} {
		codes[in.Code] = true
	}
	if len(codes) != 6 || g.Field[0].User != g.Worker.User || g.Field[1].User != g.Worker.User || g.Desk.User != g.Coordinator.User {
		t.Errorf("guide %+v, want six codes, of the same worker and coordinator for a browser", g)
	}
	statuses := map[deltasync.Status]int{}
	conflicts := 0
	err = db.View(ctx, func(tx deltasync.Tx) error {
		err := tx.Entries(0, func(e deltasync.Entry) bool {
			if e.Op != nil {
				statuses[e.Op.Status]++
			}
			return true
		})
		if err != nil {
			return err
		}
		rec, err := tx.Record(g.PersonID)
		conflicts = len(rec.Values("phone"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if statuses[deltasync.Held] != 8 || statuses[deltasync.Conflict] != 6 || statuses[deltasync.Rejected] != 0 {
		t.Errorf("ops came to %v, want 8 held and 6 conflicts", statuses)
	}
	if conflicts != 2 {
		t.Errorf("%s has %d numbers, want 2", g.Person, conflicts)
	}
}
