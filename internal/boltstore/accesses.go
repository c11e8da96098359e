package boltstore

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"

	deltasync "alongside/sync"
)

// accesses remembers how rows of access read, which every edit of a person asks for and hardly any changes. A row that
// differs from the one that was read is read anew, so it holds in every transaction.
type accesses struct {
	mu sync.Mutex
	by map[deltasync.Scope]readAccess
}

type readAccess struct {
	row    []byte
	access deltasync.Access
}

// mostAccesses is of how many scopes rows are remembered: beyond that all go, and those in use come back.
const mostAccesses = 4096

// read gives what a row says, in slices of the caller's own.
func (r *accesses) read(s deltasync.Scope, row []byte) (a deltasync.Access, err error) {
	r.mu.Lock()
	known := r.by[s]
	r.mu.Unlock()
	if a = known.access; known.row == nil || !bytes.Equal(known.row, row) {
		a = deltasync.Access{}
		if err := json.Unmarshal(row, &a); err != nil {
			return a, err
		}
		r.keep(s, readAccess{bytes.Clone(row), a})
	}
	a.Assignments, a.Grants = slices.Clone(a.Assignments), slices.Clone(a.Grants)
	return a, nil
}

func (r *accesses) keep(s deltasync.Scope, known readAccess) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil || len(r.by) >= mostAccesses {
		r.by = map[deltasync.Scope]readAccess{}
	}
	r.by[s] = known
}
