package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// reader follows README in a folder of their own, command by command, and looks where it says to look.
type reader struct {
	*shell
	url string // of the server, where README says http://localhost:8080
}

// newReader has bin/alongside in the folder, as it is after a build.
func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{shell: newShell(t)}
	if err := os.Mkdir(filepath.Join(r.dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(r.dir, "bin", "alongside")); err != nil {
		t.Fatal(err)
	}
	r.is("TZ", "UTC") // what is shown is by this machine's clock
	return r
}

// is gives a name that README uses its value. A command with a name that has none fails.
func (r *reader) is(name, value string) { r.env = append(r.env, name+"="+value) }

func (r *reader) bash(line string) *exec.Cmd {
	c := r.command() // for its folder and environment
	at := exec.Command("bash", "-euo", "pipefail", "-c", strings.ReplaceAll(line, "http://localhost:8080", r.url))
	at.Dir, at.Env = c.Dir, c.Env
	return at
}

// runs gives what a command printed that is to go well.
func (r *reader) runs(line string) string {
	r.t.Helper()
	out, err := r.bash(line).CombinedOutput()
	if err != nil {
		r.t.Fatalf("%s\n%v\n%s", line, err, out)
	}
	return string(out)
}

// answers are what the commands of a block printed, each with its command.
type answers []struct{ line, out string }

func (r *reader) follows(block []string) (all answers) {
	r.t.Helper()
	for _, line := range block {
		all = append(all, struct{ line, out string }{line, r.runs(line)})
	}
	return all
}

// to is what the last command said that ends so.
func (a answers) to(t *testing.T, end string) string {
	t.Helper()
	for _, one := range slices.Backward(a) {
		if strings.HasSuffix(one.line, end) {
			return one.out
		}
	}
	t.Fatalf("README has no command that ends with %s where it is looked for", end)
	return ""
}

// lineWith is the first line that has all the parts in it.
func lineWith(t *testing.T, text string, parts ...string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			return line
		}
	}
	t.Fatalf("no line has %q:\n%s", parts, text)
	return ""
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// idAtEnd is where README tells people to find it.
func idAtEnd(t *testing.T, line string) string {
	t.Helper()
	words := strings.Fields(line)
	id := words[len(words)-1]
	if uuid.FindString(id) != id {
		t.Fatalf("no id at the end of %q", line)
	}
	return id
}

// blocks are the commands under a heading of README.
func blocks(t *testing.T, heading string, want int) (all [][]string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for {
		_, rest, more := strings.Cut(section, "\n```sh\n")
		if !more {
			break
		}
		var block string
		block, section, _ = strings.Cut(rest, "\n```")
		all = append(all, strings.Split(block, "\n"))
	}
	if len(all) != want {
		t.Fatalf("README has %d blocks of commands under %q, want %d", len(all), heading, want)
	}
	return all
}

