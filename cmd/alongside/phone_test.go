package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"alongside/internal/admin"
	"alongside/server"
)

// desk is a server with a team, whose commands the test gives.
type desk struct {
	t     *testing.T
	data  string
	url   string
	team  string
	dir   string // of phones
	names map[string]string
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, data: filepath.Join(t.TempDir(), "server"), dir: t.TempDir(), names: map[string]string{}}
	s, err := server.New(server.Config{Data: d.data})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.url = "http://" + l.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !strings.Contains(err.Error(), net.ErrClosed.Error()) {
			t.Error(err)
		}
	})
	d.team = d.object("team", "add", "Made-up Team", "--data", d.data)["team_id"].(string)
	for _, u := range []struct{ who, name, role string }{
		{"desk", "Catriona (made up)", "coordinator"}, {"one", "Ailsa (made up)", "worker"}, {"two", "Bashir (made up)", "worker"},
	} {
		user := d.object("user", "add", "--name", u.name, "--role", u.role, "--team", d.team, "--data", d.data)["user_id"].(string)
		d.names[u.who] = user
		code := d.object("enrol", user, "--data", d.data)["code"].(string)
		d.ok(u.who, "enrol", "--server", d.url, code)
	}
	return d
}

// object is what a command of the office prints.
func (d *desk) object(args ...string) map[string]any {
	d.t.Helper()
	var stdout, stderr strings.Builder
	if code := run(append(args, "--json"), &stdout, &stderr); code != 0 {
		d.t.Fatalf("%v: exit %d: %s", args, code, &stderr)
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(stdout.String()), &m); err != nil {
		d.t.Fatalf("%v: %v: %s", args, err, &stdout)
	}
	return m
}

// on runs a command of a phone and gives what it said and its exit.
func (d *desk) on(phone string, args ...string) (string, int) {
	d.t.Helper()
	var stdout, stderr strings.Builder
	code := run(append(append([]string{"phone"}, args...), "--data", filepath.Join(d.dir, phone)), &stdout, &stderr)
	if strings.Count(stderr.String(), "\n") > 1 {
		d.t.Errorf("%v says more than a line: %s", args, &stderr)
	}
	return stdout.String() + stderr.String(), code
}

func (d *desk) ok(phone string, args ...string) string {
	d.t.Helper()
	text, code := d.on(phone, args...)
	if code != 0 {
		d.t.Fatalf("%s %v: exit %d: %s", phone, args, code, text)
	}
	return text
}

func (d *desk) fails(code int, part string, phone string, args ...string) {
	d.t.Helper()
	if text, got := d.on(phone, args...); got != code || !strings.Contains(text, part) {
		d.t.Errorf("%v: exit %d: %s, want %d and %q", args, got, text, code, part)
	}
}

