package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

const unknown = "01a20586-f96d-7e82-b71d-db2d9b68d5d0"

// stopped is an office on a store of its own, and its folder.
func stopped(t *testing.T) (*Office, string) {
	t.Helper()
	dir := t.TempDir()
	o, err := openOffice(dir, Options{Make: true, URL: "https://office.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.DB.Close() })
	return o, dir
}

// live is a line to an office that answers on the socket of its folder.
func live(t *testing.T) (*Line, *Office, string) {
	t.Helper()
	o, dir := stopped(t)
	serve(t, dir, o)
	line, err := Call(dir)
	if err != nil {
		t.Fatal(err)
	}
	return line, o, dir
}

func serve(t *testing.T, dir string, o Commands) {
	t.Helper()
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: Desk(o)}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
}

// everywhere runs a test on a stopped office and over the socket of a live one.
func everywhere(t *testing.T, test func(t *testing.T, c Commands, o *Office, dir string)) {
	t.Run("stopped", func(t *testing.T) {
		o, dir := stopped(t)
		test(t, o, o, dir)
	})
	t.Run("live", func(t *testing.T) {
		line, o, dir := live(t)
		test(t, line, o, dir)
	})
}

func team(t *testing.T, c Commands) string {
	t.Helper()
	id, err := c.AddTeam(ctx, "North")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func user(t *testing.T, c Commands, role auth.Role, team string) string {
	t.Helper()
	id, err := c.AddUser(ctx, NewUser{Name: "Ann", Role: role, Team: team})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// device enrols one of a user.
func device(t *testing.T, c Commands, o *Office, user string) auth.Tokens {
	t.Helper()
	invitation, err := c.Enrol(ctx, user)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := o.Auth.Enrol(ctx, invitation.Code, auth.Device{Name: "a phone", Platform: "android"})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestTeamAndUserAreRecordsThatTheTeamSees(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, _ string) {
		north := team(t, c)
		ann := user(t, c, auth.Coordinator, north)
		err := o.DB.Read(ctx, func(tx *boltstore.Tx) error {
			for _, want := range []struct {
				id, kind, name, role string
			}{{north, "team", "North", ""}, {ann, "member", "Ann", "coordinator"}} {
				rec, err := tx.Record(deltasync.RecordID(want.id))
				if err != nil || rec == nil {
					t.Fatalf("record of the %s: %v %v", want.kind, rec, err)
				}
				if rec.Scope != deltasync.TeamOf(deltasync.TeamID(north)) || rec.Kind != want.kind || rec.Text("name") != want.name ||
					rec.Text("role") != want.role || rec.Made != "system/admin" {
					t.Errorf("the %s is the record %+v", want.kind, rec)
				}
			}
			u, ok, err := tx.Auth().User(ann)
			if !ok || u.Name != "Ann" || u.Role != auth.Coordinator || u.Team != north || u.Since == 0 {
				t.Errorf("the user is %+v, %v", u, ok)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatCannotBeUsedIsOneClearErrorAndChangesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, _ string) {
		north := team(t, c)
		before := o.DB.Stats().Head
		long := strings.Repeat("x", 201)
		for _, bad := range []struct {
			what  string
			do    func() error
			value bool // the value itself cannot be used, whatever the store holds
			want  string
		}{
			{"team without a name", func() error { _, err := c.AddTeam(ctx, " "); return err }, true, "empty"},
			{"team with a long name", func() error { _, err := c.AddTeam(ctx, long); return err }, true, "200 characters"},
			{"team of two lines", func() error { _, err := c.AddTeam(ctx, "a\nb"); return err }, true, "one line"},
			{"user without a name", func() error { _, err := c.AddUser(ctx, NewUser{"", auth.Worker, north}); return err }, true, "empty"},
			{"user with a long name", func() error { _, err := c.AddUser(ctx, NewUser{long, auth.Worker, north}); return err }, true, "200 characters"},
			{"user of no role", func() error { _, err := c.AddUser(ctx, NewUser{"Ann", "boss", north}); return err }, true, "boss"},
			{"user of no team", func() error { _, err := c.AddUser(ctx, NewUser{"Ann", auth.Worker, unknown}); return err }, false, unknown},
			{"user of a team that is none", func() error { _, err := c.AddUser(ctx, NewUser{"Ann", auth.Worker, "North"}); return err }, false, "North"},
			{"code for nobody", func() error { _, err := c.Enrol(ctx, unknown); return err }, false, unknown},
			{"nobody disabled", func() error { _, err := c.DisableUser(ctx, unknown); return err }, false, unknown},
			{"nothing revoked", func() error { _, err := c.Revoke(ctx, unknown); return err }, false, unknown},
			{"report on nothing", func() error { _, err := c.Report(ctx, unknown); return err }, false, unknown},
		} {
			err := bad.do()
			var value *ValueError
			if err == nil || !strings.Contains(err.Error(), bad.want) || errors.As(err, &value) != bad.value || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want one line with %q (of the value: %v)", bad.what, err, bad.want, bad.value)
			}
		}
		if after := o.DB.Stats().Head; after != before {
			t.Errorf("what was refused moved the log from %d to %d", before, after)
		}
	})
}

func TestEnrolLinksToTheAppOfTheRole(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, _ string) {
		north := team(t, c)
		for role, app := range map[auth.Role]string{auth.Worker: "/app/", auth.Coordinator: "/console/", auth.Admin: "/console/"} {
			invitation, err := c.Enrol(ctx, user(t, c, role, north))
			if err != nil {
				t.Fatal(err)
			}
			if want := "https://office.example" + app + "#enrol=" + invitation.Code; invitation.Link != want || invitation.Expires.IsZero() {
				t.Errorf("%s: %+v, want the link %s", role, invitation, want)
			}
		}
	})
}

func TestDisabledUserIsCutOff(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, _ string) {
		north := team(t, c)
		ann := user(t, c, auth.Worker, north)
		one, two := device(t, c, o, ann), device(t, c, o, ann)
		device(t, c, o, user(t, c, auth.Worker, north))
		off, err := c.DisableUser(ctx, ann)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := clients(off), []string{one.Client.ID, two.Client.ID}; !slices.Equal(got, want) {
			t.Errorf("disabling cut off %v, want %v", got, want)
		}
		if _, err := o.Auth.Verify(ctx, one.Access); !errors.Is(err, auth.ErrRevoked) {
			t.Errorf("a token of a disabled user: %v, want %v", err, auth.ErrRevoked)
		}
		if off, err := c.DisableUser(ctx, ann); err != nil || len(off) != 0 {
			t.Errorf("disabling again cut off %v, %v", off, err)
		}
		if _, err := c.Enrol(ctx, ann); err == nil {
			t.Error("a disabled user got a code")
		}
	})
}

