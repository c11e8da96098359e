package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"alongside/internal/casework"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

var recordFlag = flag.String("record", "", "record the sessions of this version, such as v2, in "+wireFolder)

const (
	wanda = "0192f0c1-eeee-7b3c-8d1e-000000000001"
	will  = "0192f0c1-eeee-7b3c-8d1e-000000000002"
	cora  = "0192f0c1-eeee-7b3c-8d1e-000000000003"
	north = "0192f0c1-7777-7b3c-8d1e-000000000001"
)

// recorder writes down what phones of this version say.
type recorder struct {
	*told
	phones map[string]*client.Phone
}

func (r *recorder) users() {
	r.order("team " + north + " North")
	r.order("user " + wanda + " Wanda worker " + north)
	r.order("user " + will + " Will worker " + north)
	r.order("user " + cora + " Cora coordinator " + north)
}

func (r *recorder) phone(name, user string, pageBytes int) *client.Phone {
	r.t.Helper()
	p, err := client.Open(filepath.Join(r.dir, name), client.Options{HTTP: r.told, Now: func() time.Time { return r.now.Add(90 * time.Second) }, Kinds: casework.Kinds(),
		Rand: &seeded{from: rand.NewChaCha8(sha256.Sum256([]byte("phone " + name)))}, MaxBytes: pageBytes})
	if err == nil {
		r.t.Cleanup(func() { _ = p.Close() })
		err = p.Enrol(context.Background(), "http://office.example", r.order("code "+user), name, "android")
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.phones[name] = p
	return p
}

func (r *recorder) syncs(name string) {
	r.t.Helper()
	_, err := r.phones[name].Sync(context.Background())
	if err != nil && !errors.Is(err, client.ErrRevoked) {
		r.t.Fatal(name, err)
	}
}

func (r *recorder) edit(name string, e client.Edit) deltasync.RecordID {
	r.t.Helper()
	id, err := r.phones[name].Edit(e)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// sessions are what is recorded of a version.
var sessions = map[string]func(*recorder){
	"work": func(r *recorder) {
		r.note("Two workers and a coordinator: what is written, repeated, changed by two, held, rejected, deleted.")
		r.users()
		a, b := r.phone("a", wanda, 0), r.phone("b", will, 0)
		r.phone("desk", cora, 0)
		ben, err := a.NewPerson("Ben", map[string]any{"goals": "chess club", "x_colour": "green"})
		if err != nil {
			r.t.Fatal(err)
		}
		scope := deltasync.PersonOf(ben)
		visit := r.edit("a", client.Edit{Scope: scope, Kind: "appointment", Set: map[string]any{"title": "Clinic", "starts_at": "2026-11-25T10:00:00Z", "status": "planned"},
			Add: map[string][]string{"needs": {"transport", "company"}}})
		r.syncs("a")
		r.note("Nothing new.")
		r.syncs("a")
		r.note("The coordinator lets Will in.")
		r.syncs("desk")
		r.edit("desk", client.Edit{Scope: scope, Kind: "assignment", Set: map[string]any{"worker": will, "from": "2026-11-23T00:00:00Z"}})
		r.syncs("desk")
		r.syncs("b")
		r.note("Both move the appointment.")
		r.edit("a", client.Edit{Scope: scope, Kind: "appointment", Record: visit, Set: map[string]any{"starts_at": "2026-11-25T11:00:00Z"}})
		r.edit("b", client.Edit{Scope: scope, Kind: "appointment", Record: visit, Set: map[string]any{"starts_at": "2026-11-25T15:00:00Z"}, Remove: map[string][]string{"needs": {"company"}}})
		r.syncs("a")
		r.syncs("b")
		r.syncs("a")
		r.note("A kind that nobody knows is held, and a time that is none is rejected; a group of three takes effect together.")
		r.edit("b", client.Edit{Scope: scope, Kind: "diary", Set: map[string]any{"words": "of tomorrow"}})
		r.edit("b", client.Edit{Scope: scope, Kind: "support", Set: map[string]any{"what": "call", "at": "soon"}})
		if _, err := b.EditTogether(slices.Repeat([]client.Edit{{Scope: scope, Kind: "follow_up", Set: map[string]any{"about": "Call the surgery", "due": "2026-12-01"}}}, 3)...); err != nil {
			r.t.Fatal(err)
		}
		r.syncs("b")
		r.note("The coordinator sees what waits, and sets it aside.")
		r.syncs("desk")
		for _, record := range r.view("desk", deltasync.CoordinationOf(north)) {
			if record.Kind == deltasync.KindHeld {
				r.edit("desk", client.Edit{Scope: record.Scope, Kind: record.Kind, Record: record.ID, Set: map[string]any{"settled": "set_aside"}})
			}
		}
		r.syncs("desk")
		r.note("The appointment is deleted.")
		r.edit("a", client.Edit{Scope: scope, Kind: "appointment", Record: visit, Delete: true})
		r.syncs("a")
		r.syncs("b")
	},
	"access": func(r *recorder) {
		r.note("Pages, access that ends, a phone that is cut off, and one whose user is.")
		r.users()
		a := r.phone("a", wanda, 0)
		var first deltasync.Scope
		for i := range 4 {
			id, err := a.NewPerson(fmt.Sprint("Person ", i+1), map[string]any{"goals": strings.Repeat("a long walk each day ", 60)})
			if err != nil {
				r.t.Fatal(err)
			}
			if first == "" {
				first = deltasync.PersonOf(id)
			}
			for range 6 {
				r.edit("a", client.Edit{Scope: deltasync.PersonOf(id), Kind: "support", Set: map[string]any{"what": "visit", "at": "2026-11-22T10:00:00Z", "note": strings.Repeat("tea and forms ", 40)}})
			}
		}
		r.syncs("a")
		r.note("A desk that takes small pages.")
		r.phone("desk", cora, deltasync.MinPage)
		r.syncs("desk")
		b := r.phone("b", will, deltasync.MinPage)
		cover := r.edit("desk", client.Edit{Scope: first, Kind: "assignment", Set: map[string]any{"worker": will}})
		r.syncs("desk")
		r.syncs("b")
		r.note("Will's cover ends: he drops the person, and what he wrote meanwhile is held.")
		r.edit("desk", client.Edit{Scope: first, Kind: "assignment", Record: cover, Delete: true})
		r.syncs("desk")
		r.edit("b", client.Edit{Scope: first, Kind: "support", Set: map[string]any{"what": "call", "at": "2026-11-23T09:00:00Z"}})
		r.syncs("b")
		r.note("Tokens run out, and are renewed.")
		r.order("wait 26h")
		r.syncs("b")
		r.note("The phone is cut off: it hands in its last work.")
		r.edit("b", client.Edit{Scope: first, Kind: "support", Set: map[string]any{"what": "call", "at": "2026-11-23T09:00:00Z"}})
		st, err := b.State()
		if err != nil {
			r.t.Fatal(err)
		}
		r.order("revoke " + string(st.Client))
		r.syncs("b")
		r.note("The user is disabled.")
		r.order("disable " + wanda)
		r.syncs("a")
	},
	"restore": func(r *recorder) {
		r.note("The server is restored from a backup that lacks what came after it; the phone offers it again.")
		r.users()
		a := r.phone("a", wanda, 0)
		ben, err := a.NewPerson("Ben", nil)
		if err != nil {
			r.t.Fatal(err)
		}
		r.syncs("a")
		r.order("backup")
		for range 3 {
			r.edit("a", client.Edit{Scope: deltasync.PersonOf(ben), Kind: "support", Set: map[string]any{"what": "visit", "at": "2026-11-22T10:00:00Z"}})
		}
		r.syncs("a")
		r.order("wait 1h")
		r.order("restore")
		r.syncs("a")
		r.syncs("a")
		r.note("Ben is erased. What is written about him after that is not kept.")
		r.order("erase " + string(ben))
		r.edit("a", client.Edit{Scope: deltasync.PersonOf(ben), Kind: "support", Set: map[string]any{"what": "visit", "at": "2026-11-22T10:00:00Z"}})
		r.syncs("a")
	},
	"refusals": func(r *recorder) {
		r.note("Requests that a server refuses whole.")
		r.users()
		code := r.order("code " + wanda)
		enrol := func() said {
			return r.ask("POST", "/v1/enrol", "", fmt.Sprintf(`{"code":%q,"device":{"id":"0192f0c1-8f3e-7a10-9c44-0a6f2b7d9e11","name":"Moto G5","platform":"android"}}`, code))
		}
		tokens := values(r.t, enrol().answer)[0].(map[string]any)
		access, refresh := tokens["access_token"].(string), tokens["refresh_token"].(string)
		r.note("The reply was lost, and the code is sent again.")
		enrol()
		r.note("Another device may not use it.")
		r.ask("POST", "/v1/enrol", "", fmt.Sprintf(`{"code":%q,"device":{"id":"0192f0c1-8f3e-7a10-9c44-0a6f2b7d9e12","name":"Another","platform":"android"}}`, code))
		const person = "0192f0c1-1111-7b3c-8d1e-000000000001"
		op := func(n int, id int, name string) string {
			return fmt.Sprintf(`{"n":%d,"id":"0192f0c1-2222-7b3c-8d1e-%012d","at":"2026-11-23T08:59:00Z","scope":"person/%s","kind":"person","record":"%s","base":0,"set":{"name":%q}}`, n, id, person, person, name)
		}
		sync := func(lastN int, ops ...string) said {
			return r.ask("POST", "/v1/sync", access, fmt.Sprintf(`{"schema":1,"cursor":"","last_n":%d,"sent_at":"2026-11-23T09:00:00Z","ops":[%s]}`, lastN, strings.Join(ops, ",")))
		}
		sync(2, op(1, 1, "Ben"), op(2, 2, "Benny"))
		r.note("A repeat, a gap, another content under a used number, another content under a used id, a copied phone.")
		sync(2, op(1, 1, "Ben"))
		sync(4, op(4, 4, "Benjamin"))
		sync(2, op(2, 2, "Someone else"))
		sync(3, op(3, 1, "Someone else"))
		sync(1)
		r.ask("POST", "/v1/client", access, "")
		r.note("Bodies that are none, a schema of the future, no token, a wrong one.")
		r.ask("POST", "/v1/sync", access, `{"schema":1`)
		r.ask("POST", "/v1/sync", access, `{"schema":99,"cursor":"","last_n":3,"ops":[]}`)
		r.ask("POST", "/v1/sync", "", `{"schema":1,"cursor":"","last_n":3,"ops":[]}`)
		r.ask("POST", "/v1/sync", "not.a.token", `{"schema":1,"cursor":"","last_n":3,"ops":[]}`)
		r.note("A refresh token, the one before it, and the one before it once the present one has been used.")
		renew := func(token string) string {
			got, _ := values(r.t, r.ask("POST", "/v1/token", "", fmt.Sprintf(`{"refresh_token":%q}`, token)).answer)[0].(map[string]any)["refresh_token"].(string)
			return got
		}
		second := renew(refresh)
		renew(refresh)
		third := renew(second)
		renew(third)
		renew(refresh)
		r.ask("GET", "/v1/nowhere", "", "")
	},
}

func (r *recorder) view(name string, scope deltasync.Scope) []client.Record {
	r.t.Helper()
	records, err := r.phones[name].View(scope)
	if err != nil {
		r.t.Fatal(err)
	}
	return records
}

// Each session can be recorded; with -record it is kept. What is kept stays as it is.
func TestSessionsCanBeRecorded(t *testing.T) {
	for name, session := range sessions {
		t.Run(name, func(t *testing.T) {
			r := &recorder{told: &told{talk: newTalk(t), record: &bytes.Buffer{}}, phones: map[string]*client.Phone{}}
			session(r)
			if *recordFlag == "" {
				return
			}
			file := filepath.Join(wireFolder, *recordFlag, name+".session.txt")
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write(bytes.TrimLeft(r.record.Bytes(), "\n")); err != nil || f.Close() != nil {
				t.Fatal(err)
			}
		})
	}
}

// answers gives a phone what was once answered, in order, whatever it asks.
type answers struct {
	t    *testing.T
	rest []said
}

func (a *answers) Do(req *http.Request) (*http.Response, error) {
	if len(a.rest) == 0 {
		a.t.Fatalf("%s %s was not asked then", req.Method, req.URL.Path)
	}
	s := a.rest[0]
	a.rest = a.rest[1:]
	if s.path != req.URL.Path {
		a.t.Fatalf("it asks for %s, and then it was %s", req.URL.Path, s.path)
	}
	return &http.Response{StatusCode: s.status, Header: http.Header{"Content-Type": {s.kind}}, Body: io.NopCloser(strings.NewReader(s.answer)),
		ContentLength: int64(len(s.answer)), Request: req}, nil
}

// Today's phone understands what a server of a released version answers: the desk of "access", which only reads until it writes.
func TestTodaysPhoneReadsWhatServersOfReleasedVersionsSaid(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(wireFolder, "v*", "access.session.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			steps := readSession(t, file)
			at := slices.IndexFunc(steps, func(s step) bool { return s.path == "/v1/enrol" && strings.Contains(s.body, `"name":"desk"`) })
			end := at + slices.IndexFunc(steps[at:], func(s step) bool { return strings.Contains(s.answer, `"complete":true`) })
			old := &answers{t: t}
			for _, s := range steps[at : end+1] {
				old.rest = append(old.rest, s.said)
			}
			if len(old.rest) < 4 {
				t.Fatalf("%d answers", len(old.rest))
			}
			p, err := client.Open(t.TempDir(), client.Options{HTTP: old, Kinds: casework.Kinds()})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			ctx := context.Background()
			if err := p.Enrol(ctx, "http://office.example", "7QK2M-9XW4P-3TRHV", "desk", "test"); err != nil {
				t.Fatal(err)
			}
			report, err := p.Sync(ctx)
			if err != nil {
				t.Fatal(err)
			}
			people, err := p.People()
			if err != nil || len(people) != 4 || len(old.rest) > 0 {
				t.Fatalf("%d people, %v, %d answers were not asked for", len(people), err, len(old.rest))
			}
			for _, person := range people {
				records, err := p.View(person.Scope)
				if err != nil || len(records) != 8 { // the person, six supports, an assignment
					t.Errorf("%d records of %s, %v", len(records), person.Text("name"), err)
				}
			}
			if st, err := p.State(); err != nil || st.Differs || st.Incidents > 0 || report.Records == 0 {
				t.Errorf("%+v, %v, %+v", st, err, report)
			}
		})
	}
}
