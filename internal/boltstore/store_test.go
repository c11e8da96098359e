package boltstore

import (
	"path/filepath"
	"testing"
	"time"

	"alongside/internal/auth"
	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

// opened is a new store that is closed when the test ends.
func opened(t testing.TB, o Options) *DB {
	t.Helper()
	return reopened(t, filepath.Join(t.TempDir(), "alongside.db"), o)
}

func reopened(t testing.TB, path string, o Options) *DB {
	t.Helper()
	db, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// conforming is a DB with the way in which users come into it.
type conforming struct{ *DB }

func (c conforming) AddUser(u deltasync.Client) (deltasync.Client, error) {
	err := c.Write(tcontext, func(tx *Tx) error {
		err := tx.Auth().PutUser(auth.User{ID: string(u.User), Role: auth.Role(u.Role), Team: string(u.Team)})
		if err != nil {
			return err
		}
		u.Since = tx.Head()
		return nil
	})
	return u, err
}

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Store {
		return conforming{opened(t, Options{Now: func() time.Time { return noon }})}
	})
}
