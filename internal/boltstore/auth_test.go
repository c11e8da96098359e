package boltstore

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"alongside/internal/auth"
)

// What auth does outlives a restart, all of it.
func TestAuthOnThisStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := opened(t, Options{})
		s := &auth.Service{Store: db.Auth()}
		var user auth.User
		err := db.Write(tcontext, func(tx *Tx) (err error) {
			user, err = s.AddUser(tx.Auth(), auth.User{Name: "Wanda", Role: auth.Worker, Team: "north"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		code, _, err := s.NewCode(tcontext, user.ID)
		if err != nil {
			t.Fatal(err)
		}
		first, err := s.Enrol(tcontext, code, auth.Device{ID: "d", Name: "phone", Platform: "android"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		second, err := s.Refresh(tcontext, first.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		forked, err := s.Fork(tcontext, first.Client.ID)
		if err != nil {
			t.Fatal(err)
		}

		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = reopened(t, db.path, Options{})
		s = &auth.Service{Store: db.Auth()}
		who, err := s.Verify(tcontext, second.Access)
		if err != nil || who.User != user.ID || who.Since == 0 || who.Client != first.Client.ID {
			t.Errorf("Verify after a restart: %+v, %v", who, err)
		}
		if _, err := s.Refresh(tcontext, second.Refresh); err != nil {
			t.Errorf("Refresh after a restart: %v", err)
		}
		if _, err := s.Revoke(tcontext, forked.Client.ID); err != nil {
			t.Error(err)
		}
		if _, err := s.Verify(tcontext, forked.Access); !errors.Is(err, auth.ErrRevoked) {
			t.Errorf("Verify of a revoked client: %v", err)
		}
		n := 0
		err = db.Auth().View(tcontext, func(tx auth.Tx) error {
			return tx.Clients(func(auth.Client) error { n++; return nil })
		})
		if err != nil || n != 2 {
			t.Errorf("%d clients, %v, want 2", n, err)
		}
		for _, f := range faults(t, db) {
			t.Error(f)
		}
	})
}
