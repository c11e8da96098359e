package deltasync

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// A run brings a client from where it stands to the head, over as many pages as it takes, each in a transaction of its
// own, so that a slow phone holds none open. A pass visits every scope once, in one order. What changes behind it while
// it goes on is above Until, and the next pass, which starts from there, is short; when one transaction has seen a
// whole pass to the head, the run is complete.
type pullRun struct {
	engine *Engine
	tx     Tx
	client Client
	sink   Sink
	cur    cursor
	max    int
	sent   int // frames of this page that carry something
	scopes []visible
}

// visible is a scope that the client may see in this transaction.
type visible struct {
	Scope Scope
	Gen   Version
	head  ScopeHead
	asked bool // head is what the transaction says
}

func byName(a, b visible) int { return cmp.Compare(a.Scope, b.Scope) }

// What a page needs beside its records, and a record beside its body, in bytes at most.
const (
	pageRoom  = 1 << 10
	frameRoom = 160
	scopeRoom = 64 // a scope named in a cursor
)

func (e *Engine) pull(tx Tx, c Client, req *Request, cur cursor, sink Sink) (Page, error) {
	r := &pullRun{engine: e, tx: tx, client: c, sink: sink, cur: cur}
	p := Page{Head: tx.Head(), Epoch: tx.Epoch().ID}
	if r.cur.Epoch != p.Epoch {
		r.cur, p.Reset = cursor{Epoch: tx.Epoch().ID}, req.Cursor != ""
	}
	if err := r.look(); err != nil {
		return Page{}, err
	}
	if r.cur.Until == 0 {
		r.cur.Until = tx.Head()
		r.cur.Refetch = r.asked(req.Refetch)
		if r.cur.From == 0 {
			soon, err := r.soonest()
			if err != nil {
				return Page{}, err
			}
			r.cur.Soon = soon
		}
	}
	r.max = pageSize(req.MaxBytes) - scopeRoom*(len(r.cur.Soon)+len(r.cur.Refetch))
	var err error
	if p.Complete, err = r.pages(); err != nil {
		return Page{}, err
	}
	if p.Complete {
		r.cur = cursor{Epoch: r.cur.Epoch, From: tx.Head()}
		if p.Total, p.Sums, err = r.sums(req.Audit); err != nil {
			return Page{}, err
		}
	}
	p.Cursor, err = r.cur.sealed(tx, c)
	return p, err
}

func pageSize(n int) int {
	if n == 0 {
		n = DefaultPage
	}
	return min(max(n, MinPage), MaxPage) - pageRoom
}

// look gathers what the client may see, in the order of the scopes' names.
func (r *pullRun) look() error {
	for i, p := range r.client.Principals() {
		err := r.tx.Granted(p, func(s Scope, gen Version) bool {
			r.scopes = append(r.scopes, visible{Scope: s, Gen: gen})
			return true
		})
		if err != nil {
			return err
		}
		if i > 0 {
			slices.SortFunc(r.scopes, byName)
		}
	}
	for _, s := range r.client.own() {
		v := visible{Scope: s, Gen: r.client.Since}
		at, _ := slices.BinarySearchFunc(r.scopes, v, byName)
		r.scopes = slices.Insert(r.scopes, at, v)
	}
	return nil
}

func (r *pullRun) find(s Scope) (*visible, bool) {
	i := sort.Search(len(r.scopes), func(i int) bool { return r.scopes[i].Scope >= s })
	if i < len(r.scopes) && r.scopes[i].Scope == s {
		return &r.scopes[i], true
	}
	return nil, false
}

// head is what a scope comes to, of which the store is asked once.
func (r *pullRun) head(v *visible) (ScopeHead, error) {
	if v.asked {
		return v.head, nil
	}
	var err error
	v.head, err = r.tx.ScopeHead(v.Scope)
	v.asked = err == nil
	return v.head, err
}

