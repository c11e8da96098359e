package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	deltasync "alongside/sync"
)

func testNew(f *fixture) {
	f.view(func(tx deltasync.Tx) {
		epoch := tx.Epoch()
		if epoch.ID == "" || epoch.First == 0 || epoch.First%(1<<24) != 0 || tx.Head() < epoch.First {
			f.Errorf("Epoch() = %+v, Head() = %d, want an epoch that has begun at a multiple of 2^24", epoch, tx.Head())
		}
		if e, err := tx.Entry(epoch.First); err != nil || e.Type != deltasync.EntryEpoch {
			f.Errorf("Entry(%d) = %+v, %v, want the beginning of the epoch", epoch.First, e, err)
		}
		if got := len(tx.Secret()); got != 32 {
			f.Errorf("Secret() has %d bytes, want 32", got)
		}
		if r, err := tx.Record("none"); r != nil || err != nil {
			f.Errorf("Record of none = %v, %v", r, err)
		}
		if h, err := tx.ScopeHead(ann); h != (deltasync.ScopeHead{}) || err != nil {
			f.Errorf("ScopeHead of an empty scope = %+v, %v", h, err)
		}
		if at, _, err := tx.NextDue(); !at.IsZero() || err != nil {
			f.Errorf("NextDue() = %v, %v, want none", at, err)
		}
	})
}

func fact(word string) deltasync.Entry {
	raw, _ := json.Marshal(word) // a string is always JSON
	return deltasync.Entry{At: noon, Type: "storetest", Fact: raw}
}

func testVersions(f *fixture) {
	for range 5 {
		start := f.head()
		f.update(func(tx deltasync.WriteTx) error {
			for want := start + 1; want <= start+3; want++ {
				got, err := tx.Append(fact("x"))
				if got != want || err != nil {
					f.Errorf("Append = %d, %v, want %d", got, err, want)
				}
				if tx.Head() != want {
					f.Errorf("Head() after Append = %d, want %d", tx.Head(), want)
				}
			}
			return nil
		})
		if got := f.head(); got != start+3 {
			f.Errorf("Head() = %d, want %d", got, start+3)
		}
	}
}

func testEntries(f *fixture) {
	at := noon.Add(123456789)
	op := deltasync.OpEntry{
		Client: "c", User: "u", N: 7, ID: "op", Group: "g", Scope: ann, Kind: "support", Record: "r",
		At: at.Add(-time.Hour), Digest: [16]byte{1, 15: 16}, Status: deltasync.Rejected, Code: "bad", Detail: "It is “bad”.",
		Prev: 3, Raw: []byte(`{"n":7,"what":"ü\u0000"}`),
	}
	let := deltasync.OpEntry{Client: "c", User: "u", N: 7, ID: "op", Scope: ann, Kind: "support", Record: "r",
		At: at, Status: deltasync.Applied, Prev: 4, AcceptedBy: "coordinator", Settles: 5}
	again := deltasync.OpEntry{Client: "d", User: "u", N: 1, ID: "op", Status: deltasync.Applied, As: 5}
	entries := []deltasync.Entry{
		{At: at, Type: deltasync.EntryOp, Op: &op},
		{At: at, Type: deltasync.EntryOp, Op: &let},
		{At: at, Type: deltasync.EntryOp, Op: &again},
		{At: at, Type: deltasync.EntryGrant, Grant: &deltasync.Grant{Principal: "u:u", Scope: ann, Gen: 9, End: true}},
		{At: at, Type: deltasync.EntryLost, Fact: json.RawMessage(`{"client":"c","from":8,"below":12}`)},
		{At: at, Type: "of a later version", Fact: json.RawMessage(`[1, {"kept":"as it is"}]`)},
	}
	var versions []deltasync.Version
	f.update(func(tx deltasync.WriteTx) error {
		versions = nil
		for _, e := range entries {
			v, err := tx.Append(e)
			if err != nil {
				return err
			}
			versions = append(versions, v)
		}
		return nil
	})
	for i, e := range entries {
		e.Version = versions[i]
		if e.Grant != nil {
			g := *e.Grant
			g.Version, e.Grant = e.Version, &g
		}
		f.view(func(tx deltasync.Tx) {
			got, err := tx.Entry(e.Version)
			if err != nil || entryText(got) != entryText(e) {
				f.Errorf("Entry(%d), %v =\n%s\nwant\n%s", e.Version, err, entryText(got), entryText(e))
			}
		})
	}
	f.view(func(tx deltasync.Tx) {
		for _, v := range []deltasync.Version{0, 1, tx.Epoch().First - 1, tx.Head() + 1} {
			if _, err := tx.Entry(v); !errors.Is(err, deltasync.ErrNoEntry) {
				f.Errorf("Entry(%d): %v, want ErrNoEntry", v, err)
			}
		}
	})
}

