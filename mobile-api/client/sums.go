package client

import (
	"slices"

	"go.etcd.io/bbolt"

	deltasync "alongside/sync"
)

// count sums what the view stores, by scope (PROTOCOL §6.6). It reads the records themselves, so that it finds also what
// went wrong here.
func count(tx *bbolt.Tx) (total deltasync.Sum, each map[deltasync.Scope]deltasync.Sum, err error) {
	shown, err := marks(tx.Bucket(scopesBucket))
	if err != nil {
		return total, nil, err
	}
	each = make(map[deltasync.Scope]deltasync.Sum, len(shown))
	for scope, m := range shown {
		var s deltasync.Sum
		err := slotOf(tx, m.Slot).ForEach(func(id, value []byte) error {
			if v, raw, ok := readStored(value); ok && len(raw) > 0 {
				s.Add(deltasync.RecordID(id), v)
			}
			return nil
		})
		if err != nil {
			return total, nil, err
		}
		each[scope] = s
		total.Join(s)
	}
	return total, each, nil
}

// compare drops the scopes that the server does not name, and gives those whose records differ.
func compare(tx *bbolt.Tx, theirs map[deltasync.Scope]sum) (differing []deltasync.Scope, err error) {
	_, mine, err := count(tx)
	if err != nil {
		return nil, err
	}
	for scope := range mine {
		if _, named := theirs[scope]; named {
			continue
		}
		m, err := readMark(tx.Bucket(scopesBucket), scope)
		if err != nil {
			return nil, err
		}
		if err := drop(tx, scope, m); err != nil {
			return nil, err
		}
	}
	for scope, s := range theirs {
		if mine[scope] != deltasync.Sum(s) {
			differing = append(differing, scope)
		}
	}
	slices.Sort(differing)
	return differing, nil
}