func TestRevokeCutsOffCopiesToo(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, _ string) {
		ann := user(t, c, auth.Worker, team(t, c))
		phone := device(t, c, o, ann)
		copied, err := o.Auth.Fork(ctx, phone.Client.ID)
		if err != nil {
			t.Fatal(err)
		}
		other := device(t, c, o, ann)
		off, err := c.Revoke(ctx, phone.Client.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := clients(off), []string{phone.Client.ID, copied.Client.ID}; !slices.Equal(got, want) {
			t.Errorf("revoking cut off %v, want %v", got, want)
		}
		all, err := c.Devices(ctx)
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]Device{} // made in one millisecond, they may stand in any order
		for _, d := range all {
			by[d.Client] = d
		}
		if len(by) != 3 || by[phone.Client.ID].Revoked == nil || by[copied.Client.ID].Parent != phone.Client.ID || by[other.Client.ID].Revoked != nil {
			t.Errorf("the list is %+v", all)
		}
		if d := by[phone.Client.ID]; d.User != ann || d.Name != "Ann" || d.Device != "a phone" || d.Created.IsZero() || d.LastSeen.Before(d.Created) {
			t.Errorf("a device is listed as %+v", d)
		}
	})
}

func clients(devices []Device) []string {
	ids := []string{}
	for _, d := range devices {
		ids = append(ids, d.Client)
	}
	return ids
}

