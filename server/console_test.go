package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"alongside/internal/admin"
	"alongside/internal/auth"
)

// deskClock is a clock that a test sets.
type deskClock struct {
	mu sync.Mutex
	at time.Time
}

func (h *deskClock) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *deskClock) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// office is a server with two teams, and people who work in them.
type deskTest struct {
	*running
	clock        *deskClock
	north, south string
	users        map[string]string // by name
}

// browser is one that somebody sits at.
type browser struct {
	d      *deskTest
	cookie string
	csrf   string
	user   string
	answer string // to the sign-in
}

func startDesk(t *testing.T) *deskTest {
	t.Helper()
	d := &deskTest{clock: &deskClock{at: time.Now().UTC().Truncate(time.Second)}, users: map[string]string{}}
	d.running = start(t, Config{Now: d.clock.now})
	ctx, o := context.Background(), d.office()
	for _, team := range []*string{&d.north, &d.south} {
		id, err := o.AddTeam(ctx, "Foireann Ó Súilleabháin 🌿 فريق")
		if err != nil {
			t.Fatal(err)
		}
		*team = id
	}
	for _, u := range []struct {
		name string
		role auth.Role
		team string
	}{{"Wren", auth.Worker, d.north}, {"Cass", auth.Coordinator, d.north}, {"Carl", auth.Coordinator, d.south}, {"Will", auth.Worker, d.south}, {"Ada", auth.Admin, d.north}} {
		id, err := o.AddUser(ctx, admin.NewUser{Name: u.name, Role: u.role, Team: u.team})
		if err != nil {
			t.Fatal(err)
		}
		d.users[u.name] = id
	}
	return d
}

func (d *deskTest) code(name string) string {
	d.t.Helper()
	i, err := d.office().Enrol(context.Background(), d.users[name])
	if err != nil {
		d.t.Fatal(err)
	}
	return i.Code
}

func (d *deskTest) signIn(name string) *browser {
	d.t.Helper()
	b := &browser{d: d, user: name}
	res, body := b.post("/console/api/enrol", `{"code":"`+d.code(name)+`","device":{"name":"a desk","platform":"web"}}`)
	if res.StatusCode != http.StatusOK {
		d.t.Fatalf("%s signs in: %s %s", name, res.Status, body)
	}
	b.took(res, body)
	return b
}

// took keeps what a sign-in gave.
func (b *browser) took(res *http.Response, body string) {
	b.d.t.Helper()
	for _, c := range res.Cookies() {
		if c.Value != "" {
			b.cookie = c.Name + "=" + c.Value
		}
	}
	var s struct {
		CSRF string `json:"csrf"`
	}
	if err := json.Unmarshal([]byte(body), &s); err != nil || s.CSRF == "" || b.cookie == "" {
		b.d.t.Fatalf("no session in %s", body)
	}
	b.csrf, b.answer = s.CSRF, body
}

func (b *browser) post(path, body string, headers ...string) (*http.Response, string) {
	return b.ask("POST", path, body, headers...)
}

func (b *browser) ask(method, path, body string, headers ...string) (*http.Response, string) {
	b.d.t.Helper()
	all := []string{"Origin", b.d.url, "Sec-Fetch-Site", "same-origin"}
	if b.cookie != "" {
		all = append(all, "Cookie", b.cookie)
	}
	if method != "GET" {
		all = append(all, "X-CSRF-Token", b.csrf)
	}
	return b.d.request(method, path, "", body, append(all, headers...)...)
}

func (b *browser) want(status int, method, path, body string, headers ...string) string {
	b.d.t.Helper()
	res, got := b.ask(method, path, body, headers...)
	if res.StatusCode != status {
		b.d.t.Errorf("%s: %s %s: %s %s, want %d", b.user, method, path, res.Status, got, status)
	}
	if res.StatusCode >= 400 && !strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json") {
		b.d.t.Errorf("%s %s: the error is %s", method, path, res.Header.Get("Content-Type"))
	}
	if cache := res.Header.Get("Cache-Control"); cache != "no-store" {
		b.d.t.Errorf("%s %s: Cache-Control is %q", method, path, cache)
	}
	return got
}

// A code makes a session, whose cookie takes a client, which syncs; and all of it ends when its user signs out.
func TestACoordinatorSignsInSyncsAndSignsOut(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	var tokens phone
	if err := json.Unmarshal([]byte(b.want(http.StatusCreated, "POST", "/v1/client", "")), &tokens); err != nil || tokens.Access == "" {
		t.Fatalf("a client by cookie: %v", err)
	}
	const pull = `{"schema":1,"cursor":"","last_n":0}`
	if res, body := d.request("POST", "/v1/sync", tokens.Access, pull); res.StatusCode != http.StatusOK || !strings.Contains(body, `"complete":true`) {
		t.Errorf("sync: %s %s", res.Status, body)
	}
	if got := b.want(http.StatusOK, "GET", "/console/api/session", ""); got != b.answer {
		t.Errorf("the session is %s, want %s", got, b.answer)
	}
	b.want(http.StatusNoContent, "POST", "/console/api/signout", "")
	b.want(http.StatusUnauthorized, "GET", "/console/api/session", "")
	b.want(http.StatusUnauthorized, "POST", "/v1/client", "")
	if res, _ := d.request("POST", "/v1/sync", tokens.Access, pull); res.StatusCode != http.StatusForbidden {
		t.Errorf("sync after signing out: %s", res.Status)
	}
}

