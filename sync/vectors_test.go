package deltasync_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// mergeVector is a case that every client's merge can be held against: ops come in the order of their versions.
type mergeVector struct {
	Name string      `json:"name"`
	Kind string      `json:"kind"`
	Ops  []vectorOp  `json:"ops"`
	Gone bool        `json:"gone,omitempty"`
	Body interface{} `json:"body,omitempty"` // the record frame's members from "user" on
}

type vectorOp struct {
	Version deltasync.Version          `json:"version"`
	Client  deltasync.ClientID         `json:"client"`
	N       uint64                     `json:"n"`
	At      time.Time                  `json:"at"`
	Base    deltasync.Version          `json:"base"`
	Set     map[string]json.RawMessage `json:"set,omitempty"`
	Add     map[string][]string        `json:"add,omitempty"`
	Remove  map[string][]string        `json:"remove,omitempty"`
	Delete  bool                       `json:"delete,omitempty"`
	Status  deltasync.Status           `json:"status"`
}

func TestMergeVectorsHold(t *testing.T) {
	const file = "testdata/vectors/merge.json"
	var cases []mergeVector
	read(t, file, &cases)
	for i := range cases {
		c := &cases[i]
		t.Run(c.Name, func(t *testing.T) {
			r := &deltasync.Record{Kind: c.Kind, ID: "r"}
			for j := range c.Ops {
				v := &c.Ops[j]
				op := &deltasync.Op{Base: v.Base, Set: v.Set, Add: v.Add, Remove: v.Remove, Delete: v.Delete}
				got := r.Merge(casework.Kinds()[c.Kind], op, deltasync.Origin{Version: v.Version, Client: v.Client, N: v.N,
					User: deltasync.UserID("user of " + v.Client), At: v.At})
				if *update {
					v.Status = got
				} else if got != v.Status {
					t.Errorf("op %d is %s, want %s", j+1, got, v.Status)
				}
			}
			if *update {
				c.Gone, c.Body = r.Gone, body(t, r)
				return
			}
			if want := c.Body; r.Gone != c.Gone || !same(body(t, r), want) {
				got, _ := json.Marshal(body(t, r))
				t.Errorf("the record is gone %v, %s, want gone %v, %s", r.Gone, got, c.Gone, want)
			}
		})
	}
	if *update {
		write(t, file, cases)
	}
}

func TestSumVectorsHold(t *testing.T) {
	var cases []struct {
		Name    string `json:"name"`
		Records []struct {
			ID      deltasync.RecordID `json:"id"`
			Version deltasync.Version  `json:"version"`
		} `json:"records"`
		Count int    `json:"count"`
		Sum   string `json:"sum"`
	}
	read(t, "testdata/vectors/sums.json", &cases)
	for _, c := range cases {
		var s deltasync.Sum
		for _, r := range c.Records {
			s.Add(r.ID, r.Version)
		}
		if got := fmt.Sprintf("%016x", s.Sum); got != c.Sum || s.Count != c.Count {
			t.Errorf("%s: the sum is %d, %s, want %d, %s", c.Name, s.Count, got, c.Count, c.Sum)
		}
	}
}

func body(t *testing.T, r *deltasync.Record) any {
	t.Helper()
	raw := r.AppendBody(nil)
	if len(raw) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(append(append([]byte{'{'}, raw...), '}'), &v); err != nil {
		t.Fatalf("the body is no JSON: %v: %s", err, raw)
	}
	return v
}

func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func read(t *testing.T, file string, v any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func write(t *testing.T, file string, v any) {
	t.Helper()
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(raw, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
