package boltstore

import (
	"sync"

	deltasync "alongside/sync"
)

// granted is what memory knows of who sees what: of each principal that asks, the scopes in force, in the order of their
// names. A coordinator's are thousands, which nearly every sync asks for and hardly any finds changed.
//
// As with the heads of scopes, a commit that changes a principal's scopes says so before it happens, under the id of its
// bbolt transaction. What was read in a transaction counts for every other on the same side of the last such change.
type granted struct {
	mu      sync.Mutex
	by      map[deltasync.Principal]grantList
	changed map[deltasync.Principal]int
}

// grantList was read in a transaction of that id.
type grantList struct {
	txid int
	all  []grantOf
}

type grantOf struct {
	scope deltasync.Scope
	gen   deltasync.Version
	heads *scopeHeads // nil: it had never held a record when the list was read
}

// mostLists is of how many principals the lists are kept: beyond that all go, and those in use come back.
const mostLists = 4096

func (g *granted) find(p deltasync.Principal, txid int) ([]grantOf, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	list, ok := g.by[p]
	if changed := g.changed[p]; !ok || list.txid < changed || txid < changed {
		return nil, false
	}
	return list.all, true
}

func (g *granted) keep(p deltasync.Principal, txid int, all []grantOf) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if txid < g.changed[p] {
		return // it would be nobody's answer, and take the place of one
	}
	if g.by == nil || len(g.by) >= mostLists {
		g.by = map[deltasync.Principal]grantList{}
	}
	g.by[p] = grantList{txid, all}
}

// publish says of whom a coming commit changes the scopes.
func (g *granted) publish(txid int, whom map[deltasync.Principal]struct{}) {
	if len(whom) == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.changed == nil {
		g.changed = map[deltasync.Principal]int{}
	}
	for p := range whom {
		g.changed[p] = txid
		delete(g.by, p)
	}
}
