package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	mobileapi "alongside/mobile-api"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

// house is a server over a real store, with a clock that only the test and sleeping phones move. What goes wrong in it
// is a panic, so that examples may live in it too.
type house struct {
	dir    string
	clock  *clock
	server *httptest.Server
	ids    int

	mu      sync.RWMutex
	handler http.Handler
	db      *boltstore.DB
	auth    *auth.Service
	engine  *deltasync.Engine
	stop    context.CancelFunc
	stopped chan error
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

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// newHouse starts a server in a folder of its own.
func newHouse() *house {
	dir, err := os.MkdirTemp("", "house")
	must(err)
	h := &house{dir: dir, clock: &clock{at: time.Date(2026, 11, 22, 9, 15, 0, 0, time.UTC)}}
	h.start()
	for _, team := range []string{north, south} {
		must(h.db.Update(context.Background(), func(tx deltasync.WriteTx) error {
			return h.engine.Write(tx, "system/admin", &deltasync.Op{ID: deltasync.OpID(h.id()), Scope: deltasync.TeamOf(deltasync.TeamID(team)),
				Kind: deltasync.KindTeam, Record: deltasync.RecordID(team), Set: map[string]json.RawMessage{"name": json.RawMessage(`"a team"`)}})
		}))
	}
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.RLock()
		handler := h.handler
		h.mu.RUnlock()
		handler.ServeHTTP(w, r)
	}))
	return h
}

func open(t testing.TB) *house {
	t.Helper()
	h := newHouse()
	t.Cleanup(h.close)
	return h
}

// start opens the store, and serves from it.
func (h *house) start() {
	h.mu.Lock()
	defer h.mu.Unlock()
	var err error
	h.db, err = boltstore.Open(filepath.Join(h.dir, "data", boltstore.FileName), boltstore.Options{Now: h.clock.now})
	must(err)
	h.auth = &auth.Service{Store: h.db.Auth(), Now: h.clock.now}
	h.engine = &deltasync.Engine{Store: h.db, Kinds: casework.Kinds(), Now: h.clock.now, Soon: casework.Soon}
	api := &mobileapi.API{Engine: h.engine, Auth: h.auth, Log: h.db, Now: h.clock.now}
	e := echo.New()
	e.HTTPErrorHandler = mobileapi.Problem
	api.Routes(e)
	h.handler = e
	ctx, stop := context.WithCancel(context.Background())
	h.stop, h.stopped = stop, make(chan error, 1)
	go func(stopped chan error) { stopped <- api.Run(ctx) }(h.stopped)
}

func (h *house) halt() {
	h.stop()
	<-h.stopped
	must(h.db.Close())
}

func (h *house) close() {
	h.stop()
	<-h.stopped
	h.server.CloseClientConnections()
	h.server.Close()
	must(h.db.Close())
	must(os.RemoveAll(h.dir))
}

// backup writes one, and says so to the phones. Safe false: the medium it is on never came back to say so.
func (h *house) backup(safe bool) (file string) {
	file = filepath.Join(h.dir, h.id()+".backup")
	f, err := os.Create(file)
	must(err)
	info, err := h.db.Backup(context.Background(), f, nil)
	must(err)
	must(f.Close())
	if safe {
		must(h.db.MarkBackedUp(context.Background(), info.Head))
	}
	return file
}

// restore puts a backup in the store's place.
func (h *house) restore(file string) {
	h.halt()
	_, err := boltstore.Restore(context.Background(), file, filepath.Join(h.dir, "data"), boltstore.Options{Now: h.clock.now})
	must(err)
	h.start()
}

func (h *house) id() string {
	h.ids++
	return fmt.Sprintf("0192f0c1-0000-7b3c-8d1e-%012d", h.ids)
}

func (h *house) user(name string, role auth.Role, team string) (u auth.User) {
	must(h.db.Auth().Update(context.Background(), func(tx auth.WriteTx) (err error) {
		u, err = h.auth.AddUser(tx, auth.User{Name: name, Role: role, Team: team})
		return err
	}))
	return u
}

