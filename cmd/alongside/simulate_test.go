package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSimulatedPhonesAgreeWithTheServer(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	f := s.object("simulate", "--embedded", "--phones", "6", "--for", "2s", "--cuts", "5")
	if f["phones"] != 6.0 || f["ops"].(float64) < 10 || f["syncs"].(float64) < 10 || f["cut"].(float64) == 0 || f["unsent"] != 0.0 || f["differences"] != 0.0 {
		t.Errorf("an embedded simulation came to %v", f)
	}
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "alongside-simulate-*"))
	for _, l := range left {
		if _, err := os.Stat(filepath.Join(l, "data")); err == nil {
			t.Errorf("it has left %s", l)
		}
	}

	p := newPartnership(t)
	var codes []string
	for _, who := range []string{"one", "two", "desk"} {
		codes = append(codes, p.text("enrol", p.users[who], "--data", p.data)("code"))
	}
	if err := os.WriteFile(filepath.Join(p.dir, "codes"), []byte(strings.Join(codes, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := p.ok("simulate", "--server", p.server.url, "--codes", "codes", "--for", "1s")
	shows(t, text, "3 phones", "every phone agreed")
	if r := p.run("check", "--data", p.data); r.code != 0 {
		t.Errorf("check: %s%s", r.stdout, r.stderr)
	}
}

func TestSimulateSaysWhatItNeeds(t *testing.T) {
	s := newShell(t)
	for _, args := range [][]string{{"simulate"}, {"simulate", "--server", "http://localhost:1"}, {"simulate", "--embedded", "--server", "http://localhost:1"},
		{"simulate", "--embedded", "--phones", "0"}, {"simulate", "--embedded", "--for", "never"}} {
		if r := s.run(args...); r.code != 2 || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%v: exit %d: %s", args, r.code, r.stderr)
		}
	}
}
