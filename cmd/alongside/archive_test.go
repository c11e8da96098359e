package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// partnership is a served folder with a worker's and a coordinator's phone, and a backup of before most happened.
type partnership struct {
	*shell
	t      *testing.T
	server *daemon
	data   string
	flags  []string
	team   string
	users  map[string]string
}

func newPartnership(t *testing.T, flags ...string) *partnership {
	t.Helper()
	return (&partnership{shell: newShell(t), t: t, data: "data", flags: append([]string{"--data", "data"}, flags...), users: map[string]string{}}).begin()
}

func (p *partnership) begin() *partnership {
	p.t.Helper()
	p.server = p.serve(p.flags...)
	p.team = p.text("team", "add", "Made-up Team", "--data", p.data)("team_id")
	for who, role := range map[string]string{"one": "worker", "two": "worker", "desk": "coordinator"} {
		p.join(who, role)
	}
	return p
}

func (p *partnership) join(who, role string) {
	p.t.Helper()
	p.users[who] = p.text("user", "add", "--name", who, "--role", role, "--team", p.team, "--data", p.data)("user_id")
	p.on(who, "enrol", "--server", p.server.url, p.text("enrol", p.users[who], "--data", p.data)("code"))
}

func (p *partnership) on(phone string, args ...string) string {
	p.t.Helper()
	return p.ok(append(append([]string{"phone"}, args...), "--data", phone)...)
}

// again serves the folder anew. Phones keep the address that they enrolled at.
func (p *partnership) again() {
	p.t.Helper()
	addr := strings.TrimPrefix(p.server.url, "http://")
	for range 50 { // the port may still be held for a moment
		cmd := p.command(append([]string{"serve", "--addr", addr}, p.flags...)...)
		if d, err := p.try(cmd); err == nil {
			p.server = d
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatalf("%s could not be served on again", addr)
}

// archived waits until the archive, which follows the log, has all of it.
func (p *partnership) archived() {
	p.t.Helper()
	head := p.object("status", "--data", p.data)["head"].(float64)
	p.until("the archive of the log", func() bool { return p.figure(p.data, "alongside_archive_head") >= head })
}

func (p *partnership) client(of string) string {
	p.t.Helper()
	for _, d := range p.object("device", "list", "--data", p.data)["devices"].([]any) {
		if d := d.(map[string]any); d["user"] == p.users[of] {
			return d["client_id"].(string)
		}
	}
	p.t.Fatalf("%s has no device", of)
	return ""
}

// happen is what comes after the backup: people written about, a worker cut off, one disabled, one who joins.
func (p *partnership) happen() {
	p.t.Helper()
	p.on("one", "edit", "person", "new", "name=Morven Whinbrae")
	p.on("one", "edit", "support", "morven", "what=visit", "at=2026-11-20T09:00:00Z", "note=tea and forms")
	p.on("one", "sync")
	p.on("desk", "sync")
	p.ok("device", "revoke", p.client("two"), "--data", p.data)
	p.join("late", "worker")
	p.on("late", "sync")
	p.ok("user", "disable", p.users["late"], "--data", p.data)
}

// stands holds that all of that is so.
func (p *partnership) stands() {
	p.t.Helper()
	fresh := filepath.Join("fresh", p.t.Name())
	p.on(fresh, "enrol", "--server", p.server.url, p.text("enrol", p.users["one"], "--data", p.data)("code"))
	p.on(fresh, "sync")
	shows(p.t, p.on(fresh, "show", "morven"), "tea and forms")
	for _, off := range []string{"two", "late"} {
		if r := p.run("phone", "sync", "--data", off); r.code == 0 || !strings.Contains(r.stderr, "cut off") {
			p.t.Errorf("the phone of %s: exit %d: %s%s", off, r.code, r.stdout, r.stderr)
		}
	}
	if r := p.run("enrol", p.users["late"], "--data", p.data); r.code == 0 {
		p.t.Error("a disabled user got a code")
	}
	shows(p.t, p.on("one", "sync"), "sent 0") // nothing had to be offered again
	if r := p.run("check", "--data", p.data); r.code != 0 {
		p.t.Errorf("check: %s%s", r.stdout, r.stderr)
	}
}

func TestARestoreWithTheArchiveUndoesNothing(t *testing.T) {
	for name, archived := range map[string]string{"in the folder": "data/archive", "elsewhere": "disk/archive"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var flags []string
			if archived != "data/archive" {
				flags = []string{"--archive", archived}
			}
			p := newPartnership(t, flags...)
			p.ok("backup", "old.backup", "--data", p.data)
			p.happen()
			p.archived()
			p.server.stop(syscall.SIGKILL)
			if err := os.Remove(filepath.Join(p.dir, "data", "alongside.db")); err != nil {
				t.Fatal(err)
			}
			done := p.object("restore", "old.backup", "--data", p.data, "--archive", archived)
			if n, _ := done["entries"].(float64); n < 8 || n > 100 || done["undone"] != nil {
				t.Errorf("restore --json says %v", done)
			}
			p.again()
			p.stands()

			// And once more, over the archive that has gone on.
			p.on("one", "edit", "support", "morven", "what=call", "at=2026-11-21T09:00:00Z", "note=after it")
			p.on("one", "sync")
			p.server.stop(syscall.SIGTERM)
			shows(t, p.ok("restore", "old.backup", "--data", p.data, "--archive", archived), "stands again")
			p.again()
			p.on("desk", "sync")
			shows(t, p.on("desk", "show", "morven"), "tea and forms", "after it")
		})
	}
}