func (h *house) code(user string) string {
	code, _, err := h.auth.NewCode(context.Background(), user)
	must(err)
	return code
}

// handset is a phone under test, and the rough road between it and the server.
type handset struct {
	*client.Phone
	t    testing.TB
	h    *house
	dir  string
	o    client.Options
	road *road
	user auth.User
}

func (h *house) options(r *road) client.Options {
	return client.Options{HTTP: r, Now: h.clock.now, Kinds: casework.Kinds(), NoSync: true,
		Sleep: func(ctx context.Context, d time.Duration) error {
			r.slept = append(r.slept, d)
			h.clock.pass(d)
			return ctx.Err()
		}}
}

// handset opens a phone that is not enrolled.
func (h *house) handset(t testing.TB, change ...func(*client.Options)) *handset {
	t.Helper()
	return h.handsetIn(t, t.TempDir(), change...)
}

func (h *house) handsetIn(t testing.TB, dir string, change ...func(*client.Options)) *handset {
	t.Helper()
	r := &road{}
	o := h.options(r)
	for _, c := range change {
		c(&o)
	}
	p, err := client.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return &handset{Phone: p, t: t, h: h, dir: dir, o: o, road: r}
}

// phone is a handset of a user, enrolled and synced.
func (h *house) phone(t testing.TB, u auth.User, change ...func(*client.Options)) *handset {
	t.Helper()
	p := h.handset(t, change...)
	p.user = u
	if err := p.Enrol(t.Context(), h.server.URL, h.code(u.ID), "a phone", "test"); err != nil {
		t.Fatal(err)
	}
	p.sync()
	return p
}

func (h *house) worker(t testing.TB, change ...func(*client.Options)) *handset {
	t.Helper()
	return h.phone(t, h.user("Amal", auth.Worker, north), change...)
}

func (h *house) coordinator(t testing.TB, team string) *handset {
	t.Helper()
	return h.phone(t, h.user("Cass", auth.Coordinator, team))
}

// reopen closes the phone and opens it again, as after a dead battery.
func (p *handset) reopen() {
	p.t.Helper()
	if err := p.Close(); err != nil {
		p.t.Fatal(err)
	}
	again, err := client.Open(p.dir, p.o)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = again.Close() })
	p.Phone = again
}

