package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	deltasync "alongside/sync"
)

// Phone is the least that a client has to do, for tests: it keeps an outbox, stages pages, holds its sums against the
// server's, and does nothing by itself. It is written from PROTOCOL.md, not from the engine.
type Phone struct {
	Office   Office
	Client   deltasync.Client
	Name     string
	Now      func() time.Time // the device's clock
	MaxBytes int
	Audit    bool
	Refetch  []deltasync.Scope

	N       uint64
	Out     []Sent // not acknowledged
	Acked   []Sent // acknowledged, and not known to stand in a backup
	Results map[uint64]deltasync.Result
	Cursor  string
	Epoch   string
	Scopes  map[deltasync.Scope]map[deltasync.RecordID]Frame // what a person sees
	Gens    map[deltasync.Scope]deltasync.Version
	Page    deltasync.Page // the last one
	Pages   int            // of the last run
	Tap     func(Frame)    // sees every frame that reaches the phone

	staged  map[deltasync.Scope]map[deltasync.RecordID]Frame
	cursor  string // of the staged pages
	reset   bool
	came    map[deltasync.Scope]bool
	running bool
}

// Office is where a phone syncs: the engine itself, or a server in front of it.
type Office interface {
	Exchange(ctx context.Context, c deltasync.Client, req *deltasync.Request, sink deltasync.Sink) error
}

// Sent is an op as the phone keeps it.
type Sent struct {
	N    uint64
	ID   deltasync.OpID
	Wire map[string]any
}

// Frame is one frame as a phone reads it.
type Frame struct {
	Kind    string // scope, record, gone, drop
	Scope   deltasync.Scope
	Gen     deltasync.Version
	Mark    deltasync.Mark
	Change  deltasync.Change
	Fields  map[string]json.RawMessage
	Beside  map[string][]Kept
	Deletes []Kept
	User    deltasync.UserID
}

// Kept is a value beside the shown one.
type Kept struct {
	Value   json.RawMessage   `json:"value"`
	Version deltasync.Version `json:"version"`
	User    deltasync.UserID  `json:"user"`
	At      time.Time         `json:"at"`
}

// ErrDiffers says that phone and server do not agree on what the phone holds.
var ErrDiffers = errors.New("the phone's sum is not the server's")

// Cut is where a reply is lost on its way; the zero value lets all of it through.
type Cut struct {
	Request bool // nothing reaches the server
	Reply   bool // the reply is lost after Frames frames
	Frames  int
}

// ErrCut is what a phone sees of a Cut.
var ErrCut = errors.New("the connection was cut")

// Write puts an op into the outbox. Base is the version that the phone shows, unless wire says one.
func (p *Phone) Write(id deltasync.OpID, wire map[string]any) uint64 {
	p.N++
	op := map[string]any{"n": p.N, "id": id, "at": p.Now().UTC().Format(deltasync.TimeFormat)}
	scope, _ := wire["scope"].(string)
	record, _ := wire["record"].(string)
	op["base"] = p.Scopes[deltasync.Scope(scope)][deltasync.RecordID(record)].Change.Version
	maps.Copy(op, wire)
	p.Out = append(p.Out, Sent{N: p.N, ID: id, Wire: op})
	return p.N
}

// Sync runs pages until one is complete or one is cut.
func (p *Phone) Sync(ctx context.Context, cut Cut) error {
	for p.Pages = 1; p.Pages < 5000; p.Pages++ {
		done, err := p.Once(ctx, cut)
		if done || err != nil {
			return err
		}
	}
	return errors.New("the run never completes")
}

