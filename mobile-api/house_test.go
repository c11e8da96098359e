package mobileapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// house is a server over a real store, with a clock that only the test moves.
type house struct {
	t     *testing.T
	db    *boltstore.DB
	auth  *auth.Service
	api   *API
	echo  *echo.Echo
	clock *clock
	url   string
	ids   int
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

const (
	north = "0192f0c1-6666-7b3c-8d1e-000000000001"
	south = "0192f0c1-6666-7b3c-8d1e-000000000002"
)

// open starts a house. What configure changes holds from the first request on.
func open(t *testing.T, configure ...func(*API)) *house {
	t.Helper()
	h := &house{t: t, clock: &clock{at: time.Date(2026, 11, 22, 9, 15, 0, 0, time.UTC)}}
	db, err := boltstore.Open(filepath.Join(t.TempDir(), "alongside.db"), boltstore.Options{Now: h.clock.now})
	h.must(err)
	t.Cleanup(func() { _ = db.Close() })
	h.db = db
	h.auth = &auth.Service{Store: db.Auth(), Now: h.clock.now}
	h.api = &API{Engine: &deltasync.Engine{Store: db, Kinds: casework.Kinds(), Now: h.clock.now}, Auth: h.auth, Log: db, Now: h.clock.now}
	h.team(north)
	h.team(south)
	for _, c := range configure {
		c(h.api)
	}
	h.echo = echo.New()
	h.echo.HTTPErrorHandler = func(err error, c echo.Context) {
		if refusal(err).Code == "internal" {
			t.Logf("%s: %v", c.Path(), err)
		}
		Problem(err, c)
	}
	h.api.Routes(h.echo)
	s := httptest.NewServer(h.echo)
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

// run starts the hub. Calling what it gives ends it, and waits.
func (h *house) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.api.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("Run = %v, want nil", err)
		}
	})
	h.t.Cleanup(stop)
	return stop
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// id is another UUID each time.
func (h *house) id() string {
	h.ids++
	return fmt.Sprintf("0192f0c1-0000-7b3c-8d1e-%012d", h.ids)
}

// team makes one, as the office does.
func (h *house) team(id string) {
	h.t.Helper()
	h.must(h.db.Update(h.t.Context(), func(tx deltasync.WriteTx) error {
		return h.api.Engine.Write(tx, "system/admin", &deltasync.Op{ID: deltasync.OpID(h.id()), Scope: deltasync.TeamOf(deltasync.TeamID(id)),
			Kind: deltasync.KindTeam, Record: deltasync.RecordID(id), Set: map[string]json.RawMessage{"name": json.RawMessage(`"a team"`)}})
	}))
}

func (h *house) user(name string, role auth.Role, team string) (u auth.User) {
	h.t.Helper()
	h.must(h.db.Auth().Update(h.t.Context(), func(tx auth.WriteTx) (err error) {
		u, err = h.auth.AddUser(tx, auth.User{Name: name, Role: role, Team: team})
		return err
	}))
	return u
}

func (h *house) code(u auth.User) string {
	h.t.Helper()
	code, _, err := h.auth.NewCode(h.t.Context(), u.ID)
	h.must(err)
	return code
}

// phone is one client, with what it has numbered so far.
type phone struct {
	h *house
	Tokens
	n uint64
}

// phone enrols a device of u through the API.
func (h *house) phone(u auth.User) *phone {
	h.t.Helper()
	p := &phone{h: h}
	h.post("/v1/enrol", map[string]any{"code": h.code(u), "device": map[string]string{"name": "old phone", "platform": "android"}}).
		want(http.StatusCreated, "").decode(&p.Tokens)
	return p
}

func (h *house) worker(team string) *phone {
	h.t.Helper()
	return h.phone(h.user("Amal", auth.Worker, team))
}

func (h *house) coordinator(team string) *phone {
	h.t.Helper()
	return h.phone(h.user("Cass", auth.Coordinator, team))
}

func (p *phone) revoke() {
	p.h.t.Helper()
	_, err := p.h.auth.Revoke(p.h.t.Context(), p.ClientID)
	p.h.must(err)
}

// answer is a response that has been read to its end.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

