package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
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
	wire              atomic.Int64 // bytes over its connections, both ways
}

// start builds the binary and serves an empty folder.
func start(tb testing.TB) (*server, error) {
	dir := tb.TempDir()
	s := &server{binary: filepath.Join(dir, "alongside"), data: filepath.Join(dir, "data")}
	s.http = client(&s.wire)
	if out, err := exec.Command("go", "build", "-o", s.binary, "alongside/cmd/alongside").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return s, s.serve()
}

// client counts what goes over its connections.
func client(wire *atomic.Int64) *http.Client {
	dial := (&net.Dialer{}).DialContext
	transport := &http.Transport{MaxIdleConnsPerHost: 2048, DisableCompression: true}
	if wire != nil {
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial(ctx, network, address)
			return &counted{c, wire}, err
		}
	}
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// serve starts the binary on its folder, and waits until it listens.
func (s *server) serve() error {
	log, err := os.OpenFile(s.data+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = exec.Command(s.binary, "serve", "--data", s.data, "--addr", "127.0.0.1:0")
	if err := s.begin(log); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w: %.2000s", err, said)
	}
	return nil
}

// begin starts the process, which says on its first line where it listens.
func (s *server) begin(log io.Writer) error {
	s.process.Stderr = log
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	at, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		s.kill()
		return fmt.Errorf("the server does not say where it listens: %q", line)
	}
	s.url = at
	return nil
}

func (s *server) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait()
	s.http.CloseIdleConnections()
}

func (s *server) kill() {
	_ = s.process.Process.Kill()
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

// quiet waits until the server has done what earlier work left to it, above all looking through what was written for reminders.
func (s *server) quiet() error {
	const look, little = 500 * time.Millisecond, 10 * time.Millisecond
	before, err := s.cpu()
	for range 240 {
		if err != nil {
			return err
		}
		time.Sleep(look)
		var now time.Duration
		if now, err = s.cpu(); err == nil && now-before < little {
			return nil
		}
		before = now
	}
	return errors.New("the server does not come to rest")
}

// memory is what the process holds, in bytes: its own, and pages of files that the kernel can take back at any time.
func (s *server) memory() (own, files int64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	value := func(name string) int64 {
		for line := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(line, name+":"); ok {
				n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64) // 0 where it is none
				return n * 1024
			}
		}
		return 0
	}
	if own = value("RssAnon"); own == 0 {
		return 0, 0, errors.New("the kernel does not say what memory the server holds (RssAnon)")
	}
	return own, value("RssFile"), nil
}

// disk is what the folder holds: the store's file, and all else, of which nearly all is the log's archive.
func (s *server) disk() (store, rest int64, err error) {
	err = filepath.WalkDir(s.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".db") {
			store += info.Size()
		} else {
			rest += info.Size()
		}
		return nil
	})
	return store, rest, err
}
