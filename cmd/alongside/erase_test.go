package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// traces names the files below a folder in which a word stands.
func traces(t *testing.T, dir, word string) (found []string) {
	t.Helper()
	scanned := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		scanned += len(raw)
		if bytes.Contains(raw, []byte(word)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes scanned in %s", scanned, filepath.Base(dir))
	return found
}

func (p *partnership) person(phone, name string) string {
	p.t.Helper()
	people, _ := p.object("phone", "show", "--data", phone)["people"].([]any)
	for _, one := range people {
		if one := one.(map[string]any); strings.Contains(one["name"].(string), name) {
			return one["id"].(string)
		}
	}
	p.t.Fatalf("%s does not show %s: %v", phone, name, people)
	return ""
}

func TestErasedIsErasedEverywhere(t *testing.T) {
	for name, running := range map[string]bool{"while the server runs": true, "while it is stopped": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPartnership(t, "--archive", "disk/archive")
			p.on("one", "edit", "person", "new", "name=Canary Whinbrae", "interests+=Canary")
			p.on("one", "edit", "person", "new", "name=Other Person")
			p.on("one", "edit", "support", "whinbrae", "what=visit", "at=2026-11-20T09:00:00Z", "note=Canary and forms")
			p.on("one", "sync")
			p.on("desk", "sync")
			id := p.person("desk", "Canary")
			p.on("two", "sync")
			p.ok("backup", "old.backup", "--data", p.data)
			p.on("one", "edit", "support", "whinbrae", "what=call", "at=2026-11-21T09:00:00Z", "note=Canary after the backup")
			p.on("one", "sync")
			p.on("one", "edit", "support", "whinbrae", "what=call", "at=2026-11-22T09:00:00Z", "note=Canary unsent")
			p.archived()
			if len(traces(t, filepath.Join(p.dir, "data"), "Canary")) == 0 || len(traces(t, filepath.Join(p.dir, "disk"), "Canary")) == 0 {
				t.Fatal("there is nothing to erase")
			}
			if !running {
				p.server.stop(syscall.SIGTERM)
			}
			if r := p.run("retention", "hold", id, "--reason", "case 12/26", "--data", p.data); r.code != 0 {
				t.Fatalf("hold: %s", r.stderr)
			}
			if r := p.run("erase", id, "--data", p.data); r.code != 1 || !strings.Contains(r.stderr, "legal hold") {
				t.Errorf("on hold: exit %d: %s%s", r.code, r.stdout, r.stderr)
			}
			p.ok("retention", "release", id, "--data", p.data)
			done := p.object("erase", id, "--data", p.data)
			if done["person"] != id || done["records"].(float64) < 3 || done["entries"].(float64) < 4 || len(done["devices"].([]any)) == 0 {
				t.Errorf("erase --json says %v", done)
			}
			shows(t, p.ok("erase", id, "--data", p.data), "erased before")
			p.ok("backup", "fresh.backup", "--data", p.data)
			if !running {
				p.again()
			}
			for _, dir := range []string{"data", "disk"} {
				for _, f := range traces(t, filepath.Join(p.dir, dir), "Canary") {
					t.Errorf("there is still a trace in %s", f)
				}
			}
			if raw, err := os.ReadFile(filepath.Join(p.dir, "fresh.backup")); err != nil || bytes.Contains(raw, []byte("Canary")) {
				t.Errorf("a fresh backup has a trace of it, %v", err)
			}

			// Phones let go of it, and what one still brings is not taken.
			shows(t, p.on("one", "sync"), "1 not taken")
			p.on("desk", "sync")
			for _, phone := range []string{"one", "desk"} {
				if text := p.on(phone, "show"); strings.Contains(text, "Canary") || !strings.Contains(text, "Other Person") {
					t.Errorf("%s shows\n%s", phone, text)
				}
			}
			shows(t, p.on("one", "show", "kept"), "erased")

			// A backup of before brings it back for no longer than the archive takes to be replayed.
			p.server.stop(syscall.SIGTERM)
			p.ok("restore", "old.backup", "--data", p.data, "--archive", "disk/archive")
			for _, f := range traces(t, filepath.Join(p.dir, "data"), "Canary") {
				t.Errorf("after a restore there is a trace in %s", f)
			}
			p.again()
			p.on("desk", "sync")
			if text := p.on("desk", "show"); strings.Contains(text, "Canary") || !strings.Contains(text, "Other Person") {
				t.Errorf("after a restore the desk shows\n%s", text)
			}
			if r := p.run("check", "--data", p.data); r.code != 0 {
				t.Errorf("check: %s%s", r.stdout, r.stderr)
			}
			if r := p.run("erase", "00000000-0000-4000-8000-000000000000", "--data", p.data); r.code != 1 || !strings.Contains(r.stderr, "nothing was ever written") {
				t.Errorf("nobody: exit %d: %s", r.code, r.stderr)
			}
			if r := p.run("erase", "Whinbrae", "--data", p.data); r.code != 2 {
				t.Errorf("a name: exit %d: %s", r.code, r.stderr)
			}
		})
	}
}

func TestRetentionListsWhomNobodyHasWrittenAboutForLong(t *testing.T) {
	t.Parallel()
	p := newPartnership(t)
	p.on("one", "edit", "person", "new", "name=Canary Whinbrae")
	p.on("one", "edit", "person", "new", "name=Open Person")
	p.on("one", "edit", "person", "whinbrae", "state=closed")
	p.on("one", "sync")
	id := p.person("one", "Canary")
	if people := p.object("retention", "--data", p.data)["people"].([]any); len(people) != 0 {
		t.Errorf("somebody closed today is past six years: %v", people)
	}
	p.ok("retention", "hold", id, "--reason", "case 12/26", "--data", p.data)
	people := p.object("retention", "--after", "0d", "--data", p.data)["people"].([]any)
	if len(people) != 1 {
		t.Fatalf("past no time at all: %v", people)
	}
	if one := people[0].(map[string]any); one["person"] != id || one["state"] != "closed" || one["hold"] != "case 12/26" || one["team"] != p.team {
		t.Errorf("retention says %v", one)
	}
	if r := p.run("retention", "--after", "ever", "--data", p.data); r.code != 2 {
		t.Errorf("--after ever: exit %d: %s", r.code, r.stderr)
	}
}

// An archive whose disk was not there when somebody was erased obeys when it is there again.
func TestAnArchiveThatWasAwayForgetsToo(t *testing.T) {
	for name, running := range map[string]bool{"while the server runs": true, "while it is stopped": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPartnership(t, "--archive", "disk/archive")
			p.on("one", "edit", "person", "new", "name=Canary Whinbrae")
			p.on("one", "sync")
			id := p.person("one", "Canary")
			p.server.stop(syscall.SIGTERM)
			disk, away := filepath.Join(p.dir, "disk"), filepath.Join(p.dir, "away")
			if err := os.Rename(disk, away); err != nil {
				t.Fatal(err)
			}
			if running {
				p.again() // over an archive that is begun anew
			}
			p.ok("erase", id, "--data", p.data)
			if running {
				p.server.stop(syscall.SIGTERM)
			}
			if err := errors.Join(os.RemoveAll(disk), os.Rename(away, disk)); err != nil {
				t.Fatal(err)
			}
			if len(traces(t, disk, "Canary")) == 0 {
				t.Fatal("there is nothing to erase")
			}
			p.again()
			p.server.stop(syscall.SIGTERM)
			for _, f := range append(traces(t, disk, "Canary"), traces(t, filepath.Join(p.dir, "data"), "Canary")...) {
				t.Errorf("there is still a trace in %s", f)
			}
		})
	}
}
