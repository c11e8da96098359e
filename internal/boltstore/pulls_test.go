package boltstore

import (
	"path/filepath"
	"testing"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

func standOf(t *testing.T, db *DB, c deltasync.ClientID) (s Stand, ok bool) {
	t.Helper()
	err := db.Read(tcontext, func(tx *Tx) (err error) {
		s, ok, err = tx.Stand(c)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, ok
}

func TestHowFarAClientHasComeIsKeptAndAForgottenOneIsNotGuessed(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	db := reopened(t, path, Options{})
	id := deltasync.ClientID("0192f0c1-0000-7000-8000-000000000001")
	if _, ok := standOf(t, db, id); ok {
		t.Error("a client that nobody knows is known to hold nothing")
	}
	err := db.Auth().Update(tcontext, func(tx auth.WriteTx) error {
		return tx.PutClient(auth.Client{ID: string(id), Created: db.options.now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := standOf(t, db, id); !ok || s != (Stand{}) {
		t.Errorf("a client that never pulled: %+v, %v; want nothing, and that is known", s, ok)
	}
	db.Pulled(id, 0, 20)
	db.Pulled(id, 20, 30)
	db.Pulled(id, 10, 25)
	want := Stand{Confirmed: 20, Served: 30}
	s, _ := standOf(t, db, id)
	if want.At = s.At; want.At == 0 {
		t.Error("it is not known when the client came back")
	}
	if s, ok := standOf(t, db, id); !ok || s != want {
		t.Errorf("before a commit: %+v, %v, want %+v", s, ok, want)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopened(t, path, Options{})
	if s, ok := standOf(t, db, id); !ok || s != want {
		t.Errorf("after a restart: %+v, %v, want %+v", s, ok, want)
	}
	if err := db.Update(tcontext, func(tx deltasync.WriteTx) error { return tx.NewEpoch(0, db.options.now()) }); err != nil {
		t.Fatal(err)
	}
	if s, ok := standOf(t, db, id); ok {
		t.Errorf("after a restore: %+v is taken for known", s)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
