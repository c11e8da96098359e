package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestServePrintsOneLineAndEndsOnASignal(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := newShell(t)
		d := s.serve()
		res, err := http.Get(d.url + "/readyz")
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("readyz: %v %v", res, err)
		}
		info, err := os.Stat(filepath.Join(s.dir, "data"))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the data folder has the mode %v, %v, want 0700", info.Mode(), err)
		}
		if rest, code := d.stop(sig); rest != "" || code != 0 {
			t.Errorf("after %v it printed %q and ended with %d, want nothing and 0", sig, rest, code)
		}
		s.ok("check")
	}
}

func TestSecondServerSaysSo(t *testing.T) {
	s := newShell(t)
	s.serve()
	r := s.run("serve", "--addr", "127.0.0.1:0")
	if r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "another server") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("a second server on the folder: %+v, want exit 1 and one line", r)
	}
}

func TestWrongUseIsOneLineAndExit2(t *testing.T) {
	s := newShell(t)
	for _, args := range [][]string{
		{},
		{"nonsense"},
		{"--nonsense"},
		{"serve", "--nonsense"},
		{"serve", "extra"},
		{"serve", "--addr", "nowhere"},
		{"serve", "--addr", "127.0.0.1:notaport"},
		{"serve", "--addr", "0.0.0.0:0"},
		{"serve", "--addr", ":0"},
		{"serve", "--url", "office.example"},
		{"serve", "--url", "ftp://office.example"},
		{"serve", "--trust-proxy", "10.0.0.0/33"},
		{"serve", "--trust-proxy", "10.0.0.0/8,proxy"},
		{"serve", "--tls-cert", "cert.pem"},
		{"serve", "--tls-key", "key.pem"},
		{"serve", "--log", "loud"},
		{"serve", "--backup-every", "59s"},
		{"serve", "--backup-every", "-1h"},
		{"serve", "--backup-every", "daily"},
		{"serve", "--backup-every", "24h", "--backup-keep", "0"},
		{"serve", "--backup-every", "24h", "--backup-recipient", "age1nonsense"},
		{"serve", "--backup-every", "24h", "--backup-recipient", "@nothing"},
		{"backup", "b", "--recipient", "AGE-SECRET-KEY-1NONSENSE"},
		{"status", "extra"},
		{"team"},
		{"team", "add"},
		{"team", "add", ""},
		{"team", "add", strings.Repeat("x", 300)},
		{"user", "add", "--name", "Ann", "--role", "boss", "--team", "x"},
		{"user", "add", "--role", "worker", "--team", "x"},
		{"user", "disable"},
		{"enrol"},
		{"serve", "--time-zone", "Nowhere/Else"},
		{"serve", "--reminder-leads", "soon"},
		{"serve", "--reminder-leads", "0s"},
		{"serve", "--quiet-hours", "at night"},
		{"serve", "--quiet-hours", "25:00-09:00"},
		{"serve", "--quiet-days", "Someday"},
		{"serve", "--quiet-days", "Mon,Tue,Wed,Thu,Fri,Sat,Sun"},
		{"serve", "--per-day", "0"},
		{"serve", "--per-day", "many"},
		{"serve", "--fcm-project", "x"},
		{"serve", "--fcm-project", "x", "--fcm-credentials", "nothing.json"},
		{"serve", "--fcm-endpoint", "http://localhost:1"},
		{"serve", "--vapid-subject", "somebody"},
		{"serve", "--push-hosts", "https://push.example"},
		{"serve", "--notify-key", "x"},
		{"serve", "--notify-token", "0123456789abcdef"},
		{"serve", "--notify-key", "x", "--notify-template", "f33517ff-2a88-4f6e-b855-c550268ce08a"},
		{"serve", "--notify-key", "a_test-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0", "--notify-template", "x"},
		{"demo", "--per-day", "0"},
		{"person"},
		{"person", "link"},
		{"person", "link", "nobody"},
		{"enrol", "x", "--url", "nowhere"},
		{"device"},
		{"device", "revoke"},
		{"backup"},
		{"restore"},
		{"check", "--json=maybe"},
	} {
		r := s.run(args...)
		if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || len(r.stderr) < 15 {
			t.Errorf("alongside %s: exit %d, %q, %q, want 2 and one line on standard error", strings.Join(args, " "), r.code, r.stdout, r.stderr)
		}
	}
}

