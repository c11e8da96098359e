package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"alongside/internal/admin"
	"alongside/internal/auth"
	"alongside/internal/boltstore"
)

// running is a server on a real store and a real port.
type running struct {
	t      *testing.T
	url    string
	dir    string
	log    *journal
	client *http.Client
	stop   func() error
}

// journal is a log that can be read while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func start(t *testing.T, c Config) *running {
	t.Helper()
	r := &running{t: t, log: &journal{}, client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
	if c.Data == "" {
		c.Data = t.TempDir()
	}
	c.Log = slog.New(slog.NewTextHandler(r.log, nil))
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.dir, r.url = c.Data, "http://"+l.Addr().String()
	if c.Cert != "" {
		r.url = "https://" + l.Addr().String()
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = r.stop() })
	return r
}

// request gives a response with its body read.
func (r *running) request(method, path, token, body string, headers ...string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res, string(b)
}

func (r *running) office() admin.Commands {
	r.t.Helper()
	line, err := admin.Call(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	return line
}

type phone struct {
	Client  string `json:"client_id"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	code    string
}

// phone enrols one of a new worker.
func (r *running) phone() phone {
	r.t.Helper()
	ctx, office := context.Background(), r.office()
	team, err := office.AddTeam(ctx, "North")
	if err != nil {
		r.t.Fatal(err)
	}
	user, err := office.AddUser(ctx, admin.NewUser{Name: "Ann", Role: auth.Worker, Team: team})
	if err != nil {
		r.t.Fatal(err)
	}
	return r.enrol(user)
}

func (r *running) enrol(user string) phone {
	r.t.Helper()
	invitation, err := r.office().Enrol(context.Background(), user)
	if err != nil {
		r.t.Fatal(err)
	}
	res, body := r.request("POST", "/v1/enrol", "", `{"code":"`+invitation.Code+`","device":{"name":"a phone","platform":"android"}}`)
	p := phone{code: invitation.Code}
	if err := json.Unmarshal([]byte(body), &p); err != nil || res.StatusCode != http.StatusCreated {
		r.t.Fatalf("enrol: %s %s", res.Status, body)
	}
	return p
}

func TestHealth(t *testing.T) {
	r := start(t, Config{})
	for path, want := range map[string]string{"/healthz": `{"status":"alive"}`, "/readyz": `{"status":"ready"}`} {
		if res, body := r.request("GET", path, "", ""); res.StatusCode != http.StatusOK || strings.TrimSpace(body) != want {
			t.Errorf("%s: %s %s, want %s", path, res.Status, body, want)
		}
	}
}

func TestReadyzWithoutItsStoreIsAProblem(t *testing.T) {
	s, err := New(Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/readyz": http.StatusServiceUnavailable, "/healthz": http.StatusOK} {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}

func TestEveryResponseIsGuarded(t *testing.T) {
	r := start(t, Config{})
	for _, path := range []string{"/", "/app/", "/healthz", "/v1/sync", "/v1/live", "/openapi.json", "/nothing"} {
		res, _ := r.request("GET", path, "", "")
		for name, want := range map[string]string{
			"X-Content-Type-Options":    "nosniff",
			"Referrer-Policy":           "no-referrer",
			"Content-Security-Policy":   "default-src 'none'",
			"Strict-Transport-Security": "",
		} {
			got := res.Header.Get(name)
			if want == "" && got != "" || !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s may be framed: %q", path, csp)
		}
	}
}

func TestRequestIDIsOursUnlessItIsAUUID(t *testing.T) {
	r := start(t, Config{})
	const mine = "01a20586-f96d-7e82-b71d-db2d9b68d5d0"
	if res, _ := r.request("GET", "/healthz", "", "", "X-Request-Id", mine); res.Header.Get("X-Request-Id") != mine {
		t.Errorf("a request's own UUID came back as %q", res.Header.Get("X-Request-Id"))
	}
	res, _ := r.request("GET", "/healthz", "", "", "X-Request-Id", "Mrs Canary")
	if got := res.Header.Get("X-Request-Id"); len(got) != 36 || strings.Contains(r.log.String(), "Canary") {
		t.Errorf("a text as request id came to %q and\n%s", got, r.log)
	}
}

func TestBodyOverTheLimitIsRefusedBeforeItIsUnpacked(t *testing.T) {
	r := start(t, Config{})
	p := r.phone()
	res, body := r.request("POST", "/v1/sync", p.Access, strings.Repeat("x", 2<<20))
	if res.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(body, `"code"`) {
		t.Errorf("2 MiB came to %s %s, want 413 and a problem", res.Status, body)
	}
}

func TestStopEndsLiveConnectionsAndClosesTheStore(t *testing.T) {
	r := start(t, Config{})
	p := r.phone()
	req, _ := http.NewRequest("GET", r.url+"/v1/live", nil)
	req.Header.Set("Authorization", "Bearer "+p.Access)
	res, err := r.client.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("live: %v %v", res, err)
	}
	defer res.Body.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, res.Body)
		ended <- err
	}()
	if err := r.stop(); err != nil {
		t.Errorf("the server stopped with %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the live connection ended with %v, want a clean end", err)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "alongside.sock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	db, err := boltstore.Open(admin.StorePath(r.dir), boltstore.Options{})
	if err != nil {
		t.Fatalf("the store is not free after the server: %v", err)
	}
	_ = db.Close()
}

func TestSecondServerIsRefused(t *testing.T) {
	r := start(t, Config{})
	if _, err := New(Config{Data: r.dir}); !errors.Is(err, boltstore.ErrInUse) {
		t.Errorf("a second server on the folder: %v, want %v", err, boltstore.ErrInUse)
	}
}

func TestForwardedAddressCountsFromTrustedProxiesOnly(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name, peer, forwarded, want string
		trusted                     []netip.Prefix
	}{
		{"nobody trusted", "10.1.2.3:5", "192.0.2.9", "10.1.2.3", nil},
		{"loopback is not trusted unasked", "127.0.0.1:5", "192.0.2.9", "127.0.0.1", trusted},
		{"private networks are not trusted unasked", "192.168.0.1:5", "192.0.2.9", "192.168.0.1", trusted},
		{"trusted", "10.1.2.3:5", "192.0.2.9", "192.0.2.9", trusted},
		{"trusted, IPv6", "[fd00::1]:5", "2001:db8::7", "2001:db8::7", trusted},
		{"a spoofed one before it", "10.1.2.3:5", "198.51.100.1, 192.0.2.9", "192.0.2.9", trusted},
		{"a chain of proxies", "10.1.2.3:5", "192.0.2.9, 10.1.9.9", "192.0.2.9", trusted},
		{"no address", "10.1.2.3:5", "somebody", "10.1.2.3", trusted},
		{"none", "10.1.2.3:5", "", "10.1.2.3", trusted},
	} {
		req := httptest.NewRequest("GET", "/", nil)
		req.RemoteAddr = c.peer
		if c.forwarded != "" {
			req.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := addresses(c.trusted)(req); got != c.want {
			t.Errorf("%s: the address is %s, want %s", c.name, got, c.want)
		}
	}
}
