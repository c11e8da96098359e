package admin

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// Status is how a store and its server stand. It names nobody.
type Status struct {
	Store    string            `json:"store_id"`
	Size     int64             `json:"bytes"`
	Head     deltasync.Version `json:"head"`
	Epoch    string            `json:"epoch"`
	Began    time.Time         `json:"epoch_began"`
	Users    int               `json:"users"`   // that are not disabled
	Devices  int               `json:"devices"` // that may come in
	Running  bool              `json:"running"`
	URL      string            `json:"url"`                   // that links carry
	Backup   *BackupStatus     `json:"last_backup,omitempty"` // nil: none is known
	Schedule *ScheduleStatus   `json:"schedule,omitempty"`    // nil: there is none
}

// BackupStatus is the last backup that the log tells of, whoever made it.
type BackupStatus struct {
	At   time.Time         `json:"at"`
	Head deltasync.Version `json:"head"`
	Age  int64             `json:"age_seconds"`
}

// ScheduleStatus is how scheduled backups stand: as the server makes them, or made them when it last ran.
type ScheduleStatus struct {
	Every     int64      `json:"every_seconds"`
	Dir       string     `json:"dir"`
	Keep      int        `json:"keep"`
	Encrypted bool       `json:"encrypted"`
	Standing  int        `json:"standing"`         // how many are there
	Newest    *time.Time `json:"newest,omitempty"` // nil: none is there
	Size      int64      `json:"newest_bytes"`
	Next      *time.Time `json:"next,omitempty"` // nil: as soon as it can be made
	Overdue   bool       `json:"overdue"`        // by more than a quarter of what lies between two
	Failures  uint64     `json:"failures"`       // since the server was started
	Error     string     `json:"error,omitempty"`
}

func (o *Office) Status(ctx context.Context) (Status, error) {
	figures := o.DB.Stats()
	now := time.Now()
	if o.Engine.Now != nil {
		now = o.Engine.Now()
	}
	s := Status{Store: o.DB.ID(), Size: figures.Size, URL: o.URL}
	err := o.DB.Read(ctx, func(tx *boltstore.Tx) error {
		s.Head, s.Epoch = tx.Head(), tx.Epoch().ID
		first, err := tx.Entry(tx.Epoch().First)
		if err != nil {
			return err
		}
		s.Began = first.At
		return s.count(tx.Auth(), now)
	})
	if err != nil {
		return Status{}, err
	}
	if b := figures.Backup; !b.At.IsZero() {
		s.Backup = &BackupStatus{At: b.At, Head: b.Head, Age: int64(now.Sub(b.At).Seconds())}
	}
	if o.Schedule != nil {
		s.Schedule = o.Schedule.status(now)
	}
	return s, nil
}

// count counts who may come in.
func (s *Status) count(tx auth.Tx, now time.Time) error {
	disabled := map[string]bool{}
	err := tx.Users(func(u auth.User) error {
		if disabled[u.ID] = u.Disabled; !u.Disabled {
			s.Users++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return tx.Clients(func(c auth.Client) error {
		if c.Revoked == nil && !disabled[c.User] && (c.Expires == nil || now.Before(*c.Expires)) {
			s.Devices++
		}
		return nil
	})
}

func (s *Schedule) status(now time.Time) *ScheduleStatus {
	st := &ScheduleStatus{Every: int64(s.Every.Seconds()), Dir: s.Dir, Keep: s.Keep, Encrypted: s.sealed(), Failures: s.Failures()}
	all, err := standing(s.Dir, now)
	if err != nil && !(s.own() && errors.Is(err, fs.ErrNotExist)) { // that one is made with the first
		st.Error = err.Error()
	}
	if n := len(all); n > 0 {
		newest := all[n-1]
		st.Standing, st.Newest, st.Size = n, &newest.at, newest.size
	}
	next := s.next(all)
	if !next.IsZero() {
		st.Next = &next
	}
	st.Overdue = now.After(next.Add(s.Every / 4))
	return st
}