func TestFailureIsOneLineAndExit1(t *testing.T) {
	s := newShell(t)
	s.ok("team", "add", "North")
	for _, args := range [][]string{
		{"user", "add", "--name", "Ann", "--role", "worker", "--team", "North"},
		{"user", "disable", "nobody"},
		{"enrol", "nobody"},
		{"device", "revoke", "nothing"},
		{"device", "report", "nothing"},
		{"device", "list", "--data", "nowhere"},
		{"check", "--data", "nowhere"},
		{"backup", "no/such/folder/file"},
		{"restore", "nothing"},
		{"status", "--data", "nowhere"},
		{"serve", "--tls-cert", "nothing.pem", "--tls-key", "nothing.pem"},
		{"serve", "--addr", "203.0.113.1:1", "--url", "http://office.example"},
	} {
		for _, more := range [][]string{nil, {"--json"}} {
			args := append(args, more...)
			r := s.run(args...)
			if r.code != 1 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("alongside %s: exit %d, %q, %q, want 1 and one line on standard error", strings.Join(args, " "), r.code, r.stdout, r.stderr)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "nowhere")); err == nil {
		t.Error("a command that only looks made a folder")
	}
}

// The whole of an office's day, on a stopped and on a running server.
func TestOfficeWorksLiveAndStopped(t *testing.T) {
	for _, live := range []bool{false, true} {
		t.Run(map[bool]string{false: "stopped", true: "live"}[live], func(t *testing.T) {
			s := newShell(t)
			var d *daemon
			if live {
				d = s.serve()
			}
			team := s.text("team", "add", "North")("team_id")
			user := s.text("user", "add", "--name", "Ann", "--role", "worker", "--team", team)("user_id")
			invitation := s.text("enrol", user)
			code, link := invitation("code"), invitation("link")
			if at, err := time.Parse(time.RFC3339, invitation("expires_at")); err != nil || at.Before(time.Now()) {
				t.Errorf("the code is good until %v, %v", at, err)
			}
			want := "http://localhost:8080/app/#enrol=" + code
			if live {
				want = strings.Replace(d.url, "127.0.0.1", "localhost", 1) + "/app/#enrol=" + code
			}
			if link != want {
				t.Errorf("the link is %s, want %s", link, want)
			}
			desk := s.text("user", "add", "--name", "Bea", "--role", "coordinator", "--team", team)("user_id")
			if link := s.text("enrol", desk)("link"); !strings.Contains(link, "/console/#enrol=") {
				t.Errorf("a coordinator's link is %s", link)
			}

			if !live {
				d = s.serve() // to enrol, there has to be one
			}
			status, phone := d.post("/v1/enrol", `{"code":"`+code+`","device":{"name":"a phone","platform":"android"}}`)
			if status != http.StatusCreated {
				t.Fatalf("enrol: %d %v", status, phone)
			}
			client := phone["client_id"].(string)
			if !live {
				d.stop(syscall.SIGTERM)
			}

			list := s.object("device", "list")["devices"].([]any)
			if got := list[0].(map[string]any); len(list) != 1 || got["client_id"] != client || got["user"] != user || got["name"] != "Ann" || got["device"] != "a phone" {
				t.Errorf("device list: %v", list)
			}
			report := s.object("device", "report", client)
			if people, ok := report["people"].([]any); !ok || len(people) != 0 || report["client_id"] != client || report["user"] != user {
				t.Errorf("device report: %v", report)
			}
			if off := s.object("device", "revoke", client)["cut_off"].([]any); len(off) != 1 {
				t.Errorf("device revoke: %v", off)
			}
			if off := s.object("user", "disable", user)["cut_off"].([]any); len(off) != 0 {
				t.Errorf("user disable after a revocation: %v", off)
			}
			for _, args := range [][]string{{"device", "list"}, {"device", "report", client}, {"device", "revoke", client},
				{"user", "disable", user}, {"enrol", desk}, {"team", "add", "South"}} {
				if out := s.ok(args...); out == "" || strings.HasPrefix(out, "{") {
					t.Errorf("alongside %s says nothing to people: %q", strings.Join(args, " "), out)
				}
			}
			if faults := s.object("check")["faults"].([]any); len(faults) != 0 {
				t.Errorf("check: %v", faults)
			}
			if out := s.ok("check"); out != "no faults\n" {
				t.Errorf("check: %q", out)
			}
			if live {
				d.stop(syscall.SIGTERM)
				for _, secret := range []string{code, "Ann", "127.0.0.1"} {
					if strings.Contains(d.stderr.String(), secret) {
						t.Errorf("the log holds %q:\n%s", secret, d.stderr)
					}
				}
			}
		})
	}
}