func TestADayWithTwoPhonesGoesAsReadmeSays(t *testing.T) {
	day := blocks(t, "A day with two phones", 5)
	p := startDemo(t)
	guide := p.said(t, "The last one")
	codes := regexp.MustCompile(`(?m)^ +(worker|coordinator) +(.*?) +([0-9A-Z]{5}(?:-[0-9A-Z]{5}){2})$`).FindAllStringSubmatch(guide, -1)
	who := regexp.MustCompile(`Three people know (.*), and`).FindStringSubmatch(guide)
	if len(codes) != 3 || codes[0][1] != "worker" || codes[1][1] != "worker" || codes[2][1] != "coordinator" || who == nil {
		t.Fatalf("the demo names no two workers and a coordinator who know one person:\n%s", guide)
	}
	first, second, person := codes[0][2], codes[1][2], who[1]
	r := newReader(t)
	r.url = strings.TrimPrefix(strings.TrimSpace(lineWith(t, guide, "listening on ")), "listening on ")
	r.is("ONE", codes[0][3])
	r.is("TWO", codes[1][3])
	r.is("DESK", codes[2][3])
	r.is("PERSON", person)

	said := r.follows(day[0])
	visit := idAtEnd(t, lineWith(t, said.to(t, `phone/one "$PERSON"`), " planned "))
	r.is("VISIT", visit)

	// Both move it, out of each other's sight.
	said = r.follows(day[1])
	lineWith(t, said.to(t, "phone/one outbox"), person, "2030-03-01 14:00")
	both := said.to(t, "phone/one $VISIT")
	lineWith(t, both, "2030-03-01 14:00", "by "+first)
	lineWith(t, both, "2030-03-01 16:00", "by "+second)

	// Writing one settles it.
	settled := r.follows(day[2]).to(t, `phone/desk "$PERSON"`)
	lineWith(t, settled, "2030-03-01 16:00", visit)
	if n := strings.Count(settled, "2030-03-01"); n != 1 {
		t.Errorf("of the settled time %d stand, want 1:\n%s", n, settled)
	}

	// The first phone drops the person, and its late entry is held.
	r.is("ASSIGNMENT", idAtEnd(t, lineWith(t, settled, "  worker ", first)))
	author := r.only("bin/alongside phone show --data phone/desk --json $ASSIGNMENT").Fields.Worker
	if people := r.runs("bin/alongside phone show --data phone/one"); !strings.Contains(people, person) {
		t.Errorf("the first phone does not list %s before it hears of the end:\n%s", person, people)
	}
	said = r.follows(day[3])
	lineWith(t, said.to(t, "phone/one kept"), "Went well")
	lineWith(t, said.to(t, "phone/one kept"), "kept for a coordinator")
	if people := r.runs("bin/alongside phone show --data phone/one"); strings.Contains(people, person) {
		t.Errorf("the first phone still lists %s:\n%s", person, people)
	}
	for _, about := range []string{"$PERSON", "$VISIT"} {
		out, err := r.bash(`bin/alongside phone show --data phone/one "` + about + `"`).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "nobody on this phone is called") {
			t.Errorf("the first phone still shows %s: %v\n%s", about, err, out)
		}
	}
	r.is("HELD", idAtEnd(t, lineWith(t, said.to(t, "phone/desk held"), "Went well", person, "by "+first)))
	if before := r.runs("bin/alongside phone sync --data phone/two && bin/alongside phone show --data phone/two $VISIT"); strings.Contains(before, "Went well") {
		t.Errorf("the late entry stands before anybody lets it in:\n%s", before)
	}

	// The coordinator lets it in; it stands under its author's name.
	lineWith(t, r.follows(day[4]).to(t, "phone/two $VISIT"), "Went well", visit)
	if got := r.only("bin/alongside phone show --data phone/two --json $VISIT").User; author == "" || got != author {
		t.Errorf("what was let in stands under the name of %q, want %q", got, author)
	}
	p.end(t)
}

type shownOne struct {
	User   string
	Fields struct{ Worker string }
}

// only is the one record that a command shows as JSON.
func (r *reader) only(line string) shownOne {
	r.t.Helper()
	var got struct{ Records []shownOne }
	out := r.runs(line)
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Records) != 1 {
		r.t.Fatalf("%s shows no one record: %v\n%s", line, err, out)
	}
	return got.Records[0]
}

func TestAnOfficeOfYourOwnGoesAsReadmeSays(t *testing.T) {
	r := newReader(t)
	var d *daemon
	var team, user string
	said := map[string]string{} // by command
	for _, line := range blocks(t, "An office of your own", 1)[0] {
		command, _, _ := strings.Cut(strings.TrimPrefix(line, "bin/alongside "), " ")
		switch command {
		case "serve":
			d = r.start(r.bash("exec " + strings.Replace(line, ":8080", ":0", 1)))
			continue
		case "restore":
			if d == nil {
				t.Fatal("README's office restores before it serves")
			}
			if rest, code := d.stop(syscall.SIGTERM); rest != "" || code != 0 {
				t.Errorf("the server ended with %d and %q", code, rest)
			}
		}
		line = strings.NewReplacer("TEAM_ID", team, "USER_ID", user).Replace(line)
		out := r.runs(line)
		said[command] = out
		switch command {
		case "team":
			team = uuid.FindString(out)
		case "user":
			user = uuid.FindString(out)
		}
	}
	lineWith(t, said["enrol"], strings.Replace(d.url, "127.0.0.1", "localhost", 1)+"/app/#enrol=")
	lineWith(t, said["check"], "no faults")
	if said["restore"] == "" {
		t.Error("README's office ends without a restore, or it says nothing")
	}
	if before, err := filepath.Glob(filepath.Join(r.dir, "data?*")); err != nil || len(before) == 0 {
		t.Errorf("the restore moved nothing aside: %v, %v", before, err)
	}
	r.runs("bin/alongside enrol " + user + " --data ./data") // what was backed up is there again
}
