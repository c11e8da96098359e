package boltstore

import (
	"bytes"
	"encoding/json"
	"testing"

	deltasync "alongside/sync"
)

// Whatever a row holds, reading it neither panics nor takes more than it is there; and what it is read as, is written
// and read as the same again.
func FuzzRows(f *testing.F) {
	made := &deltasync.Record{Scope: "person/a", Kind: "support", ID: "0192f0c1-0000-7000-8000-000000000001", Version: 7, Log: 7, Made: "u", User: "u", At: noon}
	made.Merge(nil, &deltasync.Op{Set: map[string]json.RawMessage{"what": json.RawMessage(`"call"`), "note": json.RawMessage(`"x"`)}}, deltasync.Origin{Version: 7, Client: "c", N: 1, User: "u", At: noon})
	row, err := appendRecord(nil, made)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(row, []byte("key"))
	f.Add(appendEntry(nil, &deltasync.Entry{At: noon, Type: deltasync.EntryOp, Op: &deltasync.OpEntry{Client: "c", User: "u", N: 1, ID: "i", Raw: []byte(`{"n":1}`)}}), []byte{})
	f.Add(appendEntry(nil, &deltasync.Entry{At: noon, Type: deltasync.EntryGrant, Grant: &deltasync.Grant{Principal: "u:x", Scope: "person/a", Gen: 3}}), []byte{0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, row, key []byte) {
		if r, err := readRecord("person/a", 7, bytes.Clone(row)); err == nil {
			again, err := appendRecord(nil, r)
			if err != nil {
				return // what a healthy store does not write
			}
			back, err := readRecord("person/a", 7, again)
			if err != nil {
				t.Fatalf("a record that was read and written cannot be read: %v", err)
			}
			if third, err := appendRecord(nil, back); err != nil || !bytes.Equal(third, again) {
				t.Errorf("a record comes back as %q, %v; want %q", third, err, again)
			}
		}
		if e, err := readEntry(7, bytes.Clone(row)); err == nil {
			again := appendEntry(nil, &e)
			back, err := readEntry(7, again)
			if err != nil || !bytes.Equal(appendEntry(nil, &back), again) {
				t.Errorf("an entry comes back as %+v, %v; want %+v", back, err, e)
			}
		}
		_, _ = splitRecord(row)
		_, _, _ = readRun(key, row)
		_, _ = readHeld(key, row)
		_, _ = readCounter(row)
	})
}