func testEpochs(f *fixture) {
	const step = 1 << 24
	seen := map[string]bool{}
	for _, now := range []time.Time{noon.AddDate(100, 0, 0), noon, time.Unix(0, 0), noon.AddDate(120, 0, 0)} {
		var before, after deltasync.Epoch
		var head deltasync.Version
		begin := func(tx deltasync.WriteTx) error {
			before = tx.Epoch()
			if _, err := tx.Append(fact("before")); err != nil {
				return err
			}
			head = tx.Head()
			if err := tx.NewEpoch(0, now); err != nil {
				return err
			}
			after = tx.Epoch()
			return nil
		}
		err := f.store.Update(f.Context(), func(tx deltasync.WriteTx) error { return errors.Join(begin(tx), errFailed) })
		if !errors.Is(err, errFailed) {
			f.Errorf("Update: %v, want the error of fn", err)
		}
		f.view(func(tx deltasync.Tx) {
			if tx.Epoch() != before {
				f.Errorf("Epoch() after a failed Update = %+v, want %+v", tx.Epoch(), before)
			}
		})
		f.update(begin)
		if want := deltasync.FirstVersion(head, now); after.First != want || after.First%step != 0 || after.First <= head {
			f.Errorf("an epoch above %d at %v begins at %d, want %d", head, now, after.First, want)
		}
		if after.ID == before.ID || seen[after.ID] {
			f.Errorf("the epoch's id %q was there before", after.ID)
		}
		seen[after.ID] = true
		f.view(func(tx deltasync.Tx) {
			if tx.Epoch() != after || tx.Head() != after.First {
				f.Errorf("Epoch() = %+v, Head() = %d, want %+v with its own entry as head", tx.Epoch(), tx.Head(), after)
			}
			if e, err := tx.Entry(after.First); err != nil || e.Type != deltasync.EntryEpoch {
				f.Errorf("Entry(%d) = %+v, %v, want the beginning of the epoch", after.First, e, err)
			}
			if e, err := tx.Entry(head); err != nil || string(e.Fact) != `"before"` {
				f.Errorf("Entry(%d), of the epoch before = %+v, %v", head, e, err)
			}
		})
		f.update(func(tx deltasync.WriteTx) error {
			v, err := tx.Append(fact("after"))
			if v != after.First+1 {
				f.Errorf("Append in a new epoch = %d, want %d", v, after.First+1)
			}
			return err
		})
	}
}

func testEntriesOrder(f *fixture) {
	start := f.head()
	var want []deltasync.Version
	f.update(func(tx deltasync.WriteTx) error {
		want = nil
		for i := range 300 { // more than any byte counts
			if i == 100 {
				if err := tx.NewEpoch(0, noon); err != nil {
					return err
				}
				want = append(want, tx.Head())
			}
			v, err := tx.Append(fact(fmt.Sprint(i)))
			if err != nil {
				return err
			}
			want = append(want, v)
		}
		return nil
	})
	f.view(func(tx deltasync.Tx) {
		for i, after := range append([]deltasync.Version{start}, want...) {
			for _, most := range []int{1, 3, 1000} {
				var got []deltasync.Version
				err := tx.Entries(after, func(e deltasync.Entry) bool {
					got = append(got, e.Version)
					return len(got) < most
				})
				if part := want[i:min(i+most, len(want))]; err != nil || !slices.Equal(got, part) {
					f.Errorf("Entries(%d) up to %d = %v, %v, want %v", after, most, got, err, part)
				}
			}
		}
	})
}
