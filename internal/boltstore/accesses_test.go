package boltstore

import (
	"reflect"
	"strconv"
	"testing"

	deltasync "alongside/sync"
)

func TestARowOfAccessThatChangedIsReadAnew(t *testing.T) {
	const s = deltasync.Scope("person/made-up")
	var r accesses
	rows := []string{
		`{"exists":true,"team":"north","grants":[{"principal":"user/a","gen":3}]}`,
		`{"exists":true,"team":"north","grants":[{"principal":"user/b","gen":4}]}`,
	}
	want := []deltasync.Access{
		{Exists: true, Team: "north", Grants: []deltasync.Granted{{Principal: "user/a", Gen: 3}}},
		{Exists: true, Team: "north", Grants: []deltasync.Granted{{Principal: "user/b", Gen: 4}}},
	}
	for _, i := range []int{0, 0, 1, 0, 1, 1} { // as transactions of before and after a change ask in turn
		got, err := r.read(s, []byte(rows[i]))
		if err != nil || !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("row %d reads %+v, %v; want %+v", i, got, err, want[i])
		}
		got.Grants[0].Principal = "somebody else" // what was given is the caller's own
	}
	if _, err := r.read(s, []byte(`{`)); err == nil {
		t.Error("a row that is none was read")
	}
}

func TestOnlySoManyRowsOfAccessAreRemembered(t *testing.T) {
	var r accesses
	for i := range mostAccesses + 1 {
		if _, err := r.read(deltasync.Scope(strconv.Itoa(i)), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.by) > mostAccesses {
		t.Errorf("%d are remembered, want at most %d", len(r.by), mostAccesses)
	}
}