// Once is one round trip.
func (p *Phone) Once(ctx context.Context, cut Cut) (done bool, err error) {
	if cut.Request {
		return false, ErrCut
	}
	if !p.running {
		p.begin()
	}
	req := p.request()
	var reply reply
	err = p.Office.Exchange(ctx, p.Client, req, &reply)
	if gap := (*deltasync.GapError)(nil); errors.As(err, &gap) && p.reoffer(gap.Through) {
		return false, nil // the server holds less than it acknowledged
	}
	if err != nil {
		return false, err
	}
	if cut.Reply && cut.Frames == 0 {
		return false, ErrCut
	}
	held := len(p.Acked) > 0
	p.take(reply.results)
	if cut.Reply {
		return false, ErrCut // data without its page frame counts for nothing
	}
	if reply.page.Reset {
		p.begin()
		p.reset = true
	}
	for _, f := range reply.frames {
		if p.Tap != nil {
			p.Tap(f)
		}
		p.stage(f)
	}
	p.Page, p.cursor = reply.page, reply.page.Cursor
	through := p.Page.Through
	if p.Epoch != p.Page.Epoch && (p.Epoch != "" || held) {
		through = 0 // another life of the store: what it holds under a number may be another's
	} else {
		p.Acked = slices.DeleteFunc(p.Acked, func(s Sent) bool { return s.N <= p.Page.Safe })
	}
	p.Epoch = p.Page.Epoch
	again := p.reoffer(through)
	if !p.Page.Complete {
		return false, nil
	}
	return !again, p.complete()
}

func (p *Phone) request() *deltasync.Request {
	req := &deltasync.Request{Schema: 1, Cursor: p.cursor, LastN: p.N, SentAt: p.Now(), MaxBytes: p.MaxBytes, Audit: p.Audit, Refetch: p.Refetch}
	for _, s := range p.Out[:min(len(p.Out), deltasync.MaxOps)] {
		raw, err := json.Marshal(s.Wire)
		if err != nil {
			panic(err)
		}
		req.Ops = append(req.Ops, raw)
	}
	return req
}

func (p *Phone) begin() {
	p.running, p.reset, p.cursor = true, false, p.Cursor
	p.came = map[deltasync.Scope]bool{}
	p.staged = map[deltasync.Scope]map[deltasync.RecordID]Frame{}
	for s, recs := range p.Scopes {
		p.staged[s] = maps.Clone(recs)
	}
	if p.Results == nil {
		p.Results = map[uint64]deltasync.Result{}
	}
	if p.Gens == nil {
		p.Gens = map[deltasync.Scope]deltasync.Version{}
	}
}

// take moves what is acknowledged out of the outbox.
func (p *Phone) take(results []deltasync.Result) {
	for _, r := range results {
		p.Results[r.N] = r
		if i := slices.IndexFunc(p.Out, func(s Sent) bool { return s.N == r.N }); i >= 0 {
			p.Acked = append(p.Acked, p.Out[i])
			p.Out = slices.Delete(p.Out, i, i+1)
		}
	}
}

// reoffer puts back into the outbox what a restored server does not hold any more.
func (p *Phone) reoffer(through uint64) bool {
	var again []Sent
	p.Acked = slices.DeleteFunc(p.Acked, func(s Sent) bool {
		if s.N > through {
			again = append(again, s)
		}
		return s.N > through
	})
	p.Out = append(again, p.Out...)
	slices.SortFunc(p.Out, func(a, b Sent) int { return cmp.Compare(a.N, b.N) })
	return len(again) > 0
}

func (p *Phone) stage(f Frame) {
	switch f.Kind {
	case "scope":
		p.Gens[f.Scope] = f.Gen
		if f.Mark == deltasync.Backfill {
			p.staged[f.Scope] = map[deltasync.RecordID]Frame{}
			p.came[f.Scope] = true
		}
	case "drop":
		if f.Gen >= p.Gens[f.Scope] {
			delete(p.staged, f.Scope)
		}
	case "record", "gone":
		if f.Gen != p.Gens[f.Scope] {
			return
		}
		if f.Kind == "gone" {
			delete(p.staged[f.Scope], f.Change.ID)
			return
		}
		if p.staged[f.Scope] == nil {
			p.staged[f.Scope] = map[deltasync.RecordID]Frame{}
		}
		p.staged[f.Scope][f.Change.ID] = f
	}
}