func (r *pullRun) asked(scopes []Scope) []Scope {
	var out []Scope
	for _, s := range scopes {
		if _, ok := r.find(s); ok && len(out) < MaxRefetch && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// soonest finds the people who go first in a first pull.
func (r *pullRun) soonest() ([]Scope, error) {
	if r.engine.Soon == nil {
		return nil, nil
	}
	const first = 16
	type soon struct {
		scope Scope
		at    time.Time
	}
	from := r.engine.now().Add(-12 * time.Hour)
	var all []soon
	for _, v := range r.scopes {
		var best time.Time
		err := r.tx.Changes(v.Scope, 0, func(c Change) bool {
			if c.Gone {
				return true
			}
			if at, ok := r.engine.Soon(c.Kind, c.Body); ok && at.After(from) && (best.IsZero() || at.Before(best)) {
				best = at
			}
			return true
		})
		if err != nil {
			return nil, err
		}
		if !best.IsZero() {
			all = append(all, soon{v.Scope, best})
		}
	}
	slices.SortStableFunc(all, func(a, b soon) int { return a.at.Compare(b.at) })
	var out []Scope
	for _, s := range all[:min(first, len(all))] {
		out = append(out, s.scope)
	}
	return out, nil
}

// pages goes on until the page is full or the client has everything.
func (r *pullRun) pages() (complete bool, err error) {
	for {
		for _, stage := range []func() (bool, error){r.drops, r.first, r.rest} {
			if full, err := stage(); full || err != nil {
				return false, err
			}
		}
		if r.cur.Until == r.tx.Head() {
			return true, nil
		}
		r.cur = cursor{Epoch: r.cur.Epoch, From: r.cur.Until, Until: r.tx.Head()}
	}
}

// fits reports whether n more bytes go into the page. One frame always does.
func (r *pullRun) fits(n int) bool { return r.sent == 0 || r.sink.Size()+n <= r.max }

// drops says which scopes the client had at From and may not see any more.
func (r *pullRun) drops() (full bool, err error) {
	if r.cur.From == 0 {
		return false, nil // it has nothing
	}
	for _, p := range r.client.Principals() {
		touched := map[Scope]bool{}
		err := r.tx.Grants(p, r.cur.From, func(g Grant) bool {
			had := g.End && !touched[g.Scope]
			touched[g.Scope] = true
			if !had || g.Version <= r.cur.Drops {
				return true // one that it may see again is dropped too: the backfill follows
			}
			if full = !r.fits(frameRoom); full {
				return false
			}
			r.sink.Drop(g.Scope, g.Gen)
			r.sent++
			r.cur.Drops = g.Version
			return true
		})
		if full || err != nil {
			return full, err
		}
	}
	return false, nil
}

// first visits the scopes that go first.
func (r *pullRun) first() (full bool, err error) {
	for r.cur.At < len(r.cur.Soon) {
		if v, ok := r.find(r.cur.Soon[r.cur.At]); ok {
			if full, err := r.visit(v); full || err != nil {
				return full, err
			}
		}
		r.cur.At, r.cur.After = r.cur.At+1, 0
	}
	return false, nil
}

// rest visits the others.
func (r *pullRun) rest() (full bool, err error) {
	from, begun := slices.BinarySearchFunc(r.scopes, visible{Scope: r.cur.Scope}, byName)
	for i := from; i < len(r.scopes); i++ {
		v := &r.scopes[i]
		if slices.Contains(r.cur.Soon, v.Scope) {
			continue
		}
		if i > from || !begun {
			r.cur.Scope, r.cur.After = v.Scope, 0
		}
		if full, err := r.visit(v); full || err != nil {
			return full, err
		}
	}
	return false, nil
}

// visit brings one scope, from After on.
func (r *pullRun) visit(v *visible) (full bool, err error) {
	if v.Gen > r.cur.Until {
		return false, nil // the next pass brings it whole
	}
	backfill := v.Gen > r.cur.From || slices.Contains(r.cur.Refetch, v.Scope)
	after := r.cur.After
	announced := !backfill || after > 0
	if !backfill {
		after = max(after, r.cur.From)
		head, err := r.head(v)
		if err != nil || head.Latest <= after {
			return false, err
		}
	}
	err = r.tx.Changes(v.Scope, after, func(c Change) bool {
		if backfill && c.Gone {
			return true
		}
		if full = !r.fits(frameRoom + len(v.Scope) + len(c.Body)); full {
			return false
		}
		if !announced {
			r.sink.Scope(v.Scope, v.Gen, Backfill)
			announced = true
		}
		if c.Gone {
			r.sink.Gone(v.Scope, v.Gen, c)
		} else {
			r.sink.Record(v.Scope, v.Gen, c)
		}
		r.sent++
		r.cur.After = c.Version
		return true
	})
	if full || err != nil || !backfill {
		return full, err
	}
	if !announced {
		if !r.fits(2 * frameRoom) {
			return true, nil
		}
		r.sink.Scope(v.Scope, v.Gen, Backfill)
		r.sent++
	}
	r.sink.Scope(v.Scope, v.Gen, Done)
	return false, nil
}

// sums is what the client holds now, by this transaction.
func (r *pullRun) sums(audit bool) (total Sum, each map[Scope]Sum, err error) {
	if audit {
		each = make(map[Scope]Sum, len(r.scopes))
	}
	for i := range r.scopes {
		head, err := r.head(&r.scopes[i])
		if err != nil {
			return total, nil, err
		}
		total.Join(head.Sum)
		if audit {
			each[r.scopes[i].Scope] = head.Sum
		}
	}
	return total, each, nil
}
