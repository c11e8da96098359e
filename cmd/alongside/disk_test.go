package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pusher is a device that sends one op at a time, and remembers what was acknowledged.
type pusher struct {
	t      *testing.T
	d      *daemon
	token  string
	person string
	n      int
	acked  int
}

func newPusher(t *testing.T, s *shell, d *daemon, data string) *pusher {
	t.Helper()
	team := s.text("team", "add", "Made-up Team", "--data", data)("team_id")
	user := s.text("user", "add", "--name", "one", "--role", "worker", "--team", team, "--data", data)("user_id")
	code := s.text("enrol", user, "--data", data)("code")
	status, got := d.post("/v1/enrol", fmt.Sprintf(`{"code":%q,"device":{"name":"a phone","platform":"test"}}`, code))
	if status != http.StatusCreated {
		t.Fatalf("enrol: %d %v", status, got)
	}
	p := &pusher{t: t, d: d, token: got["access_token"].(string), person: "0192f0c1-5555-7b3c-8d1e-5f60718293a4"}
	if status, _ := p.push(fmt.Sprintf(`"kind":"person","record":%q,"set":{"name":"Somebody"}`, p.person)); status != http.StatusOK {
		t.Fatalf("the first push: %d", status)
	}
	return p
}

func (p *pusher) sync(ops string) (int, http.Header, []byte) {
	p.t.Helper()
	body := fmt.Sprintf(`{"schema":1,"cursor":"","last_n":%d,"max_bytes":4194304,"ops":[%s]}`, p.n, ops)
	req, err := http.NewRequest("POST", p.d.url+"/v1/sync", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, res.Header, b.Bytes()
}

// push offers the op that comes next, until it is acknowledged: the same again, if it was not.
func (p *pusher) push(what string) (int, string) {
	p.t.Helper()
	p.n = p.acked + 1
	op := fmt.Sprintf(`{"n":%d,"id":"0192f0c1-0000-7000-8000-%012d","at":"2026-11-22T09:00:00Z","scope":"person/%s","base":0,%s}`, p.n, p.n, p.person, what)
	status, head, body := p.sync(op)
	if status == http.StatusOK {
		if !bytes.Contains(body, []byte(`"status":"applied"`)) {
			p.t.Fatalf("op %d: %s", p.n, body)
		}
		p.acked = p.n
		return status, ""
	}
	var problem struct{ Code string }
	if err := json.Unmarshal(body, &problem); err != nil || head.Get("Retry-After") == "" {
		p.t.Errorf("status %d, Retry-After %q: %s", status, head.Get("Retry-After"), body)
	}
	return status, problem.Code
}

func (p *pusher) support() (int, string) {
	return p.push(fmt.Sprintf(`"kind":"support","record":"0192f0c1-1111-7000-8000-%012d","set":{"what":"call","at":"2026-11-22T09:00:00Z","note":%q}`,
		p.acked, strings.Repeat("words ", 1500)))
}

func (d *daemon) ready() int {
	d.t.Helper()
	res, err := http.Get(d.url + "/readyz")
	if err != nil {
		d.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// awaits waits until the server is ready, or not any more.
func (d *daemon) awaits(status int) {
	d.t.Helper()
	for range 600 {
		if d.ready() == status {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	d.t.Fatalf("readyz never said %d; the log:\n%s", status, d.stderr)
}

func (p *pusher) holds(s *shell, data string) {
	p.t.Helper()
	status, _, body := p.sync("")
	got := bytes.Count(body, []byte(`"kind":"support"`))
	if status != http.StatusOK || got != p.acked-1 || !bytes.Contains(body, []byte(`"complete":true`)) {
		p.t.Errorf("status %d, %d supports, want %d in one page", status, got, p.acked-1)
	}
	if r := s.run("check", "--data", data); r.code != 0 {
		p.t.Errorf("check: %s%s", r.stdout, r.stderr)
	}
}

// smallDisk is a disk of its own, in the shell's folder.
func (s *shell) smallDisk(name string) string {
	s.t.Helper()
	disk := filepath.Join(s.dir, name)
	if err := os.Mkdir(disk, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=12m"); err != nil {
		s.t.Skipf("not run: no small disk can be mounted here: %v", err)
	}
	s.t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	return disk
}

// fillUp leaves so many bytes on a disk, and gives the file that takes the rest.
func fillUp(t *testing.T, disk string, leave int64) string {
	t.Helper()
	f, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 64<<10); ; {
		if _, err := f.Write(block); err != nil {
			break
		}
	}
	if info, err := f.Stat(); err != nil || f.Truncate(info.Size()-leave) != nil || f.Close() != nil {
		t.Fatal("the disk could not be filled")
	}
	return f.Name()
}

func TestAFullDiskTakesNothingAndLosesNothing(t *testing.T) {
	s := newShell(t)
	disk := s.smallDisk("disk")
	d := s.serve("--data", "disk/data")
	p := newPusher(t, s, d, "disk/data")
	filler := fillUp(t, disk, 256<<10)
	status, code := http.StatusOK, ""
	for range 200 {
		if status, code = p.support(); status != http.StatusOK {
			break
		}
	}
	if status != http.StatusInsufficientStorage || code != "disk_full" {
		t.Fatalf("when the disk was full: %d %s; the log:\n%s", status, code, d.stderr)
	}
	d.awaits(http.StatusServiceUnavailable)
	for range 600 { // until the store has been opened anew, it is not read either
		if status, _, _ = p.sync(""); status == http.StatusOK {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if status != http.StatusOK {
		t.Errorf("reading on a full disk: %d", status)
	}
	if status, code := p.support(); status != http.StatusInsufficientStorage || code != "disk_full" || d.ready() != http.StatusServiceUnavailable {
		t.Errorf("on a full disk: %d %s", status, code)
	}
	if r := s.run("backup", "disk/backup", "--data", "disk/data"); r.code != 1 || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("a backup to a full disk: exit %d: %s", r.code, r.stderr)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	d.awaits(http.StatusOK)
	if status, code := p.support(); status != http.StatusOK {
		t.Errorf("with room again: %d %s", status, code)
	}
	p.holds(s, "disk/data")
}

// An archive whose disk is full falls behind and says so, phones notice nothing of it, and it takes later what it lacks.
func TestAnArchiveOnAFullDiskHoldsNobodyUp(t *testing.T) {
	s := newShell(t)
	disk := s.smallDisk("disk")
	d := s.serve("--data", "data", "--archive", "disk/archive")
	p := newPusher(t, s, d, "data")
	s.ok("backup", "old.backup", "--data", "data")
	filler := fillUp(t, disk, 32<<10)
	for range 20 {
		if status, code := p.support(); status != http.StatusOK {
			t.Fatalf("%d %s; the log:\n%s", status, code, d.stderr)
		}
	}
	s.until("a failure of the archive", func() bool { return s.figure("data", "alongside_archive_failures_total") > 0 })
	if d.ready() != http.StatusOK {
		t.Error("the server is not ready, since its archive is behind")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if status, code := p.support(); status != http.StatusOK {
		t.Fatalf("with room again: %d %s", status, code)
	}
	d.stop(syscall.SIGTERM) // it archives what is left
	if err := os.RemoveAll(filepath.Join(s.dir, "data")); err != nil {
		t.Fatal(err)
	}
	s.ok("restore", "old.backup", "--data", "data", "--archive", "disk/archive")
	p.d = s.serve("--data", "data", "--archive", "disk/archive")
	p.holds(s, "data")
}

// A disk that fails at any one of the calls that make a commit durable: nobody is told of what is not there, and the
// server opens the store anew by itself.
func TestADiskThatFailsOnceIsOpenedAnew(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("not run: strace is missing")
	}
	for _, fault := range []string{"fdatasync:error=EIO", "pwrite64:error=EIO", "pwrite64:error=ENOSPC"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			d := s.serve("--data", "data")
			p := newPusher(t, s, d, "data")
			call, _, _ := strings.Cut(fault, ":")
			tracer := exec.Command("strace", "-f", "-qq", "-o", filepath.Join(s.dir, "calls"), "-e", "trace="+call, "-e", "inject="+fault+":when=1", "-p", fmt.Sprint(d.cmd.Process.Pid))
			if err := tracer.Start(); err != nil {
				t.Skipf("not run: %v", err)
			}
			gone := make(chan error, 1)
			go func() { gone <- tracer.Wait() }()
			s.until("a call that fails", func() bool { // until the tracer is there, all goes well
				status, _ := p.support()
				select {
				case err := <-gone:
					t.Skipf("not run: strace may not trace here: %v", err)
				default:
				}
				return status != http.StatusOK
			})
			_ = tracer.Process.Signal(os.Interrupt)
			<-gone
			d.awaits(http.StatusOK)
			if status, code := p.support(); status != http.StatusOK {
				t.Errorf("after it: %d %s", status, code)
			}
			p.holds(s, "data")
			if !strings.Contains(d.stderr.String(), "opened anew") {
				t.Error("the store was not opened anew")
			}
		})
	}
}