func (p *Phone) complete() error {
	if p.reset {
		maps.DeleteFunc(p.staged, func(s deltasync.Scope, _ map[deltasync.RecordID]Frame) bool { return !p.came[s] })
	}
	p.Scopes, p.Cursor, p.running, p.Refetch = p.staged, p.cursor, false, nil
	var total deltasync.Sum
	for s, recs := range p.Scopes {
		var sum deltasync.Sum
		for id, f := range recs {
			sum.Add(id, f.Change.Version)
		}
		total.Join(sum)
		if p.Audit && sum != p.Page.Sums[s] {
			return fmt.Errorf("%w: %s has %+v, %+v", ErrDiffers, s, sum, p.Page.Sums[s])
		}
	}
	if total != p.Page.Total {
		return fmt.Errorf("%w: %+v, %+v", ErrDiffers, total, p.Page.Total)
	}
	return nil
}

// Copy is a second device with the same memory.
func (p *Phone) Copy() *Phone {
	c := *p
	c.Out, c.Acked = slices.Clone(p.Out), slices.Clone(p.Acked)
	c.Results, c.Gens = maps.Clone(p.Results), maps.Clone(p.Gens)
	c.running = false
	return &c
}

// Become takes a new client: the outbox goes over with its ids, numbered from 1.
func (p *Phone) Become(c deltasync.Client) {
	all := append(slices.Clone(p.Acked), p.Out...)
	p.Client, p.N, p.Out, p.Acked, p.Cursor, p.running = c, 0, nil, nil, "", false
	p.Scopes, p.Gens = nil, nil
	for _, s := range all {
		p.N++
		s.N, s.Wire = p.N, maps.Clone(s.Wire)
		s.Wire["n"] = p.N
		p.Out = append(p.Out, s)
	}
}

// sealed is what the phone still has, as the server opens it when it is handed in; known says that the server knows the client.
func (p *Phone) sealed(known bool) (ops []deltasync.SealedOp) {
	author := p.Client.User
	if !known {
		author = ""
	}
	for _, s := range append(slices.Clone(p.Acked), p.Out...) {
		raw, err := json.Marshal(s.Wire)
		if err != nil {
			panic(err)
		}
		ops = append(ops, deltasync.SealedOp{Client: p.Client.ID, Author: author, Raw: raw})
	}
	return ops
}

// reply is a Sink that keeps the frames.
type reply struct {
	results []deltasync.Result
	frames  []Frame
	page    deltasync.Page
	size    int
}

func (r *reply) Ack(_ uint64, results []deltasync.Result) { r.results = results }

func (r *reply) Scope(s deltasync.Scope, gen deltasync.Version, m deltasync.Mark) {
	r.add(Frame{Kind: "scope", Scope: s, Gen: gen, Mark: m})
}

func (r *reply) Record(s deltasync.Scope, gen deltasync.Version, c deltasync.Change) {
	c.Body = slices.Clone(c.Body)
	f := Frame{Kind: "record", Scope: s, Gen: gen, Change: c}
	var body struct {
		User      deltasync.UserID           `json:"user"`
		Fields    map[string]json.RawMessage `json:"fields"`
		Conflicts map[string][]Kept          `json:"conflicts"`
		Deletes   []Kept                     `json:"deletes"`
	}
	if err := json.Unmarshal(append(append([]byte{'{'}, c.Body...), '}'), &body); err != nil {
		panic(fmt.Sprintf("a record's body is no JSON: %v", err))
	}
	f.User, f.Fields, f.Beside, f.Deletes = body.User, body.Fields, body.Conflicts, body.Deletes
	r.add(f)
}

func (r *reply) Gone(s deltasync.Scope, gen deltasync.Version, c deltasync.Change) {
	r.add(Frame{Kind: "gone", Scope: s, Gen: gen, Change: c})
}

func (r *reply) Drop(s deltasync.Scope, gen deltasync.Version) {
	r.add(Frame{Kind: "drop", Scope: s, Gen: gen})
}

func (r *reply) Page(p deltasync.Page) { r.page = p }
func (r *reply) Size() int             { return r.size }

func (r *reply) add(f Frame) {
	r.frames = append(r.frames, f)
	r.size += 120 + len(f.Scope) + len(f.Change.Body)
}
