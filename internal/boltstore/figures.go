package boltstore

import (
	"os"
	"sync"
	"time"

	deltasync "alongside/sync"
)

// Stats are figures for those who watch over the store.
type Stats struct {
	Size       int64 // of the file, in bytes
	Head       deltasync.Version
	Commits    uint64 // since it was opened
	Functions  uint64 // that those commits made durable
	LastCommit time.Duration
	Readers    int // who read at this moment
	Backup     LastBackup
}

type figures struct {
	mu sync.Mutex
	s  Stats
}

func (f *figures) note(functions int, took time.Duration, st *state) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.s.Commits++
	f.s.Functions += uint64(functions)
	f.s.LastCommit = took
	f.s.Head = st.head
	if st.backup != (LastBackup{}) {
		f.s.Backup = st.backup
	}
}

// Stats costs one look at the file.
func (db *DB) Stats() Stats {
	db.figures.mu.Lock()
	s := db.figures.s
	db.figures.mu.Unlock()
	s.Readers = db.reads.now()
	if info, err := os.Stat(db.path); err == nil {
		s.Size = info.Size()
	}
	return s
}
