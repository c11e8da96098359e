package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// reader follows README's commands as it says, and finds what they are to be told where it says.
type reader struct {
	t    *testing.T
	dir  string
	url  string
	vars map[string]string
}

// blocks are the commands under a heading of README.
func blocks(t *testing.T, heading string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(b), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	parts := strings.Split(section, "```")
	var out []string
	for i := 1; i < len(parts); i += 2 {
		out = append(out, strings.TrimPrefix(parts[i], "sh\n"))
	}
	if !ok || len(out) == 0 {
		t.Fatalf("README has no commands under %q", heading)
	}
	return out
}

// follow runs the commands of a block and gives what each printed.
func (r *reader) follow(block string) (said []string) {
	r.t.Helper()
	for line := range strings.Lines(block) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if name := regexp.MustCompile(`\$[A-Z]+`).FindAllString(line, -1); len(name) > 0 && r.vars[name[0][1:]] == "" {
			r.t.Fatalf("nothing says what %s is: %s", name[0], line)
		}
		line = strings.ReplaceAll(strings.TrimSpace(line), "bin/alongside", binary)
		cmd := exec.Command("sh", "-c", strings.ReplaceAll(line, "http://localhost:8080", r.url))
		cmd.Dir, cmd.Env = r.dir, os.Environ()
		for name, value := range r.vars {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			r.t.Fatalf("%s: %v\n%s", line, err, out)
		}
		said = append(said, string(out))
	}
	return said
}

// idOf is at the end of the first line that has all the parts in it.
func (r *reader) idOf(text string, parts ...string) string {
	r.t.Helper()
lines:
	for line := range strings.Lines(text) {
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue lines
			}
		}
		words := strings.Fields(line)
		return words[len(words)-1]
	}
	r.t.Fatalf("no line has %q:\n%s", parts, text)
	return ""
}

func TestADayWithTwoPhonesGoesAsReadmeSays(t *testing.T) {
	p := startDemo(t)
	guide := p.said(t, "The last one")
	r := &reader{t: t, dir: t.TempDir(), vars: map[string]string{}}
	r.url = strings.TrimPrefix(strings.SplitN(guide, "\n", 2)[0], "listening on ")
	codes := regexp.MustCompile(`(?m)^  (?:worker|coordinator) +(.*) \(made up\) +(\S+)$`).FindAllStringSubmatch(guide, -1)
	who := regexp.MustCompile(`Three of them know (.*), and`).FindStringSubmatch(guide)
	if len(codes) != 3 || who == nil {
		t.Fatalf("the demo's guide names no three people who know one:\n%s", guide)
	}
	r.vars["ONE"], r.vars["TWO"], r.vars["DESK"], r.vars["PERSON"] = codes[0][2], codes[1][2], codes[2][2], who[1]

	var last string
	for _, block := range blocks(t, "A day with two phones") {
		if strings.Contains(block, "$VISIT") && r.vars["VISIT"] == "" {
			r.vars["VISIT"] = r.idOf(last, " planned ")
		}
		if strings.Contains(block, "$ASSIGNMENT") {
			r.vars["ASSIGNMENT"] = r.idOf(last, "worker ", codes[0][1])
		}
		if strings.Contains(block, "$HELD") {
			r.vars["HELD"] = r.idOf(last, "Went well")
		}
		said := r.follow(block)
		last = said[len(said)-1]
		switch {
		case strings.Contains(block, "T16:00:00Z") && strings.Contains(block, "T14:00:00Z"):
			shows(t, last, "starts at was written differently", codes[0][1], codes[1][1])
		case strings.Contains(block, "T16:00:00Z"):
			if strings.Contains(last, "starts at was written differently") {
				t.Errorf("what was settled still stands twice:\n%s", last)
			}
		case strings.Contains(block, "--delete"):
			shows(t, strings.Join(said, ""), "1 kept for a coordinator", "Went well")
		case strings.Contains(block, "$HELD"):
			shows(t, last, "Went well")
		}
	}
	if r.vars["HELD"] == "" {
		t.Error("README's day ends before the coordinator lets anything in")
	}
	p.end(t)
}

func TestAnOfficeOfYourOwnGoesAsReadmeSays(t *testing.T) {
	s := newShell(t)
	r := &reader{t: t, dir: s.dir, vars: map[string]string{}}
	for _, block := range blocks(t, "An office of your own") {
		var d *daemon
		for line := range strings.Lines(block) {
			switch {
			case strings.Contains(line, " serve "):
				d = s.serve("--data", "./data")
				r.url = d.url
				continue
			case strings.Contains(line, " restore ") && d != nil:
				d.stop(os.Interrupt)
			}
			line = strings.NewReplacer("TEAM_ID", r.vars["TEAM"], "USER_ID", r.vars["USER"]).Replace(line)
			said := strings.Join(r.follow(line), "")
			id := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).FindString(said)
			switch {
			case strings.Contains(line, "team add"):
				r.vars["TEAM"] = id
			case strings.Contains(line, "user add"):
				r.vars["USER"] = id
			}
		}
	}
	if r.vars["USER"] == "" {
		t.Error("README's office has no user")
	}
}
