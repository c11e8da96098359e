package storetest

import (
	"encoding/json"

	deltasync "alongside/sync"
)

// testPlace takes entries at the versions that they carry, as a replay does.
func testPlace(f *fixture) {
	place := func(e deltasync.Entry) error {
		return f.store.Update(f.Context(), func(tx deltasync.WriteTx) error { return tx.Place(e) })
	}
	head := f.head()
	op := &deltasync.OpEntry{Client: "c", User: "u", N: 1, ID: "placed", Group: "g", Scope: ann, Kind: "support", Record: "r", Status: deltasync.Applied,
		Raw: []byte(`{}`)}
	first := deltasync.FirstVersion(head+2, noon.AddDate(300, 0, 0))
	grant := &deltasync.Grant{Version: first + 1, Principal: "u:u", Scope: ann, Gen: first + 1}
	entries := []deltasync.Entry{
		{Version: head + 1, At: noon, Type: deltasync.EntryOp, Op: op},
		{Version: head + 2, At: noon, Type: "of a later version", Fact: json.RawMessage(`[1]`)},
		{Version: first, At: noon, Type: deltasync.EntryEpoch, Fact: json.RawMessage(`"another"`)},
		{Version: first + 1, At: noon, Type: deltasync.EntryGrant, Grant: grant},
	}
	for _, e := range entries {
		if err := place(e); err != nil {
			f.Fatalf("Place at %d: %v", e.Version, err)
		}
	}
	f.view(func(tx deltasync.Tx) {
		if want := (deltasync.Epoch{ID: "another", First: first}); tx.Epoch() != want || tx.Head() != first+1 {
			f.Errorf("Epoch() = %+v, Head() = %d, want %+v and %d", tx.Epoch(), tx.Head(), want, first+1)
		}
		for _, e := range entries {
			if got, err := tx.Entry(e.Version); err != nil || entryText(got) != entryText(e) || string(got.Fact) != string(e.Fact) {
				f.Errorf("Entry(%d), %v =\n%s\nwant\n%s", e.Version, err, entryText(got), entryText(e))
			}
		}
		v, err := tx.OpByNumber("c", 1)
		w, err2 := tx.OpByID("u", "placed")
		used, err3 := tx.GroupUsed("u", "g")
		if v != head+1 || w != v || !used || err != nil || err2 != nil || err3 != nil {
			f.Errorf("an op that was placed is found at %d, %d, its group used: %t, not at %d", v, w, used, head+1)
		}
		found := 0
		err = tx.Grants("u:u", 0, func(g deltasync.Grant) bool {
			if g == *grant {
				found++
			}
			return true
		})
		if found != 1 || err != nil {
			f.Errorf("the grant that was placed is found %d times, %v", found, err)
		}
	})
	for what, e := range map[string]deltasync.Entry{
		"that is there":              entries[0],
		"above a gap":                {Version: first + 3, At: noon, Type: "x", Fact: json.RawMessage(`1`)},
		"of an epoch below the head": {Version: first, At: noon, Type: deltasync.EntryEpoch, Fact: json.RawMessage(`"third"`)},
	} {
		if err := place(e); err == nil {
			f.Errorf("an entry %s was placed", what)
		}
	}
	if got := f.head(); got != first+1 {
		f.Errorf("Head() = %d after entries that were refused, want %d", got, first+1)
	}
}
