package boltstore

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	deltasync "alongside/sync"
)

var (
	tcontext = context.Background()
	noon     = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

// note is a record with one word in it.
func note(s deltasync.Scope, id deltasync.RecordID, word string) *deltasync.Record {
	o := deltasync.Origin{Version: 1, Client: "c", N: 1, User: "u", At: noon}
	v := deltasync.Value{Origin: o, Parts: []json.RawMessage{deltasync.AppendString(nil, word)}}
	return &deltasync.Record{Scope: s, Kind: "support", ID: id, Made: "u", User: "u", At: noon,
		Registers: []deltasync.Register{{Fields: []string{"what"}, Values: []deltasync.Value{v}}}}
}

// next appends an op of client "c" for the record, and sets its version.
func next(tx *Tx, r *deltasync.Record) *deltasync.Record {
	n, err := tx.Counter("c")
	if err == nil {
		n.Through++
		err = tx.PutCounter("c", n)
	}
	if err == nil {
		r.Version, err = tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryOp, Op: &deltasync.OpEntry{
			Client: "c", User: "u", N: n.Through, Scope: r.Scope, Kind: r.Kind, Record: r.ID, Status: deltasync.Applied}})
	}
	if err != nil {
		panic(err)
	}
	r.Log = r.Version
	return r
}

func put(t testing.TB, db *DB, r *deltasync.Record) {
	t.Helper()
	if err := db.Write(tcontext, func(tx *Tx) error { return tx.Put(next(tx, r)) }); err != nil {
		t.Fatal(err)
	}
}