func TestBackupIsWholeVerifiedAndTold(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, dir string) {
		worker := device(t, c, o, user(t, c, auth.Worker, team(t, c)))
		client := deltasync.Client{ID: deltasync.ClientID(worker.Client.ID), User: deltasync.UserID(worker.User.ID), Role: deltasync.Worker,
			Team: deltasync.TeamID(worker.User.Team)}
		write(t, o, client, 1, newPerson(unknown))
		file := filepath.Join(t.TempDir(), "backup")
		var last, all int64
		b, err := BackupTo(ctx, c, dir, file, func(done, total int64) { last, all = done, total })
		if err != nil {
			t.Fatal(err)
		}
		if b.File != file || b.Head == 0 || last != b.Size || all < last {
			t.Errorf("the backup is %+v, and progress ended at %d of %d", b, last, all)
		}
		if err := o.DB.Read(ctx, func(tx *boltstore.Tx) error {
			n, err := tx.Counter(client.ID)
			if n.Safe != 1 {
				t.Errorf("the phone was not told that its op is safe: %+v", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if names, _ := filepath.Glob(file + "*"); len(names) != 1 {
			t.Errorf("a backup left %v", names)
		}
		empty := filepath.Join(t.TempDir(), "data")
		if _, err := Restore(ctx, file, empty, "", Options{}); err != nil {
			t.Fatal(err)
		}
		if err := Check(ctx, empty, func(fault string) { t.Errorf("the restored store: %s", fault) }); err != nil {
			t.Error(err)
		}
	})
}

func TestBackupNeverStandsInForTheStore(t *testing.T) {
	o, dir := stopped(t)
	for _, name := range []string{"alongside.db", "other.db"} {
		var value *ValueError
		if _, err := BackupTo(ctx, o, dir, filepath.Join(dir, name), nil); !errors.As(err, &value) {
			t.Errorf("a backup to %s in the store's folder: %v", name, err)
		}
	}
	if _, err := BackupTo(ctx, o, dir, t.TempDir(), nil); err == nil {
		t.Error("a backup took a folder's name")
	}
}

// torn is an office whose backups are cut.
type torn struct{ *Office }

func (o torn) Backup(ctx context.Context, w io.Writer, _ func(done, all int64)) (deltasync.Version, error) {
	var b bytes.Buffer
	head, err := o.Office.Backup(ctx, &b, nil)
	_, _ = w.Write(b.Bytes()[:b.Len()/2])
	return head, err
}

func TestCutBackupIsNotKept(t *testing.T) {
	o, dir := stopped(t)
	serve(t, dir, torn{o})
	line, err := Call(dir)
	if err != nil {
		t.Fatal(err)
	}
	for where, c := range map[string]Commands{"stopped": torn{o}, "live": line} {
		into := t.TempDir()
		if _, err := BackupTo(ctx, c, dir, filepath.Join(into, "backup"), nil); err == nil || !strings.Contains(err.Error(), "not kept") {
			t.Errorf("%s: a cut backup: %v", where, err)
		}
		if names, _ := filepath.Glob(filepath.Join(into, "*")); len(names) != 0 {
			t.Errorf("%s: a cut backup left %v", where, names)
		}
	}
}

func TestRestoreIsRefusedWhileAServerRuns(t *testing.T) {
	line, _, dir := live(t)
	file := filepath.Join(t.TempDir(), "backup")
	if _, err := BackupTo(ctx, line, dir, file, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(ctx, file, dir, "", Options{}); !errors.Is(err, boltstore.ErrInUse) {
		t.Errorf("a restore under a running server: %v, want %v", err, boltstore.ErrInUse)
	}
}

func TestCheckTellsFaults(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, _ *Office, _ string) {
		if err := c.Check(ctx, func(fault string) { t.Errorf("a sound store: %s", fault) }); err != nil {
			t.Error(err)
		}
	})
	o, dir := stopped(t)
	if err := o.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(StorePath(dir), 5000); err != nil {
		t.Fatal(err)
	}
	var faults []string
	if err := Check(ctx, dir, func(fault string) { faults = append(faults, fault) }); err != nil || len(faults) == 0 {
		t.Errorf("a cut store has the faults %v, %v", faults, err)
	}
	if err := Check(ctx, t.TempDir(), func(string) {}); !errors.Is(err, ErrNoStore) {
		t.Errorf("a check of nothing: %v, want %v", err, ErrNoStore)
	}
}

// newPerson is an op that makes a person.
func newPerson(id string) *deltasync.Op {
	return &deltasync.Op{Scope: deltasync.PersonOf(deltasync.RecordID(id)), Kind: "person", Record: deltasync.RecordID(id),
		Set: fields("name", "Somebody")}
}

// write sends a client's op, as its phone would.
func write(t *testing.T, o *Office, c deltasync.Client, n uint64, op *deltasync.Op) {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"n": n, "id": newID(), "at": "2026-11-22T09:00:00Z", "scope": op.Scope, "kind": op.Kind,
		"record": op.Record, "base": op.Base, "set": op.Set})
	if err != nil {
		t.Fatal(err)
	}
	var s sink
	if err := o.Engine.Exchange(ctx, c, &deltasync.Request{Schema: 1, LastN: n, Ops: []json.RawMessage{raw}}, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.results) != 1 || !s.results[0].Status.Took() {
		t.Fatalf("the op came to %+v", s.results)
	}
}

// sink keeps the results of a push.
type sink struct{ results []deltasync.Result }

func (s *sink) Ack(_ uint64, results []deltasync.Result)                  { s.results = append(s.results, results...) }
func (*sink) Scope(deltasync.Scope, deltasync.Version, deltasync.Mark)    {}
func (*sink) Record(deltasync.Scope, deltasync.Version, deltasync.Change) {}
func (*sink) Gone(deltasync.Scope, deltasync.Version, deltasync.Change)   {}
func (*sink) Drop(deltasync.Scope, deltasync.Version)                     {}
func (*sink) Page(deltasync.Page)                                         {}
func (*sink) Size() int                                                   { return 0 }

func TestBackupAndRestoreTakeOrdinaryFilesOnly(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, _ *Office, dir string) {
		if _, err := BackupTo(ctx, c, dir, os.DevNull, nil); err == nil || !strings.Contains(err.Error(), "ordinary") {
			t.Errorf("a backup to %s: %v", os.DevNull, err)
		}
		if _, err := boltstore.Restore(ctx, os.DevNull, t.TempDir(), boltstore.Options{}); err == nil || !strings.Contains(err.Error(), "ordinary") {
			t.Errorf("a restore from %s: %v", os.DevNull, err)
		}
		if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
			t.Fatalf("%s is not what it was: %v", os.DevNull, err)
		}
	})
}
