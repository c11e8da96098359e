package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// demoProcess is the built binary, run as somebody would who tries it out.
type demoProcess struct {
	*exec.Cmd
	dir   string // where its temporary folder goes
	lines *bufio.Reader
}

func startDemo(t *testing.T, flags ...string) *demoProcess {
	t.Helper()
	dir := t.TempDir()
	p := &demoProcess{Cmd: exec.Command(binary, append([]string{"demo", "--addr", "127.0.0.1:0"}, flags...)...), dir: filepath.Join(dir, "tmp")}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p.Env = append(os.Environ(), "TMPDIR="+p.dir)
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(out)
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// said is all that comes on standard output up to a line that has a text in it.
func (p *demoProcess) said(t *testing.T, until string) string {
	t.Helper()
	slow := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() })
	defer slow.Stop()
	var all strings.Builder
	for {
		line, err := p.lines.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			t.Fatalf("the demo ended before it said %q: %v\n%s", until, err, &all)
		}
		if strings.Contains(line, until) {
			return all.String()
		}
	}
}

func (p *demoProcess) end(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(p.lines)
	if err := p.Wait(); err != nil {
		t.Errorf("the demo ended with %v", err)
	}
	if len(rest) > 0 {
		t.Errorf("the demo said more: %s", rest)
	}
	left, err := os.ReadDir(p.dir)
	if err != nil || len(left) > 0 {
		t.Errorf("the demo left %v behind (%v)", left, err)
	}
}

func TestCommandsOfTheDemoDriveTwoPhones(t *testing.T) {
	p := startDemo(t)
	text := p.said(t, "The last one")
	if !regexp.MustCompile(`\Alistening on http://127\.0\.0\.1:\d+\n`).MatchString(text) {
		t.Errorf("the first line is not the address:\n%s", text)
	}
	links := regexp.MustCompile(`(?m)^  (http://localhost:\d+)/app/#enrol=(.+)$`).FindAllStringSubmatch(text, -1)
	if len(links) != 2 || links[0][2] == links[1][2] {
		t.Errorf("the demo has the links %q for browsers, want two that differ", links)
	}
	desk := regexp.MustCompile(`(?m)^  (http://localhost:\d+)/console/#enrol=(.+)$`).FindAllStringSubmatch(text, -1)
	if len(desk) != 1 || !strings.Contains(text, "The coordinator's desk, as ") {
		t.Errorf("the demo has the links %q for the coordinator's desk, want one, and whose it is:\n%s", desk, text)
	}
	for _, link := range append(links, desk...) {
		if strings.Count(text, link[2]) != 1 {
			t.Errorf("a code for a browser is offered for something else too:\n%s", text)
		}
	}
	var last string
	ran := 0
	for line := range strings.Lines(text) {
		if !strings.Contains(line, " phone ") || !strings.HasPrefix(line, "  ") {
			continue
		}
		ran++
		cmd := exec.Command("sh", "-c", strings.TrimSpace(line))
		cmd.Dir = filepath.Dir(p.dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.TrimSpace(line), err, out)
		}
		last = string(out)
	}
	if ran != 12 {
		t.Errorf("%d commands, want 12:\n%s", ran, text)
	}
	for _, want := range []string{"safe times         written differently", "After 2 in the afternoon   by ", "Mornings, before the bus   by ", "choir"} {
		if !strings.Contains(last, want) {
			t.Errorf("the last command does not show %q:\n%s", want, last)
		}
	}
	p.end(t)
}

func TestDemoPrintsOneObject(t *testing.T) {
	p := startDemo(t, "--json")
	var got map[string]any
	if err := json.Unmarshal([]byte(p.said(t, "\n")), &got); err != nil {
		t.Fatal(err)
	}
	url, _ := got["url"].(string)
	if worker, _ := got["worker"].(string); url == "" || !strings.HasPrefix(worker, url+"/app/#enrol=") {
		t.Errorf("worker = %v, want a link at %s", got["worker"], url)
	}
	if coordinator, _ := got["coordinator"].(string); !strings.HasPrefix(coordinator, url+"/console/#enrol=") {
		t.Errorf("coordinator = %v, want a link at %s", got["coordinator"], url)
	}
	if person, _ := got["person"].(string); !strings.HasPrefix(person, url+"/r/") || len(person) < len(url)+len("/r/")+22 {
		t.Errorf("person = %v, want a page at %s", got["person"], url)
	}
	p.end(t)
}

func TestDemoThatOthersReachNeedsItsAddress(t *testing.T) {
	var stdout, stderr strings.Builder
	if code := run([]string{"demo", "--addr", "0.0.0.0:0"}, &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), "--url") {
		t.Errorf("exit %d, %q, want 2 and a word about --url", code, stderr.String())
	}
}
