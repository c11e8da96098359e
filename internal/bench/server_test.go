package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "alongside/server" // what is built and measured, so that go test does not take a result from before a change
)

// server is the built binary, serving from a folder of its own.
type server struct {
	binary, data, url string
	process           *exec.Cmd
	http              *http.Client
}

func start(tb testing.TB) (*server, error) {
	dir := tb.TempDir()
	s := &server{binary: filepath.Join(dir, "alongside"), data: filepath.Join(dir, "data"), http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}, Timeout: time.Minute}}
	if out, err := exec.Command("go", "build", "-o", s.binary, "alongside/cmd/alongside").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.process = exec.Command(s.binary, "serve", "--data", s.data, "--addr", "127.0.0.1:0")
	s.process.Stderr = log
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	at, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		s.stop()
		said, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("the server does not say where it listens: %q %s", line, said)
	}
	s.url = at
	return s, nil
}

func (s *server) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait()
}

// command runs one of the office's and reads its object.
func (s *server) command(into any, args ...string) error {
	out, err := exec.Command(s.binary, append(args, "--data", s.data, "--json")...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%s: %s", args[0], bytes.TrimSpace(exit.Stderr))
		}
		return err
	}
	return json.Unmarshal(out, into)
}

// tokens is what a device gets on coming in.
type tokens struct {
	Access string `json:"access_token"`
}

// enrolled makes workers, and a phone for each.
func (s *server) enrolled(n int) ([]*phone, error) {
	var team struct {
		ID string `json:"team_id"`
	}
	if err := s.command(&team, "team", "add", "Bench"); err != nil {
		return nil, err
	}
	var phones []*phone
	for i := range n {
		var user struct {
			ID string `json:"user_id"`
		}
		if err := s.command(&user, "user", "add", "--name", "Worker "+strconv.Itoa(i), "--role", "worker", "--team", team.ID); err != nil {
			return nil, err
		}
		var in struct {
			Code string `json:"code"`
		}
		if err := s.command(&in, "enrol", user.ID); err != nil {
			return nil, err
		}
		var t tokens
		body := fmt.Sprintf(`{"code":%q,"device":{"name":"bench","platform":"bench"}}`, in.Code)
		if err := s.post("/v1/enrol", "", body, &t); err != nil {
			return nil, err
		}
		phones = append(phones, &phone{server: s, token: t.Access})
	}
	return phones, nil
}

// another is a fresh client of the same worker.
func (p *phone) another() (*phone, error) {
	var t tokens
	err := p.server.post("/v1/client", p.token, "{}", &t)
	return &phone{server: p.server, token: t.Access}, err
}

func (s *server) post(path, token, body string, into any) error {
	req, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: %s: %s", path, resp.Status, b)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// cpu is the processor time that the server has had so far, over its threads. Go does not end threads as it goes.
func (s *server) cpu() (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		ns, _, _ := strings.Cut(string(b), " ")
		n, err := strconv.ParseInt(ns, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		sum += time.Duration(n)
	}
	if sum == 0 {
		return 0, errors.New("the kernel does not say what processor time a thread has had (schedstat)")
	}
	return sum, nil
}

// disk is how long an append of a batch's size takes to be durable.
func disk(dir string, batch int) (bytes int, median, worst time.Duration, err error) {
	f, err := os.Create(filepath.Join(dir, "append"))
	if err != nil {
		return 0, 0, 0, err
	}
	defer f.Close()
	b := make([]byte, batch*opSize)
	var took []time.Duration
	for range 40 {
		start := time.Now()
		if _, err := f.Write(b); err != nil {
			return 0, 0, 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, 0, 0, err
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return len(b), took[len(took)/2], took[len(took)*9/10], nil
}
