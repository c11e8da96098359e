package mobileapi

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	"alongside/internal/follow"
	deltasync "alongside/sync"
)

// connection is a live one, as its client reads it.
type connection struct {
	last uint64 // what it was told last
	*answer
	lines *bufio.Reader
	close func()
}

// connect opens one. Where it is refused, the answer has the problem.
func (h *house) connect(p *phone) *connection {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", h.url+"/v1/live", nil)
	h.must(err)
	if p.AccessToken != "" {
		req.Header.Set("Authorization", "Bearer "+p.AccessToken)
	}
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	c := &connection{answer: &answer{t: h.t, what: "GET /v1/live", status: res.StatusCode, header: res.Header}, lines: bufio.NewReader(res.Body),
		close: func() { cancel(); _ = res.Body.Close() }}
	h.t.Cleanup(c.close)
	if res.StatusCode != http.StatusOK {
		c.body, err = io.ReadAll(res.Body)
		h.must(err)
		c.conforms("GET", "/v1/live")
	}
	return c
}

// next is the head of the next hint; false: the connection has ended. Signs of life are passed over.
func (c *connection) next() (uint64, bool) {
	c.t.Helper()
	var lines []string
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil {
			return 0, false
		}
		switch {
		case strings.HasPrefix(line, ":"):
		case line != "\n":
			lines = append(lines, line)
		case len(lines) > 0:
			var data struct{ Seq uint64 }
			if len(lines) != 2 || lines[0] != "event: head\n" || json.Unmarshal([]byte(strings.TrimPrefix(lines[1], "data: ")), &data) != nil {
				c.t.Fatalf("the event is %q", lines)
			}
			if want := fmt.Sprintf("data: {\"seq\":%d}\n", data.Seq); lines[1] != want {
				c.t.Errorf("a hint says %q, want %q and nothing else", lines[1], want)
			}
			c.last = data.Seq
			return data.Seq, true
		}
	}
}

// until reads hints until one has said seq, and gives how many came.
func (c *connection) until(seq uint64) (hints int) {
	c.t.Helper()
	for c.last < seq {
		if _, ok := c.next(); !ok {
			c.t.Fatalf("the connection ended before %d", seq)
		}
		hints++
	}
	return hints
}

func (c *connection) ended() {
	c.t.Helper()
	for {
		if _, ok := c.next(); !ok {
			return
		}
	}
}

func (h *house) head() uint64 {
	h.t.Helper()
	v, err := follow.Head(h.t.Context(), h.db)
	h.must(err)
	return uint64(v)
}

func TestLiveSaysOnConnectingWhereTheLogStands(t *testing.T) {
	h := open(t)
	h.run()
	c := h.connect(h.worker(north))
	c.want(http.StatusOK, "")
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if got := c.header.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	if got, ok := c.next(); !ok || got != h.head() {
		t.Errorf("the first hint is %d, want %d", got, h.head())
	}
}

// told names those phones that are told of what came after a place in the log.
func (h *house) told(after uint64, names []string, phones []*phone) string {
	h.t.Helper()
	who := audiences{}
	h.must(h.db.View(h.t.Context(), func(tx deltasync.Tx) error {
		var wrong error
		err := tx.Entries(deltasync.Version(after), func(e deltasync.Entry) bool {
			wrong = who.of(tx, e)
			return wrong == nil
		})
		return errors.Join(err, wrong)
	}))
	var told []string
	for i, p := range phones {
		id, err := h.auth.Verify(h.t.Context(), p.AccessToken)
		h.must(err)
		if slices.ContainsFunc(audiencesOf(clientOf(id)), func(at audience) bool { _, ok := who[at]; return ok }) {
			told = append(told, names[i])
		}
	}
	return strings.Join(told, " ")
}