func TestARestoreWithoutTheArchiveSaysWhatItMayUndo(t *testing.T) {
	t.Parallel()
	p := newPartnership(t)
	p.ok("backup", "old.backup", "--data", p.data)
	p.happen()
	p.server.stop(syscall.SIGTERM)
	shows(t, p.ok("restore", "old.backup", "--data", p.data), " of one: 2 entries", "user late made", "user late disabled", " of two cut off", "--archive")

	// Where the former store is gone, all who may have sent something are named.
	p.ok("backup", "older.backup", "--data", p.data)
	if err := os.RemoveAll(filepath.Join(p.dir, "data")); err != nil {
		t.Fatal(err)
	}
	shows(t, p.ok("restore", "older.backup", "--data", p.data), "Nobody can tell", " of one", " of desk")
}

func TestAStoreThatWasPutBackTakesWhatTheArchiveHolds(t *testing.T) {
	t.Parallel()
	p := newPartnership(t, "--archive", "disk/archive")
	p.server.stop(syscall.SIGTERM)
	db := filepath.Join(p.dir, "data", "alongside.db")
	old, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	p.again()
	p.happen()
	p.server.stop(syscall.SIGTERM)
	if err := os.WriteFile(db, old, 0o600); err != nil {
		t.Fatal(err)
	}
	p.again()
	p.stands()
}

// What cannot be replayed is refused in a line, and changes nothing: a restore that says nothing is undone has looked at an archive.
func TestARestoreRefusesWhatIsNoArchiveOfItsStore(t *testing.T) {
	t.Parallel()
	p := newPartnership(t, "--archive", "disk/archive")
	p.ok("backup", "old.backup", "--data", p.data)
	p.server.stop(syscall.SIGTERM)
	s := p.serve("--data", "other")
	p.text("team", "add", "Made-up Team", "--data", "other")
	s.stop(syscall.SIGTERM)
	segment := filepath.Join(p.dir, "disk", "archive", "segment-000000000001.log")
	raw, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.Mkdir(filepath.Join(p.dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	damage := func() {
		if err := os.WriteFile(segment, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		archive string
		code    int
		says    string
		before  func()
	}{
		{"nowhere", 2, "there is no archive in", func() {}},
		{"empty", 2, "there is no archive in", func() {}},
		{"fresh/archive", 2, "broken off", func() {}},
		{"other/archive", 1, "belongs to another store", func() {}},
		{"disk/archive", 1, "restore without --archive", damage},
	} {
		c.before()
		r := p.run("restore", "old.backup", "--data", "fresh", "--archive", c.archive)
		if r.code != c.code || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.says) || r.stdout != "" {
			t.Errorf("--archive %s: exit %d: %s%s", c.archive, r.code, r.stdout, r.stderr)
		}
		if _, err := os.Stat(filepath.Join(p.dir, "fresh", "alongside.db")); err == nil {
			t.Errorf("--archive %s: there is a store", c.archive)
		}
	}
}
