package reminder

import (
	"io"
	"log/slog"
	"time"

	"alongside/internal/push"
	deltasync "alongside/sync"
)

// The writers inside the server that reminders are.
const writer deltasync.UserID = "system/reminder"

// Service plans, sends, and takes answers.
type Service struct {
	Store    Store
	Engine   *deltasync.Engine
	Devices  Devices
	Senders  map[push.Kind]push.Sender // a way without one is not taken
	Settings Settings
	URL      string // that links carry, without a slash at its end
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
	Rand     io.Reader        // of pages' tokens and of ids; nil: crypto/rand. Safe for concurrent use.
	Rest     time.Duration    // of those who follow the log, when they have caught up: then planning takes a commit for many of the phones', and not one for each

	has, asks map[push.Kind]bool // what Senders can do
	run       string             // this life of the service
	rulesName string             // what it plans by
	stirred   chan struct{}      // the due queue has changed; a commit that moves no head tells nobody
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}