func TestToldIsWhoMaySeeTheChangeAndNobodyElse(t *testing.T) {
	h := open(t)
	amal, other := h.worker(north), h.worker(north)
	cass, far := h.coordinator(north), h.coordinator(south)
	farWorker := h.worker(south)
	ada := h.phone(h.user("Ada", auth.Admin, north))
	scope := amal.person("Morag")
	names := []string{"amal", "other", "cass", "far", "farWorker", "ada"}
	phones := []*phone{amal, other, cass, far, farWorker, ada}
	send := func(p *phone, scope, kind, record string, set map[string]any) func() {
		return func() {
			op := p.op(scope, kind, record, set)
			op["base"] = h.head()
			p.post("/v1/sync", p.body(op)).want(http.StatusOK, "")
		}
	}
	support := func(p *phone, scope string) func() {
		return send(p, scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"})
	}
	assignment := h.id()
	office := func(scope deltasync.Scope, kind string, set map[string]json.RawMessage) func() {
		return func() {
			h.must(h.db.Update(t.Context(), func(tx deltasync.WriteTx) error {
				return h.api.Engine.Write(tx, "system/admin", &deltasync.Op{ID: deltasync.OpID(h.id()), Scope: scope, Kind: kind, Record: deltasync.RecordID(h.id()), Set: set})
			}))
		}
	}
	for _, change := range []struct {
		what string
		do   func()
		told string
	}{
		{"a worker's own entry", support(amal, scope), "amal cass"},
		{"the same entry under another client of the user", func() {
			entry := amal.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"})
			amal.push(entry)
			copied := &phone{h: h, n: 1}
			amal.post("/v1/client", "").want(http.StatusCreated, "").decode(&copied.Tokens)
			from := h.head()
			entry["n"] = 1
			copied.push(entry)
			if got := h.told(from, names, phones); got != "" {
				t.Errorf("an entry that the store holds, sent under another client: told are %q, want nobody", got)
			}
		}, "amal cass"},
		{"nothing", func() { amal.post("/v1/sync", amal.body()).want(http.StatusOK, "") }, ""},
		{"a coordinator's entry", support(cass, scope), "amal cass"},
		{"an entry about somebody else's person, held", support(other, scope), "cass"},
		{"an entry about nobody, held", support(farWorker, "person/"+h.id()), "far"},
		{"an entry about another team's person, held", support(farWorker, scope), "cass"},
		{"an entry that is rejected", send(amal, scope, "support", h.id(), map[string]any{"what": 7}), "cass"},
		{"an entry that names no scope", send(amal, "", "", "", nil), "cass"},
		{"a new person", func() { other.person("Ann") }, "other cass"},
		{"cover for the first person", send(cass, scope, "assignment", assignment, map[string]any{"worker": other.User.ID, "part": "cover"}), "amal other cass"},
		{"an entry by the cover", support(other, scope), "amal other cass"},
		{"the end of the cover", send(cass, scope, "assignment", assignment, map[string]any{"until": "2026-11-22T09:00:00Z"}), "amal other cass"},
		{"an entry after that", support(amal, scope), "amal cass"},
		{"another name for the team", office(deltasync.TeamOf(north), deltasync.KindTeam, map[string]json.RawMessage{"name": json.RawMessage(`"North"`)}), "amal other cass ada"},
		{"a notice", office(deltasync.UserOf(deltasync.UserID(amal.User.ID)), deltasync.KindNotice, map[string]json.RawMessage{"about": json.RawMessage(`"accepted"`)}), "amal"},
		{"ops declared lost", func() {
			amal.n += 5
			body := amal.body()
			body["lost_below"] = amal.n + 1
			amal.post("/v1/sync", body).want(http.StatusOK, "")
		}, "cass"},
		{"a person who moves to another team", send(cass, scope, "person", strings.TrimPrefix(scope, "person/"), map[string]any{"team": south}), "amal cass far"},
	} {
		before := h.head()
		change.do()
		if got := h.told(before, names, phones); got != change.told {
			t.Errorf("%s: told are %q, want %q", change.what, got, change.told)
		}
	}
}

func TestHintComesOnAChangeAndNotOnSomebodyElses(t *testing.T) {
	h := open(t)
	h.run()
	amal, other := h.worker(north), h.worker(north)
	one, two := h.connect(amal), h.connect(other)
	one.until(h.head())
	two.until(h.head())
	for range 10 {
		before := h.head()
		amal.person("Morag")
		after := h.head()
		if seq, ok := one.next(); !ok || seq <= before || seq > after {
			t.Errorf("the worker was told %d, want what is between %d and %d", seq, before, after)
		}
		one.until(after)
		h.everyone()
		if seq, ok := two.next(); !ok || seq <= after {
			t.Errorf("another worker was told %d, and %d was not for them", seq, after)
		}
		one.until(h.head())
	}
}

// everyone makes a change that everybody sees: a new epoch.
func (h *house) everyone() {
	h.t.Helper()
	h.must(h.db.Update(h.t.Context(), func(tx deltasync.WriteTx) error { return tx.NewEpoch(tx.Head(), h.clock.now()) }))
}

func TestLiveEndsWithTheClientsStanding(t *testing.T) {
	h := open(t)
	h.run()
	for what, cut := range map[string]func(*phone){
		"revoked":  (*phone).revoke,
		"disabled": func(p *phone) { _, err := h.auth.Disable(t.Context(), p.User.ID); h.must(err) },
		"its tokens reused": func(p *phone) {
			var next Tokens
			for refresh := p.RefreshToken; ; refresh = next.RefreshToken {
				a := h.post("/v1/token", map[string]string{"refresh_token": refresh})
				if a.decode(&next); next.RefreshToken == "" {
					t.Fatalf("%s", a.body)
				}
				if refresh != p.RefreshToken {
					break
				}
			}
			h.post("/v1/token", map[string]string{"refresh_token": p.RefreshToken}).want(http.StatusUnauthorized, "token_reused")
		},
	} {
		p, stays := h.worker(north), h.worker(north)
		c, other := h.connect(p), h.connect(stays)
		c.until(h.head())
		other.until(1)
		cut(p)
		c.ended()
		h.everyone()
		other.until(h.head())
		if a := h.connect(p); a.status == http.StatusOK {
			t.Errorf("%s: it is let in again", what)
		}
	}
}

func TestLiveEndsWithTheToken(t *testing.T) {
	h := open(t, func(a *API) {
		now := a.Now
		a.Now = func() time.Time { return now().Add(10*time.Minute - 10*time.Millisecond) } // so that the token has 10 ms left
	})
	h.run()
	c := h.connect(h.worker(north))
	c.want(http.StatusOK, "")
	c.ended()
}

func TestLiveEndsWithTheServer(t *testing.T) {
	h := open(t)
	stop := h.run()
	p := h.worker(north)
	c := h.connect(p)
	c.until(h.head())
	stop()
	c.ended()
	h.connect(p).want(http.StatusServiceUnavailable, "unavailable")
	h.run()
	again := h.connect(p)
	for again.status != http.StatusOK { // it is not told when it runs
		again = h.connect(p)
	}
	p.person("Morag")
	again.until(h.head())
}

func TestConnectionFromBeforeTheServerRunsMissesNothing(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	c := h.connect(p)
	c.until(h.head())
	p.person("Morag")
	h.run()
	c.until(h.head())
}

func TestNewConnectionEndsTheOldestOfItsClient(t *testing.T) {
	h := open(t)
	h.run()
	p, q := h.worker(north), h.worker(north)
	other := h.connect(q)
	var mine []*connection
	for range 5 {
		c := h.connect(p)
		c.until(h.head())
		mine = append(mine, c)
	}
	mine[0].ended()
	h.everyone()
	for _, c := range append(mine[1:], other) {
		c.until(h.head())
	}
	mine[2].close()
	mine[4].close()
	for _, c := range []*connection{mine[1], mine[3]} {
		h.everyone()
		c.until(h.head())
	}
}

func TestLiveHasABoundOverAll(t *testing.T) {
	h := open(t, func(a *API) { a.Limits.AllLive = 2 })
	h.run()
	p, q := h.worker(north), h.worker(north)
	first := h.connect(p)
	first.until(h.head())
	h.connect(q).until(1)
	h.connect(h.worker(north)).want(http.StatusServiceUnavailable, "unavailable")
	h.api.hub.mu.Lock()
	count, clients, audiences := h.api.hub.count, len(h.api.hub.clients), len(h.api.hub.listeners)
	h.api.hub.mu.Unlock()
	if count != 2 || clients != 2 || audiences == 0 {
		t.Errorf("the hub knows %d connections of %d clients", count, clients)
	}
}

func TestHubForgetsWhoLeft(t *testing.T) {
	var h hub
	c := deltasync.Client{ID: "c", User: "u", Role: deltasync.Coordinator, Team: "t"}
	var all []*listener
	for range 6 {
		l, err := h.join(c, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if h.count != 4 {
		t.Errorf("%d connections of one client, want 4", h.count)
	}
	for _, l := range all {
		h.leave(l)
		h.leave(l)
	}
	if h.count != 0 || len(h.clients) != 0 || len(h.listeners) != 0 {
		t.Errorf("after all have left the hub holds %d, %v, %v", h.count, h.clients, h.listeners)
	}
}

func TestHintsThatWaitBecomeOne(t *testing.T) {
	var h hub
	l, err := h.join(deltasync.Client{ID: "c", User: "u", Role: deltasync.Worker, Team: "t"}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for seq := range deltasync.Version(1000) {
		h.tell(audiences{everyone: {}, "u:u": {}, "team/t": {}}, seq+1)
	}
	if e := <-l.next; e.seq != 1000 || string(e.bytes) != "event: head\ndata: {\"seq\":1000}\n\n" {
		t.Errorf("the hint that waits is %d, %q", e.seq, e.bytes)
	}
	select {
	case e := <-l.next:
		t.Errorf("another one waits: %d", e.seq)
	default:
	}
}

func TestHintThatSaysNothingNewIsNotSent(t *testing.T) {
	w := httptest.NewRecorder()
	out := newStream(echo.New().NewContext(httptest.NewRequest("GET", "/v1/live", nil), w))
	for _, seq := range []deltasync.Version{5, 4, 5, 7, 6} {
		out.event(newEvent(seq))
	}
	if want := string(newEvent(5).bytes) + string(newEvent(7).bytes); w.Body.String() != want || out.err != nil {
		t.Errorf("sent is %q and %v, want %q", w.Body, out.err, want)
	}
}

func TestSignsOfLife(t *testing.T) {
	h := open(t, func(a *API) { a.Heartbeat = time.Millisecond })
	h.run()
	c := h.connect(h.worker(north))
	c.until(h.head())
	for beats := 0; beats < 3; {
		line, err := c.lines.ReadString('\n')
		h.must(err)
		if line == ":\n" {
			beats++
		}
	}
}

func TestManyConnectionsHearOfManyChanges(t *testing.T) {
	h := open(t)
	h.run()
	u := h.user("Amal", auth.Worker, north)
	writer := h.phone(u)
	var all []*connection
	for range 20 {
		all = append(all, h.connect(h.phone(u)))
	}
	for range 30 {
		writer.person("Morag")
	}
	head := h.head()
	for _, c := range all {
		if hints := c.until(head); hints > 31 {
			t.Errorf("30 changes made %d hints", hints)
		}
	}
}

func TestWhatIsThrownAsideIsThrownHere(t *testing.T) {
	defer func() {
		if got := recover(); got != "of the work" {
			t.Errorf("recovered %v", got)
		}
	}()
	_ = aside(func() error { panic("of the work") })
	t.Error("it went on")
}

// dead is a log that a fault of ours keeps from being read.
type dead struct{ follow.Log }

func (dead) View(context.Context, func(deltasync.Tx) error) error { panic("of the log") }

func TestWhoCannotBeToldIsNotIn(t *testing.T) {
	h := open(t)
	h.run()
	id, err := h.auth.Verify(t.Context(), h.worker(north).AccessToken)
	h.must(err)
	h.api.Log = dead{h.api.Log}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the log was read")
			}
		}()
		_, _, _ = h.api.listen(t.Context(), id, h.echo.NewContext(httptest.NewRequest("GET", "/v1/live", nil), httptest.NewRecorder()))
	}()
	if !h.api.hub.empty() {
		t.Error("a connection that nobody holds is still told")
	}
}
