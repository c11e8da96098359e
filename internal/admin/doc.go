// Package admin is the office's own work on a store: teams, users, devices, backups. The same commands run on a live
// server, through a Unix socket in its folder, and on a stopped one, by opening its store; Open picks.
//
// The socket carries no credentials. Who can reach it owns the folder, and could read the store itself.
package admin

import (
	"context"
	"io"
	"time"

	"alongside/internal/auth"
	"alongside/internal/reminder"
	deltasync "alongside/sync"
)

// Commands is what an operator can have done. Office does it; Line has it done by a live server.
type Commands interface {
	AddTeam(ctx context.Context, name string) (id string, err error)
	AddUser(ctx context.Context, u NewUser) (id string, err error)
	// DisableUser cuts off a user for good, and gives the devices that it cut off now.
	DisableUser(ctx context.Context, user string) ([]Device, error)
	// Enrol makes a code that lets one device of a user in.
	Enrol(ctx context.Context, user string) (Invitation, error)
	Devices(ctx context.Context) ([]Device, error)
	// Revoke cuts off a client and all that were taken from it, and gives those that it cut off now.
	Revoke(ctx context.Context, client string) ([]Device, error)
	Report(ctx context.Context, client string) (Report, error)
	// PersonLink gives the address of a person's page; anew ends the one that it had.
	PersonLink(ctx context.Context, person string, anew bool) (Link, error)
	// Erase takes away all that was ever written about a person.
	Erase(ctx context.Context, person string) (Erasure, error)
	// Retention lists people whose support has ended, and about whom nothing was written since a moment.
	Retention(ctx context.Context, before time.Time) ([]Retained, error)
	// Reminders tells what reminders came to, by week and way, in the weeks since a moment.
	Reminders(ctx context.Context, since time.Time, zone *time.Location) ([]reminder.Row, error)
	// Hold says that a person must not be erased, and why; Release, that they may be again.
	Hold(ctx context.Context, person, reason string) error
	Release(ctx context.Context, person string) error
	// Backup writes a whole store as it stands at one moment, and gives the head that it holds. Progress, if not nil,
	// hears at once of how many bytes it will be at most, and then how many are written.
	Backup(ctx context.Context, w io.Writer, progress func(done, all int64)) (deltasync.Version, error)
	// BackedUp says that a backup up to head is safe on a disk, so that phones may let go of what stands in it.
	BackedUp(ctx context.Context, head deltasync.Version) error
	Status(ctx context.Context) (Status, error)
	// Check calls report with each fault of the store.
	Check(ctx context.Context, report func(fault string)) error
}

// NewUser is somebody who is to work with the program.
type NewUser struct {
	Name string    `json:"name"`
	Role auth.Role `json:"role"`
	Team string    `json:"team"` // id
}

// Invitation lets one device in.
type Invitation struct {
	Code    string    `json:"code"`
	Link    string    `json:"link"`
	Expires time.Time `json:"expires_at"`
}

// Device is a client, for people.
type Device struct {
	Client   string     `json:"client_id"`
	User     string     `json:"user"` // id
	Name     string     `json:"name"` // of the user
	Device   string     `json:"device"`
	Platform string     `json:"platform,omitempty"`
	Created  time.Time  `json:"created"`
	LastSeen time.Time  `json:"last_seen"` // when it last renewed its tokens, which it does every ten minutes of use
	Revoked  *time.Time `json:"revoked,omitempty"`
	Expires  *time.Time `json:"expires,omitempty"`
	Parent   string     `json:"parent,omitempty"`   // the client that it was taken from
	Disabled bool       `json:"disabled,omitempty"` // its user is
}

// Report says which people's data a device held.
type Report struct {
	Device
	People  []deltasync.RecordID `json:"people"`  // that it may hold
	Dropped []deltasync.RecordID `json:"dropped"` // that it held, and has confirmed to hold no more
}

// ValueError says that a value that was given cannot be used, and why, in one line.
type ValueError struct{ Detail string }

func (e *ValueError) Error() string { return e.Detail }
