package server

import (
	"context"
	"path/filepath"
	"time"

	"alongside/internal/admin"
)

const (
	settled    = 2 * time.Second // how old what is archived may be before the disk is waited for
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// archived keeps the archive up with the log until ctx ends. The store serves on whatever becomes of its archive, which
// takes later what it could not take now.
func (p *parts) archived(ctx context.Context) {
	tick := time.NewTicker(settled)
	defer tick.Stop()
	retry, last := firstRetry, time.Now()
	for ctx.Err() == nil {
		committed := p.db.Committed()
		err := p.archive.CatchUp(ctx)
		if err == nil && time.Since(last) >= settled {
			err = p.archive.Settle()
			last = time.Now()
		}
		wait := (<-chan time.Time)(tick.C)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			p.requests.archiveFailed.Inc()
			p.log.Error("the archive is behind; the store holds what it lacks", "error", err)
			committed, wait, retry = nil, time.After(retry), min(2*retry, lastRetry)
		default:
			retry = firstRetry
		}
		select {
		case <-ctx.Done():
		case <-committed:
		case <-wait:
		}
	}
}

// archiveOf is the archive of what a configuration serves.
func archiveOf(c Config) *admin.Archive {
	folder := c.Archive
	if folder == "" {
		folder = filepath.Join(c.Data, admin.ArchiveName)
	}
	return &admin.Archive{Folder: folder, Log: c.Log, Kinds: c.Kinds}
}
