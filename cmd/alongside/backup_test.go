package main

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
)

// keyFiles puts a new key of age into the shell's folder, and a file with its public half.
func (s *shell) keyFiles() (public string) {
	s.t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		s.t.Fatal(err)
	}
	for name, text := range map[string]string{"secret.txt": id.String(), "public.txt": "# the office's\n" + id.Recipient().String()} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text+"\n"), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return id.Recipient().String()
}

// until waits for something that is to come, for as long as the test may run.
func (s *shell) until(what string, come func() bool) {
	s.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !come(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s did not come", what)
		}
	}
}

func (s *shell) files(pattern string) []string {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.dir, pattern))
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

// figure is one of those on the socket of a folder.
func (s *shell) figure(data, name string) float64 {
	s.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", filepath.Join(s.dir, data, "alongside.sock"))
	}}}
	res, err := client.Get("http://office/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return n
		}
	}
	s.t.Fatalf("there is no figure %s", name)
	return 0
}

func TestEncryptedBackupMakesTheStoreAnew(t *testing.T) {
	s := newShell(t)
	public := s.keyFiles()
	team := s.text("team", "add", "Canary Wren")("team_id")
	s.ok("backup", "stopped.backup", "--recipient", "@public.txt")
	s.env = []string{"ALONGSIDE_RECIPIENT=" + public}
	d := s.serve()
	s.ok("backup", "live.backup")
	d.stop(syscall.SIGTERM)
	s.env = nil
	if r := s.run("restore", "live.backup"); r.code != 2 || !strings.Contains(r.stderr, "--identity") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("without the key: %+v, want exit 2 and one line", r)
	}
	if r := s.run("restore", "live.backup", "--identity", "public.txt"); r.code != 1 || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("with a file that is no key: %+v, want exit 1 and one line", r)
	}
	for _, file := range []string{"stopped.backup", "live.backup"} {
		b, err := os.ReadFile(filepath.Join(s.dir, file))
		if err != nil || bytes.Contains(b, []byte("Canary Wren")) {
			t.Errorf("%s holds the canary, or cannot be read: %v", file, err)
		}
		s.ok("restore", file, "--identity", "secret.txt", "--data", file+".data")
		s.ok("check", "--data", file+".data")
		s.ok("user", "add", "--name", "Ann", "--role", "worker", "--team", team, "--data", file+".data")
	}
	whole, err := os.ReadFile(filepath.Join(s.dir, "live.backup"))
	if err == nil {
		err = os.WriteFile(filepath.Join(s.dir, "cut.backup"), whole[:len(whole)-100], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r := s.run("restore", "cut.backup", "--identity", "secret.txt"); r.code != 1 || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("a cut backup: %+v, want exit 1 and one line", r)
	}
	if got := s.files("data.before-*"); len(got) != 0 {
		t.Errorf("a cut backup moved the folder aside: %v", got)
	}
	if got := append(s.files("plain-copy-*"), s.files("*/plain-copy-*")...); len(got) != 0 {
		t.Errorf("there is left %v", got)
	}
	s.ok("check")
}

// One server backs up, another cannot, and both go on serving.
func TestServeBacksUpByItsSchedule(t *testing.T) {
	s := newShell(t)
	s.keyFiles()
	start := time.Now()
	s.text("team", "add", "Canary Wren")
	left := filepath.Join(s.dir, "data", "plain-copy-1")
	if err := os.WriteFile(left, []byte("what a killed backup left"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env = []string{"ALONGSIDE_BACKUP_EVERY=24h", "ALONGSIDE_BACKUP_KEEP=2", "ALONGSIDE_BACKUP_RECIPIENT=@public.txt"}
	d := s.serve()
	if _, err := os.Stat(left); err == nil {
		t.Error("a plain copy that was left stands after the start")
	}
	s.env = nil
	bad := s.serve("--data", "other", "--backup-every", "24h", "--backup-dir", "no/disk")
	if before := s.ok("status"); !strings.Contains(before, "none that is known of") || !strings.Contains(before, "every 24h0m0s into "+filepath.Join(s.dir, "data", "backups")) {
		t.Errorf("status before the first backup:\n%s", before)
	}
	s.until("the first backup", func() bool { return len(s.files("data/backups/alongside-*.backup.age")) == 1 })
	const lastSuccess, failures = "alongside_backup_last_success_timestamp_seconds", "alongside_backup_failures_total"
	s.until("its notice", func() bool { return s.figure("data", lastSuccess) > float64(start.Unix()) })
	s.until("a failure", func() bool { return s.figure("other", failures) == 1 })
	if s.figure("other", lastSuccess) != 0 || s.figure("other", "alongside_backup_last_bytes") != 0 || s.figure("data", failures) != 0 ||
		s.figure("data", "alongside_backup_every_seconds") != 24*60*60 {
		t.Error("the figures of the two servers are not what happened to them")
	}
	for _, url := range []string{d.url, bad.url} {
		if res, err := http.Get(url + "/readyz"); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("readyz: %v %v", res, err)
		}
	}
	if out := s.ok("status", "--data", "other"); !strings.Contains(out, "OVERDUE") || !strings.Contains(out, "1 failed") || !strings.Contains(out, "no/disk") {
		t.Errorf("status where it fails:\n%s", out)
	}
	bad.stop(syscall.SIGTERM)
	if log := bad.stderr.String(); strings.Count(log, "the scheduled backup failed") != 1 || !strings.Contains(log, "--backup-dir is there") {
		t.Errorf("the log where it fails:\n%s", log)
	}

	bytesOfLast := s.figure("data", "alongside_backup_last_bytes")
	made := s.files("data/backups/*.backup.age")[0]
	st := s.object("status")
	last, schedule := st["last_backup"].(map[string]any), st["schedule"].(map[string]any)
	if st["running"] != true || st["url"] != strings.Replace(d.url, "127.0.0.1", "localhost", 1) || last["head"] == 0.0 || schedule["standing"] != 1.0 ||
		schedule["overdue"] != false || schedule["encrypted"] != true || schedule["keep"] != 2.0 || schedule["failures"] != 0.0 {
		t.Errorf("status: %v", st)
	}
	d.stop(syscall.SIGTERM)
	if st := s.object("status"); st["running"] != false || st["schedule"].(map[string]any)["standing"] != 1.0 || st["last_backup"].(map[string]any)["at"] != last["at"] {
		t.Errorf("status of the stopped server: %v", st)
	}
	if out := s.ok("status"); !strings.Contains(out, "stopped") || !strings.Contains(out, "the next is due at") {
		t.Errorf("status of the stopped server:\n%s", out)
	}
	s.ok("restore", made, "--identity", "secret.txt", "--data", "anew")
	s.ok("check", "--data", "anew")
	if got := s.files("data/plain-copy-*"); len(got) != 0 {
		t.Errorf("there is left %v", got)
	}
	b, err := os.ReadFile(made)
	if bytesOfLast != float64(len(b)) {
		t.Errorf("by the figures the last backup has %v bytes, and it has %d", bytesOfLast, len(b))
	}
	if err != nil || bytes.Contains(b, []byte("Canary Wren")) {
		t.Errorf("the backup holds the canary, or cannot be read: %v", err)
	}
}
