package server

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// requests counts what was asked and how it was answered. Its zero value is ready.
type requests struct {
	mu      sync.Mutex
	count   map[asked]uint64
	running map[string]int // by route; those of /v1/live are the live connections
}

type asked struct {
	route  string
	status int
}

func (r *requests) begin(route string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running == nil {
		r.running, r.count = map[string]int{}, map[asked]uint64{}
	}
	r.running[route]++
}

func (r *requests) end(route string, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[route]--
	r.count[asked{route, status}]++
}

func (r *requests) all() (map[asked]uint64, map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.count), maps.Clone(r.running)
}

// ops counts the ops in the log since the server started, by what became of them. It reads the log when it is asked.
type ops struct {
	mu    sync.Mutex
	upTo  deltasync.Version
	count map[deltasync.Status]uint64
}

// startOps counts from where the log stands now.
func startOps(db *boltstore.DB) *ops {
	o := &ops{upTo: db.Stats().Head, count: map[deltasync.Status]uint64{}}
	for _, s := range []deltasync.Status{deltasync.Applied, deltasync.Conflict, deltasync.Held, deltasync.Rejected} {
		o.count[s] = 0
	}
	return o
}

func (o *ops) read(tx deltasync.Tx) (map[deltasync.Status]uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := tx.Entries(o.upTo, func(e deltasync.Entry) bool {
		if e.Type == deltasync.EntryOp {
			o.count[e.Op.Status]++
		}
		o.upTo = e.Version
		return true
	})
	return maps.Clone(o.count), err
}

// metrics answers in the text format of Prometheus, version 0.0.4.
func (p *parts) metrics(w http.ResponseWriter, r *http.Request) {
	var taken map[deltasync.Status]uint64
	err := p.db.View(r.Context(), func(tx deltasync.Tx) (err error) {
		taken, err = p.ops.read(tx)
		return err
	})
	if err != nil {
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return
	}
	var b strings.Builder
	family := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }

	family("alongside_requests_total", "counter", "Requests by route pattern and status.")
	asks, running := p.requests.all()
	for _, a := range slices.SortedFunc(maps.Keys(asks), func(a, b asked) int {
		if n := strings.Compare(a.route, b.route); n != 0 {
			return n
		}
		return a.status - b.status
	}) {
		fmt.Fprintf(&b, "alongside_requests_total{route=%q,status=\"%d\"} %d\n", a.route, a.status, asks[a])
	}
	family("alongside_requests_running", "gauge", "Requests that are being answered, by route pattern; those of /v1/live are live connections.")
	for _, route := range slices.Sorted(maps.Keys(running)) {
		fmt.Fprintf(&b, "alongside_requests_running{route=%q} %d\n", route, running[route])
	}
	family("alongside_ops_total", "counter", "Ops in the log since the store was opened, by what became of them.")
	for _, s := range slices.Sorted(maps.Keys(taken)) {
		fmt.Fprintf(&b, "alongside_ops_total{status=%q} %d\n", s, taken[s])
	}
	stats := p.db.Stats()
	for _, g := range []struct {
		name, kind, help string
		value            any
	}{
		{"alongside_store_head", "gauge", "The latest version in the store's log.", uint64(stats.Head)},
		{"alongside_store_bytes", "gauge", "The size of the store's file.", stats.Size},
		{"alongside_store_commits_total", "counter", "Commits since the store was opened.", stats.Commits},
		{"alongside_store_commit_seconds", "gauge", "How long the last commit took.", stats.LastCommit.Seconds()},
	} {
		family(g.name, g.kind, g.help)
		fmt.Fprintf(&b, "%s %v\n", g.name, g.value)
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(b.String()))
}
