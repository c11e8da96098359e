package boltstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	deltasync "alongside/sync"
)

// visit is an appointment as phones write it, at a version.
func visit(scope deltasync.Scope, n int, v deltasync.Version) *deltasync.Record {
	id := deltasync.RecordID(deltasync.NamedID("bench", fmt.Sprint(scope, n)))
	client := deltasync.ClientID(deltasync.NamedID("bench", "client"))
	user := deltasync.UserID(deltasync.NamedID("bench", "user"))
	o := deltasync.Origin{Version: v, Client: client, N: uint64(n + 1), User: user, At: noon}
	one := func(value string, fields ...string) deltasync.Register {
		parts := make([]json.RawMessage, len(fields))
		parts[0] = json.RawMessage(value)
		return deltasync.Register{Fields: fields, Values: []deltasync.Value{{Origin: o, Parts: parts}}}
	}
	return &deltasync.Record{Scope: scope, Kind: "appointment", ID: id, Version: v, Log: v, Made: user, User: user, At: noon,
		Registers: []deltasync.Register{
			one(`"Talk to them about the letter first, and take the bus timetable along"`, "outcome_note"),
			one(`"Coathill Hospital, ward 3"`, "place"),
			one(`"2026-11-24T10:30:00.000Z"`, "starts_at", "ends_at"),
			one(`"planned"`, "status", "missed_reason"),
			one(`"Clinic"`, "title"),
		}}
}

func visitOp(r *deltasync.Record, n uint64) deltasync.Entry {
	raw := fmt.Appendf(nil, `{"n":%d,"id":"0192f0c1-2345-7abc-8def-0123456789ab","at":"2026-11-22T09:14:03.120Z","scope":"%s","kind":"appointment","record":"%s","base":0,"set":{%s}}`,
		n, r.Scope, r.ID, r.AppendBody(nil))
	return deltasync.Entry{At: noon, Type: deltasync.EntryOp, Op: &deltasync.OpEntry{Client: r.Registers[0].Values[0].Client, User: r.User, N: n,
		ID: deltasync.OpID(deltasync.NamedID("op", fmt.Sprint(n))), Scope: r.Scope, Kind: r.Kind, Record: r.ID, At: noon, Status: deltasync.Applied, Raw: raw}}
}

var person = deltasync.PersonOf(deltasync.RecordID(deltasync.NamedID("bench", "person")))

// write puts visits into db, ops a transaction.
func write(b testing.TB, db *DB, scope func(i int) deltasync.Scope, from, to, ops int) {
	for at := from; at < to; at += ops {
		err := db.Write(tcontext, func(tx *Tx) error {
			for i := at; i < min(at+ops, to); i++ {
				r := visit(scope(i), i, tx.Head()+1)
				_, err := tx.Append(visitOp(r, uint64(i+1)))
				if err := errors.Join(err, tx.Put(r)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWrite is one client's ops in transactions of various sizes, one after the other.
func BenchmarkWrite(b *testing.B) {
	for _, ops := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(ops, " ops a commit"), func(b *testing.B) {
			db := opened(b, Options{})
			at := 0
			for b.Loop() {
				write(b, db, func(i int) deltasync.Scope { return person[:len(person)-1] + deltasync.Scope("0123456789"[i%10]) }, at, at+ops, ops)
				at += ops
			}
			b.ReportMetric(float64(at)/b.Elapsed().Seconds(), "ops/s")
			_ = db.Read(tcontext, func(tx *Tx) error { // cannot fail
				b.ReportMetric(float64(tx.st.bolt.Size())/float64(at), "B/op-on-disk")
				return nil
			})
		})
	}
}

// BenchmarkWriteTogether is many clients with one op each.
func BenchmarkWriteTogether(b *testing.B) {
	db := opened(b, Options{})
	var clients atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		c := deltasync.ClientID(deltasync.NamedID("client", fmt.Sprint(clients.Add(1))))
		scope := deltasync.PersonOf(deltasync.RecordID(c))
		for n := 0; pb.Next(); n++ {
			err := db.Write(tcontext, func(tx *Tx) error {
				r := visit(scope, n%100, tx.Head()+1)
				e := visitOp(r, uint64(n+1))
				e.Op.Client, e.Op.ID = c, deltasync.OpID(deltasync.NamedID(string(c), fmt.Sprint(n)))
				_, err := tx.Append(e)
				return errors.Join(err, tx.Put(r), tx.PutCounter(c, deltasync.Counter{Through: uint64(n + 1)}))
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
	s := db.Stats()
	b.ReportMetric(float64(s.Functions)/float64(s.Commits), "functions/commit")
	b.ReportMetric(float64(s.Functions)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkChanges scans scopes of 200 records.
func BenchmarkChanges(b *testing.B) {
	db := opened(b, Options{})
	const scopes, records = 50, 200
	names := make([]deltasync.Scope, scopes)
	for i := range names {
		names[i] = deltasync.PersonOf(deltasync.RecordID(deltasync.NamedID("person", fmt.Sprint(i))))
	}
	write(b, db, func(i int) deltasync.Scope { return names[i/records] }, 0, scopes*records, 500)
	n, bytes := 0, 0
	for b.Loop() {
		err := db.Read(tcontext, func(tx *Tx) error {
			for _, s := range names {
				err := tx.Changes(s, 0, func(c deltasync.Change) bool {
					n++
					bytes += len(c.Body)
					return true
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
	b.ReportMetric(float64(bytes)/float64(n), "B/body")
}

// BenchmarkRecord is what a merge pays for: reading one record, and writing it again.
func BenchmarkRecord(b *testing.B) {
	r := visit(person, 1, 7)
	row, err := appendRecord(nil, r)
	if err != nil {
		b.Fatal(err)
	}
	body := r.AppendBody(nil)
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := readRecord(person, 7, row); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(row)-len(body)), "B-beside-body")
	})
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := appendRecord(row[:0], r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOpenAndCheck is a store of 100,000 records.
func BenchmarkOpenAndCheck(b *testing.B) {
	db := opened(b, Options{})
	write(b, db, func(i int) deltasync.Scope {
		return deltasync.PersonOf(deltasync.RecordID(deltasync.NamedID("p", fmt.Sprint(i%1000))))
	}, 0, 100_000, 500)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(db.path)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			again, err := Open(db.path, Options{})
			if err != nil {
				b.Fatal(err)
			}
			if err := again.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(info.Size())
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			if err := Check(db.path, func(Fault) {}); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(info.Size())
	})
}