func TestEnrolDrawsACode(t *testing.T) {
	s := newShell(t)
	team := strings.TrimSpace(s.ok("team", "add", "North"))
	user := strings.TrimSpace(s.ok("user", "add", "--name", "Ann", "--role", "worker", "--team", team))
	out := s.ok("enrol", user, "--url", "https://office.example/")
	if !strings.Contains(out, "https://office.example/app/#enrol=") || !strings.Contains(out, "▀▀▀▀") {
		t.Errorf("enrol printed no link or no QR code:\n%s", out)
	}
}

func TestFlagsStandBeforeAndAfterArgumentsAndInTheEnvironment(t *testing.T) {
	s := newShell(t)
	for _, args := range [][]string{
		{"team", "add", "--data", "one", "--json", "North"},
		{"team", "add", "North", "--json", "--data", "one"},
		{"--json", "team", "add", "--data=one", "North"},
	} {
		if out := s.ok(args...); !strings.HasPrefix(out, `{"team_id":"`) {
			t.Errorf("alongside %s: %q", strings.Join(args, " "), out)
		}
	}
	s.env = []string{"ALONGSIDE_DATA=two", "ALONGSIDE_JSON=true"}
	team := s.text("team", "add", "North")("team_id")
	s.env = append(s.env, "ALONGSIDE_ROLE=worker", "ALONGSIDE_TEAM="+team)
	s.text("user", "add", "--name", "Ann")("user_id")
	for _, name := range []string{"one", "two"} {
		if _, err := os.Stat(filepath.Join(s.dir, name, "alongside.db")); err != nil {
			t.Errorf("the folder %s was not used: %v", name, err)
		}
	}
	s.env = []string{"ALONGSIDE_DATA=three", "ALONGSIDE_URL=https://office.example", "ALONGSIDE_LOG=json", "ALONGSIDE_TRUST_PROXY=10.0.0.0/8,192.0.2.1/32"}
	d := s.serve()
	if _, err := http.Get(d.url + "/healthz"); err != nil {
		t.Fatal(err)
	}
	d.stop(syscall.SIGTERM)
	if !strings.HasPrefix(d.stderr.String(), "{") {
		t.Errorf("with ALONGSIDE_LOG=json the log is %q", d.stderr)
	}
	if kept, err := os.ReadFile(filepath.Join(s.dir, "three", "alongside.url")); string(kept) != "https://office.example\n" {
		t.Errorf("with ALONGSIDE_URL links carry %q, %v", kept, err)
	}
	s.env = []string{"ALONGSIDE_ADDR=nowhere"}
	if r := s.run("serve"); r.code != 2 || !strings.Contains(r.stderr, "ALONGSIDE_ADDR") {
		t.Errorf("a wrong value in the environment: %+v", r)
	}
}

