package server

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"alongside/internal/admin"
)

func TestServerNamesBuildsThatMustNotGoOn(t *testing.T) {
	r := start(t, Config{Recall: []string{"field/bad"}})
	p := r.phone()
	for build, want := range map[string]bool{"field/bad": true, "field/good": false} {
		_, body := r.request("POST", "/v1/sync", p.Access, `{"schema":1,"last_n":0,"build":"`+build+`"}`)
		if got := strings.Contains(body, `"recall":true`); got != want {
			t.Errorf("%s: recall %t, want %t: %s", build, got, want, body)
		}
	}
}

// What was sealed to the key of a store opens in what is restored from its backup.
func TestKeyToSealToComesWithABackup(t *testing.T) {
	r := start(t, Config{})
	_, before := r.request("GET", "/v1/seal-key", "", "")
	file, anew := filepath.Join(t.TempDir(), "backup.db"), filepath.Join(t.TempDir(), "anew")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.office().Backup(context.Background(), f, func(done, all int64) {}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Restore(context.Background(), file, anew, "", admin.Options{}); err != nil {
		t.Fatal(err)
	}
	again := start(t, Config{Data: anew})
	if _, after := again.request("GET", "/v1/seal-key", "", ""); !strings.Contains(before, `"kid"`) || after != before {
		t.Errorf("the key was %s, and is %s", before, after)
	}
}