// request sends what is given and nothing else: no header of its own but the transport's.
func (h *house) request(method, path, token, body string, header ...string) *answer {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	h.must(err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept-Encoding", "identity")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	h.must(err)
	a := &answer{t: h.t, what: method + " " + path, status: res.StatusCode, header: res.Header, body: b}
	a.conforms(method, path)
	return a
}

func (h *house) post(path string, body any) *answer {
	h.t.Helper()
	return h.request("POST", path, "", asJSON(body))
}

func (p *phone) post(path string, body any, header ...string) *answer {
	p.h.t.Helper()
	return p.h.request("POST", path, p.AccessToken, asJSON(body), header...)
}

// asJSON is a body as JSON; a string is one already.
func asJSON(body any) string {
	if s, ok := body.(string); ok {
		return s
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// want holds an answer against a status and, for a problem, its code.
func (a *answer) want(status int, code string) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.status, status, a.body)
	}
	if code == "" {
		return a
	}
	var p problem
	a.decode(&p)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		a.t.Errorf("%s: Content-Type %q", a.what, got)
	}
	if p.Code != code || p.Status != status || p.Title != http.StatusText(status) || p.Type == "" || p.Detail == "" {
		a.t.Errorf("%s: problem %s, want code %q and everything filled in", a.what, a.body, code)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		a.t.Errorf("%s: Cache-Control %q", a.what, got)
	}
	if got := a.header.Get("WWW-Authenticate"); (got != "") != (status == http.StatusUnauthorized) {
		a.t.Errorf("%s: status %d with WWW-Authenticate %q", a.what, status, got)
	}
	if got := a.header.Get("Retry-After"); (got != "") != (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) {
		a.t.Errorf("%s: status %d with Retry-After %q", a.what, status, got)
	}
	return a
}

func (a *answer) decode(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%s: %v: %s", a.what, err, a.body)
	}
}

// frame is any frame, for tests.
type frame struct {
	Frame    string                     `json:"frame"`
	Through  uint64                     `json:"through"`
	Results  []deltasync.Result         `json:"results"`
	Scope    string                     `json:"scope"`
	Gen      uint64                     `json:"gen"`
	Backfill bool                       `json:"backfill"`
	Done     bool                       `json:"done"`
	Kind     string                     `json:"kind"`
	ID       string                     `json:"id"`
	Version  uint64                     `json:"version"`
	Fields   map[string]json.RawMessage `json:"fields"`
	Cursor   string                     `json:"cursor"`
	Complete bool                       `json:"complete"`
	Reset    bool                       `json:"reset"`
	Recall   bool                       `json:"recall"`
	Head     uint64                     `json:"head"`
	Total    *struct {
		Count int    `json:"count"`
		Sum   string `json:"sum"`
	} `json:"total"`
	Sums map[string]struct {
		Count int    `json:"count"`
		Sum   string `json:"sum"`
	} `json:"sums"`
}

// readFrames reads a response as a client has to: it is whole if each line is, and the last one is a page.
func readFrames(body []byte) (frames []frame, whole bool) {
	for line := range bytes.Lines(body) {
		var f frame
		if !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, &f) != nil {
			return frames, false
		}
		frames = append(frames, f)
	}
	return frames, len(frames) > 0 && frames[len(frames)-1].Frame == "page"
}

func (a *answer) frames() []frame {
	a.t.Helper()
	fs, whole := readFrames(a.body)
	if !whole {
		a.t.Fatalf("%s: the response is cut: %s", a.what, a.body)
	}
	return fs
}

// op numbers and gives an edit.
func (p *phone) op(scope, kind, record string, set map[string]any) map[string]any {
	p.n++
	return map[string]any{"n": p.n, "id": p.h.id(), "at": "2026-11-22T09:14:00.000Z", "scope": scope, "kind": kind, "record": record, "base": 0, "set": set}
}

// body is a sync request with these ops, from nothing.
func (p *phone) body(ops ...map[string]any) map[string]any {
	return map[string]any{"schema": 1, "cursor": "", "last_n": p.n, "ops": ops}
}

// person makes a person, and gives its scope.
func (p *phone) person(name string) string {
	p.h.t.Helper()
	id := p.h.id()
	scope := "person/" + id
	p.push(p.op(scope, "person", id, map[string]any{"name": name}))
	return scope
}

// push sends ops, all of which are to be applied.
func (p *phone) push(ops ...map[string]any) []frame {
	p.h.t.Helper()
	fs := p.post("/v1/sync", p.body(ops...)).want(http.StatusOK, "").frames()
	for _, r := range fs[0].Results {
		if !r.Status.Took() {
			p.h.t.Fatalf("op %d: %+v", r.N, r)
		}
	}
	return fs
}
