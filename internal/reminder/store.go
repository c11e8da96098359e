package reminder

import (
	"context"

	"alongside/internal/follow"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// Store is what reminders need of the store: its log, and tables of their own beside it (boltstore's derived rows).
type Store interface {
	follow.Log
	// Read runs fn on one consistent state.
	Read(ctx context.Context, fn func(Tx) error) error
	// Write runs fn alone. Nil: what it wrote is durable. fn may run again.
	Write(ctx context.Context, fn func(WriteTx) error) error
}

// Tx reads one state.
type Tx interface {
	deltasync.Tx
	Derived(table string, key []byte) ([]byte, error)
	EachDerived(table string, prefix []byte, fn func(key []byte, of deltasync.Scope, value []byte) (bool, error)) error
}

// WriteTx writes.
type WriteTx interface {
	deltasync.WriteTx
	Derived(table string, key []byte) ([]byte, error)
	EachDerived(table string, prefix []byte, fn func(key []byte, of deltasync.Scope, value []byte) (bool, error)) error
	PutDerived(table string, key []byte, of deltasync.Scope, value []byte) error
	DropDerived(table string, key []byte) error
}

// The tables. Each row that is about a person belongs to the person's scope, so that it goes when the person is erased.
const (
	tablePlaces  = "reminder/places"  // name of a follower → version, 8 bytes
	tableAgendas = "reminder/agendas" // scope → agenda
	tableDue     = "reminder/due"     // moment (Unix milliseconds, 8 bytes), scope → nothing
	tablePages   = "reminder/pages"   // SHA-256 of a page's token → page record's id
	tableNumbers = "reminder/numbers" // number (keyed hash), scope → nothing: whose number a text came from
)

// Devices are the phones of workers.
type Devices interface {
	// Of gives the targets of all devices of these users that may come in now.
	Of(ctx context.Context, users []deltasync.UserID) ([]Device, error)
	// Forget takes a device's target away, if it still has this one.
	Forget(ctx context.Context, d Device) error
}

// Device is one phone of a worker that can be reached.
type Device struct {
	Client deltasync.ClientID
	User   deltasync.UserID
	Target push.Target
}
