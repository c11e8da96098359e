package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// binary is the program, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "alongside-test-")
	if err == nil {
		binary = filepath.Join(dir, "alongside")
		var out []byte
		if out, err = exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// result is what a command came to.
type result struct {
	code           int
	stdout, stderr string
}

// shell runs commands in one folder, with an environment of its own.
type shell struct {
	t   *testing.T
	dir string
	env []string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	return &shell{t: t, dir: t.TempDir()}
}

func (s *shell) command(args ...string) *exec.Cmd {
	c := exec.Command(binary, args...)
	c.Dir = s.dir
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "ALONGSIDE_") {
			c.Env = append(c.Env, e)
		}
	}
	c.Env = append(c.Env, s.env...)
	return c
}

func (s *shell) run(args ...string) result {
	s.t.Helper()
	c := s.command(args...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		s.t.Fatal(err)
	}
	return result{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// ok runs a command that is to go well, and gives what it printed.
func (s *shell) ok(args ...string) string {
	s.t.Helper()
	r := s.run(args...)
	if r.code != 0 || r.stderr != "" {
		s.t.Fatalf("%s: exit %d: %s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// object runs a command with --json, and gives its one object.
func (s *shell) object(args ...string) map[string]any {
	s.t.Helper()
	out := s.ok(append(args, "--json")...)
	var object map[string]any
	dec := json.NewDecoder(strings.NewReader(out))
	if err := dec.Decode(&object); err != nil || dec.More() || strings.Count(out, "\n") != 1 {
		s.t.Fatalf("%s --json printed no one object on one line: %q", strings.Join(args, " "), out)
	}
	return object
}

func (s *shell) text(args ...string) func(member string) string {
	s.t.Helper()
	object := s.object(args...)
	return func(member string) string {
		s.t.Helper()
		text, ok := object[member].(string)
		if !ok {
			s.t.Fatalf("%s has no text %q: %v", strings.Join(args, " "), member, object)
		}
		return text
	}
}

// daemon is `alongside serve` as it runs.
type daemon struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	stdout *bufio.Reader
	stderr *logged
}

// logged is what a program has said so far.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (s *shell) serve(args ...string) *daemon {
	s.t.Helper()
	return s.start(s.command(append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...))
}

// start runs a command that serves, and waits until it does.
func (s *shell) start(cmd *exec.Cmd) *daemon {
	s.t.Helper()
	d, err := s.try(cmd)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *shell) try(cmd *exec.Cmd) (*daemon, error) {
	d := &daemon{t: s.t, stderr: &logged{}, cmd: cmd}
	d.cmd.Stderr = d.stderr
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	s.t.Cleanup(func() { _ = d.cmd.Process.Kill(); _ = d.cmd.Wait() })
	d.stdout = bufio.NewReader(stdout)
	line, err := d.stdout.ReadString('\n')
	at, ok := strings.CutPrefix(line, "listening on ")
	if !ok {
		return nil, fmt.Errorf("serve printed %q, %v", line, err)
	}
	d.url = strings.TrimSuffix(at, "\n")
	return d, nil
}

// stop ends the server, and gives what it still printed and its exit code.
func (d *daemon) stop(sig os.Signal) (rest string, code int) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(sig); err != nil {
		d.t.Fatal(err)
	}
	b, _ := io.ReadAll(d.stdout)
	_ = d.cmd.Wait()
	return string(b), d.cmd.ProcessState.ExitCode()
}

func (d *daemon) post(path, body string) (int, map[string]any) {
	d.t.Helper()
	res, err := http.Post(d.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	var object map[string]any
	if err := json.NewDecoder(res.Body).Decode(&object); err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, object
}