func shows(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

func TestTwoPhonesWriteApartAndTheDeskSettles(t *testing.T) {
	d := openDesk(t)
	d.ok("one", "edit", "person", "new", "name=Morven Whinbrae", "interests+=choir", "interests+=fishing", "phone=07700 900123")
	shows(t, d.ok("one", "show"), "Never synced. 1 not sent yet.", "Morven Whinbrae", "not sent yet")
	d.ok("one", "edit", "appointment", "morven", "title=Clinic", "starts_at=2030-12-01T10:00:00Z", "status=planned")
	d.ok("one", "edit", "support", "Whin", "what=visit", "at=2026-11-20T09:00:00Z", "minutes=40", "formal=yes", "note=Tea = forms")
	shows(t, d.ok("one", "show", "outbox"), `name "Morven Whinbrae"`, "not sent yet")
	shows(t, d.ok("one", "sync"), "sent 3", "on the server at")
	shows(t, d.ok("one", "show"), "2030-12-01 ", " Clinic", "2026-11-20 ")
	shows(t, d.ok("one", "show", "outbox"), "nothing: all that was written here is on the server")

	d.ok("desk", "sync")
	d.ok("desk", "edit", "assignment", "Morven", "worker=Bashir", "part=cover")
	d.ok("desk", "sync")
	d.ok("two", "sync")
	d.ok("one", "sync")
	d.ok("one", "edit", "person", "Morven", "phone=07700 900456", "interests-=fishing")
	d.ok("two", "edit", "person", "Morven", "phone=07700 900789")
	d.ok("one", "sync")
	shows(t, d.ok("two", "sync"), "1 also written differently")
	text := d.ok("two", "show", "Morven")
	shows(t, text, "written differently", "07700 900456   by Ailsa (made up)", "07700 900789   by Bashir (made up)")
	if strings.Contains(text, "fishing") {
		t.Errorf("an interest that was taken out is still there:\n%s", text)
	}
	d.ok("desk", "sync")
	d.ok("desk", "edit", "person", "Morven", "phone=07700 900789")
	d.ok("desk", "sync")
	d.ok("one", "sync")
	if text := d.ok("one", "show", "Morven"); strings.Contains(text, "written differently") || !strings.Contains(text, "07700 900789") {
		t.Errorf("what the desk settled still stands twice:\n%s", text)
	}

	d.ok("desk", "edit", "assignment", "Morven", "worker=Bashir", "until=now")
	d.ok("two", "edit", "support", "Morven", "what=call", "at=now", "note=Rang about Thursday")
	d.ok("desk", "sync")
	shows(t, d.ok("two", "sync"), "1 kept for a coordinator")
	shows(t, d.ok("two", "show"), "1 needs you")
	shows(t, d.ok("two", "show", "kept"), "kept for a coordinator", "Rang about Thursday")
	d.ok("desk", "sync")
	shows(t, d.ok("desk", "show", "held"), "by Bashir (made up)", "Rang about Thursday")
	held := d.object("phone", "show", "held", "--data", filepath.Join(d.dir, "desk"))["records"].([]any)
	id := held[0].(map[string]any)["id"].(string)
	d.ok("desk", "edit", "held", id[:13], "settled=accepted")
	d.ok("desk", "sync")
	d.ok("one", "sync")
	shows(t, d.ok("one", "show", "Morven"), "Rang about Thursday")
	if text := d.ok("two", "show"); strings.Contains(text, "Morven") {
		t.Errorf("a phone still shows somebody whom it may no longer see:\n%s", text)
	}
}

func TestPhoneGivesObjects(t *testing.T) {
	d := openDesk(t)
	one := filepath.Join(d.dir, "one")
	made := d.object("phone", "edit", "person", "new", "name=Rab Peatlaw", "x_later:={\"deep\":[1,2]}", "--data", one)
	id, _ := made["record"].(string)
	if made["scope"] != "person/"+id {
		t.Errorf("edit gives %v", made)
	}
	if s := d.object("phone", "sync", "--data", one); s["sent"] != 1.0 || s["waiting"] != 0.0 || s["at"] == nil {
		t.Errorf("sync gives %v", s)
	}
	if people := d.object("phone", "show", "--data", one)["people"].([]any); len(people) != 1 || people[0].(map[string]any)["name"] != "Rab Peatlaw" {
		t.Errorf("show gives %v", people)
	}
	records := d.object("phone", "show", id, "--data", one)["records"].([]any)
	if len(records) != 2 { // the assignment too
		t.Errorf("a person has %d records, want 2", len(records))
	}
	raw, _ := json.Marshal(records)
	shows(t, string(raw), `"x_later":{"deep":[1,2]}`)
}

func TestPhoneSaysWhatIsWrongInALine(t *testing.T) {
	d := openDesk(t)
	d.ok("one", "edit", "person", "new", "name=Tess Heatherrig")
	d.ok("one", "edit", "person", "new", "name=Tess Mossholm")
	for _, tt := range []struct {
		part string
		args []string
	}{
		{`"Tess" fits 2 people (Tess Heatherrig, Tess Mossholm`, []string{"show", "Tess"}},
		{`nobody on this phone is called "Ewan"`, []string{"show", "Ewan"}},
		{"no kind of record", []string{"edit", "appointmnt", "Mossholm", "title=x"}},
		{`no field "titel"`, []string{"edit", "appointment", "Mossholm", "titel=x"}},
		{"starts_at cannot be left empty", []string{"edit", "appointment", "Mossholm", "title=x"}},
		{"status is one of planned", []string{"edit", "appointment", "Mossholm", "status=plan"}},
		{"minutes is a whole number", []string{"edit", "support", "Mossholm", "minutes=ten"}},
		{"starts_at is a time", []string{"edit", "appointment", "Mossholm", "starts_at=tomorrow"}},
		{"formal is yes or no", []string{"edit", "support", "Mossholm", "formal=maybe"}},
		{"is not JSON", []string{"edit", "support", "Mossholm", "x_a:={"}},
		{"interests is a list", []string{"edit", "person", "Mossholm", "interests=choir"}},
		{"goals holds one value", []string{"edit", "person", "Mossholm", "goals+=choir"}},
		{"what is to change", []string{"edit", "person", "Mossholm"}},
		{"somebody new has a name", []string{"edit", "person", "new", "goals=A garden"}},
		{"whom is it about", []string{"edit", "appointment", "title=x"}},
		{"closed, not deleted", []string{"edit", "person", "Mossholm", "--delete"}},
		{"name cannot be left empty", []string{"edit", "person", "Mossholm", "name="}},
		{"which support is to be deleted", []string{"edit", "support", "Mossholm", "--delete"}},
		{"0 records of kind support", []string{"edit", "support", "Mossholm", "0192", "note=x"}},
		{"which held", []string{"edit", "held", "settled=accepted"}},
	} {
		d.fails(exitUsage, tt.part, "one", tt.args...)
	}
	d.fails(exitFailed, "nobody's phone yet", "none", "show")
	if _, err := os.Stat(filepath.Join(d.dir, "none")); err == nil {
		t.Error("a command that failed made a phone's folder")
	}
	d.fails(exitFailed, "", "three", "enrol", "--server", d.url, "AAAAA-AAAAA-AAAAA")
	var stdout, stderr strings.Builder
	if code := run([]string{"phone", "show", "--data", d.data}, &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), "server's folder") {
		t.Errorf("a phone in the server's folder: exit %d, %s", code, &stderr)
	}
	if _, err := os.Stat(admin.StorePath(d.data)); err != nil {
		t.Error(err)
	}
}
