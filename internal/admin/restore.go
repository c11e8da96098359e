package admin

import (
	"context"
	"errors"
	"fmt"

	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// Restored says what a restore did.
type Restored struct {
	Epoch  string            `json:"epoch"`
	Aside  string            `json:"aside,omitempty"` // where the folder's former content is now
	Backup deltasync.Version `json:"backup"`          // how far the backup's log went
	Known  deltasync.Version `json:"known"`           // how far the log is known to have gone
}

// Restore makes the store of dir anew from a backup. It is refused while a server has the folder.
func Restore(ctx context.Context, file, dir string, o Options) (Restored, error) {
	url := lastURL(dir)
	if _, err := Call(dir); err == nil {
		return Restored{}, inUse(dir)
	}
	info, err := boltstore.Restore(ctx, file, dir, boltstore.Options{Log: o.Log})
	if errors.Is(err, boltstore.ErrInUse) {
		return Restored{}, inUse(dir)
	}
	if err != nil {
		return Restored{}, err
	}
	r := Restored{Epoch: info.Epoch, Aside: info.Aside, Backup: info.Backup, Known: info.Known}
	if url != defaultURL {
		err = KeepURL(dir, url)
	}
	return r, err
}

func inUse(dir string) error {
	return fmt.Errorf("%s: %w: stop it first", dir, boltstore.ErrInUse)
}
