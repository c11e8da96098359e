package server

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alongside/internal/admin"
	"alongside/internal/boltstore"
)

// A session is in the backup, and one that has ended since stays ended where the archive is replayed.
func TestSessionsOutliveARestartAndARestore(t *testing.T) {
	d := startDesk(t)
	stays, ended := d.signIn("Cass"), d.signIn("Ada")
	file := filepath.Join(t.TempDir(), "backup")
	if _, err := admin.BackupTo(context.Background(), d.office(), d.dir, file, nil); err != nil {
		t.Fatal(err)
	}
	ended.want(http.StatusNoContent, "POST", "/console/api/signout", "")
	d.restart(d.dir)
	stays.want(http.StatusOK, "GET", "/console/api/session", "")
	ended.want(http.StatusUnauthorized, "GET", "/console/api/session", "")

	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "restored")
	if _, err := boltstore.Restore(context.Background(), file, dir, boltstore.Options{Now: d.clock.now}); err != nil {
		t.Fatal(err)
	}
	d.restart(dir)
	stays.want(http.StatusOK, "GET", "/console/api/session", "")
	d.clock.pass(31 * time.Minute)
	stays.want(http.StatusUnauthorized, "GET", "/console/api/session", "")
}

// restart serves from dir, at another port.
func (d *deskTest) restart(dir string) {
	d.t.Helper()
	if err := d.stop(); err != nil {
		d.t.Fatal(err)
	}
	again := start(d.t, Config{Data: dir, Now: d.clock.now})
	*d.running = *again
}

func TestOverTLSTheCookieIsTheHostsAlone(t *testing.T) {
	d := startDesk(t)
	code := d.code("Cass")
	dir := d.dir
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	d.running = start(t, Config{Data: dir, Now: d.clock.now, URL: "https://office.example"}) // TLS ends at a proxy
	b := &browser{d: d}
	res, body := b.post("/console/api/enrol", `{"code":"`+code+`","device":{"name":"x","platform":"web"}}`, "Origin", "https://office.example")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", res.Status, body)
	}
	c := res.Header.Get("Set-Cookie")
	if !strings.HasPrefix(c, "__Host-alongside=") || !strings.Contains(c, "Secure") || !strings.Contains(c, "Path=/;") || strings.Contains(c, "Domain") {
		t.Errorf("the cookie is %q", c)
	}
	b.took(res, body)
	plain := &browser{d: d, cookie: strings.Replace(b.cookie, "__Host-", "", 1)}
	plain.want(http.StatusUnauthorized, "GET", "/console/api/session", "")
}

func TestTheLogsSumIsTheBackupsAndOutlivesAnErasure(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	person := b.bring("people", caseload).Rows[0].Record
	sum := func(upTo uint64) string {
		t.Helper()
		var of boltstore.LogHash
		made := filepath.Join(t.TempDir(), "copy")
		if _, err := admin.BackupTo(context.Background(), d.office(), d.dir, made, nil); err != nil {
			t.Fatal(err)
		}
		err := boltstore.Peek(context.Background(), made, func(tx *boltstore.Tx) (err error) {
			for uint64(of.Head) < upTo && err == nil {
				of, err = of.Extend(tx, 1)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return of.String()
	}
	told := parsed[struct {
		Head uint64
		Hash string `json:"head_hash"`
	}](t, b.want(http.StatusOK, "GET", "/console/api/audit", ""))
	if got := sum(told.Head); got != told.Hash || len(got) != 64 {
		t.Errorf("the audit's sum is %s, a copy's %s", told.Hash, got)
	}
	if _, err := d.office().Erase(context.Background(), person); err != nil {
		t.Fatal(err)
	}
	if got := sum(told.Head); got != told.Hash {
		t.Errorf("after an erasure the sum up to there is %s, want %s", got, told.Hash)
	}
}

// Whoever tries codes at the desk is held back, and so are passkeys that are none.
func TestGuessesAtTheDeskAreHeldBack(t *testing.T) {
	d := startDesk(t)
	b := &browser{d: d}
	limited := false
	for range 60 {
		res, body := b.post("/console/api/enrol", `{"code":"AAAAA-AAAAA-AAAAA","device":{"name":"x","platform":"web"}}`)
		limited = limited || res.StatusCode == http.StatusTooManyRequests
		if !json.Valid([]byte(body)) {
			t.Fatal(body)
		}
	}
	if !limited {
		t.Error("60 wrong codes in a row met no limit")
	}
}
