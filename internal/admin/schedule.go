package admin

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"alongside/internal/seal"
)

// BackupsName is the folder for scheduled backups in the server's folder, where no other is named.
const BackupsName = "backups"

// Plan is when backups are made, and where they go.
type Plan struct {
	Every time.Duration   // 0: never
	Dir   string          // made only if it is BackupsName in the server's folder: any other may lie on a disk that is missing
	Keep  int             // how many of them remain, at least 1
	To    seal.Recipients // none: they are not encrypted
}

// Schedule makes the backups of a plan while a server runs. When the next one is due follows from the newest that
// stands in the folder, so a restart changes nothing. It removes nothing but its own, which it knows by their names.
type Schedule struct {
	Plan
	Data string // the server's folder
	Log  *slog.Logger
	Now  func() time.Time // nil: time.Now

	failures atomic.Uint64
	bytes    atomic.Int64
	was      bool // of a stopped server, whose recipients nobody knows: they were encrypted
}

func (s *Schedule) sealed() bool { return s.was || !s.To.None() }

// own reports whether the folder is the one in the server's, which is made where there is none.
func (s *Schedule) own() bool {
	dir, err1 := filepath.Abs(s.Dir)
	data, err2 := filepath.Abs(s.Data)
	return err1 == nil && err2 == nil && dir == filepath.Join(data, BackupsName)
}

const (
	settling   = 5 * time.Second // after the start, which has its own work
	glance     = time.Minute     // how often it looks whether one is due, since clocks get set and disks come back
	firstPause = time.Minute     // after a failure; each further one doubles it
	mostPause  = time.Hour
)

// Run makes backups when they are due, until ctx ends. A failure is logged, counted, and tried again after a pause.
func (s *Schedule) Run(ctx context.Context, c Commands) {
	pause := firstPause
	for wait := settling; sleep(ctx, wait); {
		wait = glance
		left, err := s.left(ctx, c)
		if err == nil && left > 0 {
			wait = min(left, glance)
			continue
		}
		if err == nil {
			err = s.backUp(ctx, c)
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			pause = firstPause
			continue
		}
		s.failures.Add(1)
		wait = min(pause, s.Every)
		pause = min(2*pause, mostPause)
		s.Log.Error("the scheduled backup failed", "error", err, "help", helps(err), "again_in", wait.String())
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Failures are the backups that failed since the server was started.
func (s *Schedule) Failures() uint64 { return s.failures.Load() }

// NewestBytes is the size of the newest backup that stood when the folder was last looked at; 0: none did. It costs no
// look at a disk that may be slow.
func (s *Schedule) NewestBytes() int64 { return s.bytes.Load() }

// left is how long there is until the next backup is due.
func (s *Schedule) left(ctx context.Context, c Commands) (time.Duration, error) {
	status, err := c.Status(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.claim(status.Store); err != nil {
		return 0, err
	}
	all, err := standing(s.Dir, s.now())
	if err != nil {
		return 0, err
	}
	if n := len(all); n > 0 {
		s.bytes.Store(all[n-1].size)
	}
	return s.next(all).Sub(s.now()), nil
}

// next is when a backup is due, beside those that stand; zero: at once.
func (s *Schedule) next(all []kept) time.Time {
	if len(all) == 0 || all[len(all)-1].ahead {
		return time.Time{}
	}
	return all[len(all)-1].at.Add(s.Every)
}

func (s *Schedule) backUp(ctx context.Context, c Commands) error {
	s.rotate() // also before, since the disk may be full of those that are too many now
	if err := removePartial(s.Dir); err != nil {
		return err
	}
	start := time.Now()
	file := filepath.Join(s.Dir, nameOf(s.now(), !s.To.None()))
	b, err := SealedBackupTo(ctx, c, s.Data, file, s.To, nil)
	if err != nil {
		return err
	}
	s.bytes.Store(b.Size)
	s.Log.Info("backed up and verified", "file", b.File, "bytes", b.Size, "head", b.Head, "took", time.Since(start).String())
	s.rotate()
	return nil
}

// rotate leaves as many as the plan keeps, the newest among them.
func (s *Schedule) rotate() {
	all, err := standing(s.Dir, s.now())
	for _, b := range all[:max(0, len(all)-s.Keep)] {
		err = errors.Join(err, os.Remove(filepath.Join(s.Dir, b.name)))
	}
	if err != nil {
		s.Log.Error("old backups were not removed", "error", err, "help", helps(err))
	}
}

func (s *Schedule) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// helps says what to do about a backup that failed.
func helps(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room on that disk, or keep fewer with --backup-keep"
	case errors.Is(err, fs.ErrNotExist):
		return "see whether the disk of --backup-dir is there; the folder on it is to be made once, by hand"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "let the server's user write to --backup-dir"
	case errors.Is(err, errOtherStore):
		return "give each server a --backup-dir of its own"
	}
	return "see whether the disks of --data and --backup-dir are well, and what alongside check says"
}