// A worker's code is told to be for the phone, and is still good there.
func TestAWorkersCodeIsNotUsedUpAtTheDesk(t *testing.T) {
	d := startDesk(t)
	code := d.code("Wren")
	b := &browser{d: d}
	if got := b.want(http.StatusForbidden, "POST", "/console/api/enrol", `{"code":"`+code+`","device":{"name":"x","platform":"web"}}`); !strings.Contains(got, "code_for_phone") {
		t.Error(got)
	}
	if res, body := d.request("POST", "/v1/enrol", "", `{"code":"`+code+`","device":{"name":"a phone","platform":"android"}}`); res.StatusCode != http.StatusCreated {
		t.Errorf("the code at the phone: %s %s", res.Status, body)
	}
}

// Nothing but a page of the console's own, with its token, does anything with the cookie.
func TestOtherSitesDoNothingWithTheCookie(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	other := d.signIn("Carl")
	for name, headers := range map[string][]string{
		"another origin":    {"Origin", "https://evil.example"},
		"another site":      {"Sec-Fetch-Site", "cross-site"},
		"a sibling":         {"Sec-Fetch-Site", "same-site"},
		"no token":          {"X-CSRF-Token", ""},
		"another's token":   {"X-CSRF-Token", other.csrf},
		"a form's own type": {"Content-Type", "text/plain", "X-CSRF-Token", ""},
	} {
		for _, path := range []string{"/console/api/signout", "/v1/client", "/console/api/users"} {
			if res, body := b.post(path, "{}", headers...); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s at %s: %s %s", name, path, res.Status, body)
			}
		}
	}
	if res, body := b.ask("GET", "/console/api/session", "", "Sec-Fetch-Site", "cross-site"); res.StatusCode != http.StatusForbidden {
		t.Errorf("another site reads the session: %s %s", res.Status, body)
	}
	b.want(http.StatusOK, "GET", "/console/api/session", "")
}

func TestTheCookieIsNewAtEachSignInAndGuarded(t *testing.T) {
	d := startDesk(t)
	first := d.signIn("Cass")
	planted := &browser{d: d, cookie: first.cookie, csrf: first.csrf}
	res, body := planted.post("/console/api/enrol", `{"code":"`+d.code("Cass")+`","device":{"name":"x","platform":"web"}}`)
	planted.took(res, body)
	if planted.cookie == first.cookie {
		t.Error("a sign-in kept the cookie that the browser had")
	}
	first.want(http.StatusUnauthorized, "GET", "/console/api/session", "")
	c := res.Header.Get("Set-Cookie")
	if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") || strings.Contains(c, "Secure") || strings.Contains(c, "Domain") {
		t.Errorf("the cookie is %q", c)
	}
	if log := d.log.String(); strings.Contains(log, strings.SplitN(planted.cookie, "=", 2)[1]) || strings.Contains(log, "Cass") {
		t.Error("the log holds a cookie or a name")
	}
}

func TestASessionEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*deskTest, *browser)
		ends bool
	}{
		"not in use": {func(d *deskTest, b *browser) {
			for range 5 {
				d.clock.pass(29 * time.Minute)
				b.want(http.StatusOK, "GET", "/console/api/session", "")
			}
		}, false},
		"idle": {func(d *deskTest, _ *browser) { d.clock.pass(30 * time.Minute) }, true},
		"old": {func(d *deskTest, b *browser) {
			for range 24 {
				d.clock.pass(29 * time.Minute)
				b.want(http.StatusOK, "GET", "/console/api/session", "")
			}
			d.clock.pass(25 * time.Minute)
		}, true},
		"disabled": {func(d *deskTest, _ *browser) {
			if _, err := d.office().DisableUser(context.Background(), d.users["Cass"]); err != nil {
				d.t.Fatal(err)
			}
		}, true},
		"revoked": {func(d *deskTest, _ *browser) {
			all, err := d.office().Devices(context.Background())
			if err != nil || len(all) != 1 {
				d.t.Fatal(all, err)
			}
			if _, err := d.office().Revoke(context.Background(), all[0].Client); err != nil {
				d.t.Fatal(err)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDesk(t)
			b := d.signIn("Cass")
			c.end(d, b)
			want := http.StatusOK
			if c.ends {
				want = http.StatusUnauthorized
			}
			b.want(want, "GET", "/console/api/session", "")
		})
	}
}

// An idle desk's client is renewed no more than its session is.
func TestAClientEndsWithItsIdleSession(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	var tokens phone
	if err := json.Unmarshal([]byte(b.want(http.StatusCreated, "POST", "/v1/client", "")), &tokens); err != nil {
		t.Fatal(err)
	}
	d.clock.pass(36 * time.Minute)
	if res, body := d.request("POST", "/v1/token", "", `{"refresh_token":"`+tokens.Refresh+`"}`); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("the client's tokens: %s %s", res.Status, body)
	}
}
