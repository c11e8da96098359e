package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

const (
	verifiedLife = time.Minute
	verifiedMost = 4096
)

// verified remembers access tokens that passed, by their hash. Its zero value is ready.
type verified struct {
	mu    sync.Mutex
	era   uint64 // how often it was emptied
	known map[[sha256.Size]byte]finding
}

type finding struct {
	id          Identity
	from, until time.Time // from: a clock that was set back makes it unknown, not long-lived
}

// find also gives the era, which whoever does not find takes along to keep, from before reading the store.
func (v *verified) find(sum [sha256.Size]byte, now time.Time) (id Identity, era uint64, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f, ok := v.known[sum]
	if !ok || now.Before(f.from) || !now.Before(f.until) {
		return Identity{}, v.era, false
	}
	return f.id, v.era, true
}

// keep remembers a finding unless the memory was emptied since its era was taken: it may be of the time before.
func (v *verified) keep(sum [sha256.Size]byte, id Identity, era uint64, now time.Time) {
	until := now.Add(verifiedLife)
	if id.Expires.Before(until) {
		until = id.Expires
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if era != v.era {
		return
	}
	if v.known == nil {
		v.known = map[[sha256.Size]byte]finding{}
	}
	if len(v.known) >= verifiedMost {
		for one := range v.known { // whichever: it costs its owner one check
			delete(v.known, one)
			break
		}
	}
	v.known[sum] = finding{id: id, from: now, until: until}
}

func (v *verified) empty() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.era++
	v.known = nil
}