func TestServeWithJSONPrintsOneObject(t *testing.T) {
	s := newShell(t)
	c := s.command("serve", "--addr", "127.0.0.1:0", "--json")
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	var object struct{ URL string }
	if err := json.NewDecoder(stdout).Decode(&object); err != nil || !strings.HasPrefix(object.URL, "http://127.0.0.1:") {
		t.Errorf("serve --json printed %+v, %v", object, err)
	}
}

func TestBackupRestoreCheck(t *testing.T) {
	s := newShell(t)
	d := s.serve()
	team := s.text("team", "add", "North")("team_id")
	ann := s.text("user", "add", "--name", "Ann", "--role", "worker", "--team", team)("user_id")
	if b := s.text("backup", "live.backup"); b("file") == "" {
		t.Error("backup does not say where it is")
	}
	s.text("user", "add", "--name", "Late", "--role", "worker", "--team", team)
	if r := s.run("restore", "live.backup"); r.code != 1 || !strings.Contains(r.stderr, "stop it first") {
		t.Errorf("a restore under a running server: %+v", r)
	}
	d.stop(syscall.SIGTERM)
	s.ok("backup", "stopped.backup")

	r := s.text("restore", "live.backup")
	if r("epoch") == "" {
		t.Error("restore does not say its epoch")
	}
	if _, err := os.Stat(filepath.Join(r("aside"), "alongside.db")); err != nil {
		t.Errorf("the former store is not where restore says: %v", err)
	}
	out := s.ok("restore", "live.backup")
	for _, want := range []string{"epoch", "is now in", "may be undone"} {
		if !strings.Contains(out, want) {
			t.Errorf("restore does not say %q: %s", want, out)
		}
	}
	s.ok("check")
	s.ok("enrol", ann)
	d = s.serve()
	s.ok("enrol", ann)
	s.ok("check")
	d.stop(syscall.SIGTERM)

	if files, _ := filepath.Glob(filepath.Join(s.dir, "*.partial")); len(files) != 0 {
		t.Errorf("backups left %v", files)
	}
	if files, _ := filepath.Glob(filepath.Join(s.dir, "data", "*.db")); len(files) != 1 {
		t.Errorf("the folder holds the stores %v, want one", files)
	}
}

func TestDamagedStoreIsNotServed(t *testing.T) {
	s := newShell(t)
	s.ok("team", "add", "North")
	s.ok("backup", "good.backup")
	store := filepath.Join(s.dir, "data", "alongside.db")
	if err := os.Truncate(store, 9000); err != nil {
		t.Fatal(err)
	}
	r := s.run("serve", "--addr", "127.0.0.1:0")
	if r.code != 1 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "alongside check --data") || !strings.Contains(r.stderr, "alongside restore") {
		t.Errorf("serving a damaged store: %+v", r)
	}
	if r := s.run("check"); r.code != 1 || r.stdout == "" || r.stderr != "" {
		t.Errorf("checking a damaged store: %+v", r)
	}
	r = s.run("check", "--json")
	var found struct{ Faults []string }
	if err := json.Unmarshal([]byte(r.stdout), &found); err != nil || len(found.Faults) == 0 || r.code != 1 || r.stderr != "" {
		t.Errorf("checking a damaged store: %+v, %v", r, err)
	}
	bad := filepath.Join(s.dir, "bad.backup")
	damaged, err := os.ReadFile(store)
	if err == nil {
		err = os.WriteFile(bad, damaged, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r := s.run("restore", "bad.backup"); r.code != 1 {
		t.Errorf("restoring a damaged backup: %+v", r)
	}
	s.ok("restore", "good.backup")
	s.ok("check")
}

func TestServesTLS(t *testing.T) {
	s := newShell(t)
	some := httptest.NewUnstartedServer(nil)
	some.StartTLS()
	pair := some.TLS.Certificates[0]
	some.Close()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(s.dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := s.serve("--tls-cert", "cert.pem", "--tls-key", "key.pem")
	if !strings.HasPrefix(d.url, "https://127.0.0.1:") {
		t.Errorf("with TLS it listens on %s", d.url)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	res, err := client.Get(d.url + "/healthz")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("over TLS: %v %v", res, err)
	}
	if _, code := d.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}
