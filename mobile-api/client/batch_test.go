package client

import (
	"fmt"
	"testing"

	deltasync "alongside/sync"
)

// A group is never cut, and what comes after one that fills a request by itself waits for the next.
func TestARequestEndsAfterAGroupThatFillsIt(t *testing.T) {
	var ops []Op
	for i := range 6 {
		op := Op{Record: "r"}
		op.ID = deltasync.OpID(fmt.Sprint(i))
		if i < 4 {
			op.Group = "g"
		}
		ops = append(ops, op)
	}
	for most, want := range map[int]int{1: 4, 3: 4, 4: 4, 5: 5, 6: 6, 9: 6} {
		if _, whole, err := numbered(ops, 1, size{ops: most, body: 1 << 20}); err != nil || whole != want {
			t.Errorf("at most %d: a request of %d (%v), want %d", most, whole, err, want)
		}
	}
}