func (p *handset) sync() client.Report {
	p.t.Helper()
	r, err := p.Sync(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func (p *handset) edit(e client.Edit) deltasync.RecordID {
	p.t.Helper()
	id, err := p.Edit(e)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// set edits fields of a record that the phone shows, or of a new one.
func (p *handset) set(scope deltasync.Scope, kind string, record deltasync.RecordID, set map[string]any) deltasync.RecordID {
	p.t.Helper()
	return p.edit(client.Edit{Scope: scope, Kind: kind, Record: record, Set: set})
}

func (p *handset) person(name string) deltasync.Scope {
	p.t.Helper()
	id, err := p.NewPerson(name, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return deltasync.PersonOf(id)
}

func (p *handset) followUp(scope deltasync.Scope, about string) deltasync.RecordID {
	p.t.Helper()
	return p.set(scope, "follow_up", "", map[string]any{"about": about, "due": "2026-12-01"})
}

func (p *handset) state() client.State {
	p.t.Helper()
	s, err := p.State()
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *handset) outbox() (waiting, sent []client.Entry) {
	p.t.Helper()
	waiting, sent, err := p.Outbox()
	if err != nil {
		p.t.Fatal(err)
	}
	return waiting, sent
}

func (p *handset) kept() []client.Entry {
	p.t.Helper()
	kept, err := p.Kept()
	if err != nil {
		p.t.Fatal(err)
	}
	return kept
}

func (p *handset) record(id deltasync.RecordID) (client.Record, bool) {
	p.t.Helper()
	r, ok, err := p.Record(id)
	if err != nil {
		p.t.Fatal(err)
	}
	return r, ok
}

func (p *handset) text(id deltasync.RecordID, field string) string {
	p.t.Helper()
	r, ok := p.record(id)
	if !ok {
		return "no record"
	}
	return r.Text(field)
}

var generation = regexp.MustCompile(`"gen":[0-9]+,`)

// portrait is all that a phone shows of people, in a form that compares with another's.
func (p *handset) portrait() string {
	p.t.Helper()
	scopes, err := p.Scopes()
	if err != nil {
		p.t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range scopes {
		if s.Family() != deltasync.PersonScope {
			continue
		}
		records, err := p.View(s)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, r := range records {
			fmt.Fprintf(&b, "%s %s v%d unsent %v\n", r.Scope, generation.ReplaceAll(r.Raw, nil), r.Version, r.Unsent)
		}
	}
	return b.String()
}

// road is between a phone and its server. Each request meets the next of its faults; none are left: it is smooth.
type road struct {
	mu     sync.Mutex
	faults []fault
	seen   []string // paths that were asked for
	slept  []time.Duration
	gate   func(*http.Request) fault // where there is no fault left; nil: smooth
}

// fault makes an answer of a request; pass asks the server.
type fault func(req *http.Request, pass func(*http.Request) (*http.Response, error)) (*http.Response, error)

func (r *road) meet(faults ...fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, faults...)
}

func (r *road) left() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.faults)
}

func (r *road) asked(path string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seen {
		if s == path {
			n++
		}
	}
	return n
}

func (r *road) Do(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.seen = append(r.seen, req.URL.Path)
	f := fault(smooth)
	if len(r.faults) > 0 {
		f, r.faults = r.faults[0], r.faults[1:]
	} else if r.gate != nil {
		if g := r.gate(req); g != nil {
			f = g
		}
	}
	r.mu.Unlock()
	return f(req, http.DefaultTransport.RoundTrip)
}

func smooth(req *http.Request, pass func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	return pass(req)
}

var errRoad = errors.New("no signal")

// noSignal: the request does not reach the server.
func noSignal(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	return nil, errRoad
}

// dropReply: the server does what it is asked, and the phone never hears of it.
func dropReply(req *http.Request, pass func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	res, err := pass(req)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return nil, errRoad
}

// cutAt: the reply ends after n bytes of what the wire carries.
func cutAt(n int) fault {
	return func(req *http.Request, pass func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		res, err := pass(req)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		_ = res.Body.Close()
		res.Body = io.NopCloser(io.MultiReader(strings.NewReader(string(b[:min(n, len(b))])), cutReader{}))
		return res, nil
	}
}

type cutReader struct{}

func (cutReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// plain: the reply is not packed.
func plain(f fault) fault {
	return func(req *http.Request, pass func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		req.Header.Set("Accept-Encoding", "identity")
		return f(req, pass)
	}
}

// before: something happens between the phone's asking and the server's hearing.
func before(do func()) fault {
	return func(req *http.Request, pass func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		do()
		return pass(req)
	}
}

// says: an answer that does not come from the server's program.
func says(status int, contentType, body string, header ...string) fault {
	return func(req *http.Request, _ func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		h := http.Header{"Content-Type": {contentType}}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
	}
}

// problem: the server refuses.
func problem(status int, code string, header ...string) fault {
	return says(status, "application/problem+json", fmt.Sprintf(`{"status":%d,"code":%q,"detail":"as told"}`, status, code), header...)
}

// ops are how many ops of clients the server's log holds, whatever their status.
func (h *house) ops() (n int) {
	must(h.db.View(context.Background(), func(tx deltasync.Tx) error {
		n = 0
		return tx.Entries(0, func(e deltasync.Entry) bool {
			if e.Type == deltasync.EntryOp && e.Op.As == 0 && !strings.HasPrefix(string(e.Op.User), "system/") {
				n++
			}
			return true
		})
	}))
	return n
}

func ids(records []client.Record) (out []deltasync.RecordID) {
	for _, r := range records {
		out = append(out, r.ID)
	}
	slices.Sort(out)
	return out
}
