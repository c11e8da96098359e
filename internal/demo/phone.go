package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	deltasync "alongside/sync"
)

// phone is one user's client of the engine, as thin as can be: it keeps its cursor and which version of each record it
// has seen.
type phone struct {
	engine   *deltasync.Engine
	me       deltasync.Client
	n        uint64 // given out
	cursor   string
	versions map[deltasync.RecordID]deltasync.Version
	first    map[deltasync.Scope]deltasync.RecordID // assignments, as they came first
	count    int                                    // live records, once complete

	staged   map[deltasync.RecordID]deltasync.Version
	complete bool
	refused  error // the first op that came to something that a phone does not do
	size     int
}

// push sends ops in batches, and takes what comes back on the way.
func (p *phone) push(ctx context.Context, ops []json.RawMessage) error {
	for len(ops) > 0 {
		n, size := 0, 0
		for n < len(ops) && n < deltasync.MaxOps && size+len(ops[n]) < deltasync.MaxBody-1024 {
			size += len(ops[n])
			n++
		}
		if err := p.exchange(ctx, ops[:n], deltasync.DefaultPage); err != nil {
			return err
		}
		ops = ops[n:]
	}
	return nil
}

// pull brings the phone up to date.
func (p *phone) pull(ctx context.Context) error {
	for p.complete = false; !p.complete; {
		if err := p.exchange(ctx, nil, deltasync.MaxPage); err != nil {
			return err
		}
	}
	return nil
}

func (p *phone) exchange(ctx context.Context, ops []json.RawMessage, size int) error {
	if p.staged == nil {
		p.staged = map[deltasync.RecordID]deltasync.Version{}
	}
	p.size = 0
	err := p.engine.Exchange(ctx, p.me, &deltasync.Request{Schema: deltasync.Supported[0], Cursor: p.cursor, LastN: p.n,
		MaxBytes: size, Ops: ops}, p)
	return errors.Join(err, p.refused)
}

var _ deltasync.Sink = (*phone)(nil)

// Ack finds what no phone of this partnership would meet: an op that is wrong in itself.
func (p *phone) Ack(_ uint64, results []deltasync.Result) {
	for _, r := range results {
		if r.Status == deltasync.Rejected && p.refused == nil {
			p.refused = fmt.Errorf("op %d is rejected: %s: %s", r.N, r.Code, r.Detail)
		}
	}
}

func (p *phone) Record(s deltasync.Scope, _ deltasync.Version, c deltasync.Change) {
	p.size += len(c.Body)
	p.staged[c.ID] = c.Version
	if c.Kind == deltasync.KindAssignment && p.first[s] == "" {
		p.first[s] = c.ID
	}
}

func (p *phone) Gone(_ deltasync.Scope, _ deltasync.Version, c deltasync.Change) {
	p.staged[c.ID] = c.Version
}

func (p *phone) Scope(deltasync.Scope, deltasync.Version, deltasync.Mark) {}
func (p *phone) Drop(deltasync.Scope, deltasync.Version)                  {}
func (p *phone) Size() int                                                { return p.size }

// Page takes the staged versions over once the view is complete.
func (p *phone) Page(page deltasync.Page) {
	p.cursor, p.complete = page.Cursor, page.Complete
	if !page.Complete {
		return
	}
	for id, v := range p.staged {
		p.versions[id] = v
	}
	p.count = page.Total.Count
	clear(p.staged)
}
