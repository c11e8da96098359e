package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alongside/internal/admin"
	"alongside/internal/auth"
)

func (r *running) user(role auth.Role, team string) (id string, p phone) {
	r.t.Helper()
	id, err := r.office().AddUser(context.Background(), admin.NewUser{Name: "Ann", Role: role, Team: team})
	if err != nil {
		r.t.Fatal(err)
	}
	return id, r.enrol(id)
}

// sync pushes one op and gives its status.
func (r *running) sync(p phone, n int, op string) string {
	r.t.Helper()
	res, body := r.request("POST", "/v1/sync", p.Access, fmt.Sprintf(`{"schema":1,"cursor":"","last_n":%d,"ops":[{"n":%d,"id":%q,"at":"2026-11-22T09:00:00Z",%s}]}`,
		n, n, newID(), op))
	var ack struct{ Results []struct{ Status string } }
	line, _, _ := strings.Cut(body, "\n")
	if err := json.Unmarshal([]byte(line), &ack); err != nil || len(ack.Results) != 1 {
		r.t.Fatalf("sync: %s %s", res.Status, body)
	}
	return ack.Results[0].Status
}

// live listens, and gives a channel of the hints.
func (r *running) live(p phone) <-chan string {
	r.t.Helper()
	req, err := http.NewRequest("GET", r.url+"/v1/live", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.Access)
	res, err := r.client.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		r.t.Fatalf("live: %v %v", res, err)
	}
	hints := make(chan string, 16)
	go func() {
		defer res.Body.Close()
		defer close(hints)
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			if data, ok := strings.CutPrefix(s.Text(), "data: "); ok {
				hints <- data
			}
		}
	}()
	return hints
}

func waitFor[T any](t *testing.T, what string, from <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-from:
	case <-time.After(time.Minute):
		t.Fatalf("no %s", what)
	}
	return got
}

func TestAccessBeginsAndEndsByTheCalendarThoughNobodySyncs(t *testing.T) {
	r := start(t, Config{})
	team, err := r.office().AddTeam(context.Background(), "North")
	if err != nil {
		t.Fatal(err)
	}
	_, desk := r.user(auth.Coordinator, team)
	worker, phone := r.user(auth.Worker, team)
	hints := r.live(phone)
	waitFor(t, "hint on connecting", hints)
	person, assignment := newID(), newID()
	if got := r.sync(desk, 1, fmt.Sprintf(`"scope":"person/%s","kind":"person","record":%q,"base":0,"set":{"name":"Somebody"}`, person, person)); got != "applied" {
		t.Fatalf("making a person came to %s", got)
	}
	from := time.Now().Add(3 * time.Second).UTC() // for the assignment to be there before it begins
	got := r.sync(desk, 2, fmt.Sprintf(`"scope":"person/%s","kind":"assignment","record":%q,"base":0,"set":{"worker":%q,"from":%q,"until":%q}`,
		person, assignment, worker, from.Format(time.RFC3339Nano), from.Add(3*time.Second).Format(time.RFC3339Nano)))
	if got != "applied" {
		t.Fatalf("the assignment came to %s", got)
	}
	waitFor(t, "hint at the start of access", hints)
	if early := time.Until(from); early > 0 {
		t.Errorf("access began %v too early", early)
	}
	waitFor(t, "hint at the end of access", hints)
	if early := time.Until(from.Add(3 * time.Second)); early > 0 {
		t.Errorf("access ended %v too early", early)
	}
}

func TestStoreIsOpenedAnew(t *testing.T) {
	dir := t.TempDir()
	var log journal
	s, err := New(Config{Data: dir, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	first := s.parts.Load()
	if err := first.db.Close(); err != nil { // as good as a commit that failed: nothing can be read or written
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		res, err := http.Get("http://" + l.Addr().String() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK && s.parts.Load() != first {
			break
		}
		if res.StatusCode != http.StatusServiceUnavailable || time.Now().After(until) {
			t.Fatalf("without its store the server answered %s", res.Status)
		}
	}
	line, err := admin.Call(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := line.AddTeam(ctx, "North"); err != nil {
		t.Errorf("a command after that: %v", err)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("the server stopped with %v", err)
	}
	if !strings.Contains(log.String(), "opened anew") {
		t.Errorf("the log does not say so:\n%s", &log)
	}
}

func TestMetricsAreOnTheSocketOnlyAndHoldNobody(t *testing.T) {
	r := start(t, Config{})
	team, err := r.office().AddTeam(context.Background(), "North")
	if err != nil {
		t.Fatal(err)
	}
	user, desk := r.user(auth.Coordinator, team)
	waitFor(t, "hint on connecting", r.live(desk))
	person := newID()
	r.sync(desk, 1, fmt.Sprintf(`"scope":"person/%s","kind":"person","record":%q,"base":0,"set":{"name":"Mrs Canary"}`, person, person))
	r.sync(desk, 2, fmt.Sprintf(`"scope":"person/%s","kind":"person","record":%q,"base":0,"set":{"name":7}`, person, person))
	r.request("GET", "/r/"+desk.Refresh, "", "")
	if res, _ := r.request("GET", "/metrics", "", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("metrics for everyone: %s", res.Status)
	}

	socket := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", filepath.Join(r.dir, "alongside.sock"))
	}}}
	res, err := socket.Get("http://office/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := string(b)
	for _, want := range []string{
		`alongside_requests_total{route="/v1/sync",status="200"} 2`,
		`alongside_requests_total{route="/r/:token",status="404"} 1`,
		`alongside_requests_total{route="none",status="404"} 1`,
		`alongside_requests_running{route="/v1/live"} 1`,
		`alongside_ops_total{status="rejected"} 1`,
		"alongside_store_head ", "alongside_store_bytes ", "alongside_store_commits_total ", "alongside_store_commit_seconds ",
		"alongside_backup_last_success_timestamp_seconds 0",
		"go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("metrics lack %s:\n%s", want, got)
		}
	}
	for _, secret := range []string{"Canary", person, user, team, desk.Client, desk.Refresh, desk.Access} {
		if strings.Contains(got, secret) {
			t.Errorf("metrics hold %s", secret)
		}
	}
}

func TestMetricsWithoutAStoreAreAnError(t *testing.T) {
	s, err := New(Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := s.parts.Load()
	if err := p.db.Close(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	p.desk.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("metrics of a closed store: %d %s, want 500", w.Code, w.Body)
	}
}
