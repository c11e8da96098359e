package client

import (
	"bytes"

	"go.etcd.io/bbolt"

	deltasync "alongside/sync"
)

// ReadFrames is readReply: what the ack, the frames and the page came to.
func ReadFrames(body []byte) (results []deltasync.Result, raw [][]byte, whole bool, err error) {
	r, err := readReply(bytes.NewReader(body))
	if r.ack != nil {
		results = r.ack.Results
	}
	for _, f := range r.frames {
		raw = append(raw, f.raw)
	}
	return results, raw, r.page != nil, err
}

// Land makes the frames of a whole reply the view, whatever the page says.
func (p *Phone) Land(body []byte) error {
	r, err := readReply(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return p.update(func(tx *bbolt.Tx) error {
		if err := stage(tx, r.frames); err != nil {
			return err
		}
		if err := land(tx, r.page.Reset); err != nil {
			return err
		}
		_, _, err := count(tx)
		return err
	})
}

// Damage calls spoil for each record that stands in the phone's store, staged ones or those of the view, and keeps
// what it gives: nil takes the record away.
func (p *Phone) Damage(staged bool, spoil func(deltasync.Scope, deltasync.RecordID, []byte) []byte) error {
	bucket := scopesBucket
	if staged {
		bucket = stagingBucket
	}
	return p.update(func(tx *bbolt.Tx) error {
		all, err := marks(tx.Bucket(bucket))
		if err != nil {
			return err
		}
		for scope, m := range all {
			if m.Slot == 0 {
				continue
			}
			slot := slotOf(tx, m.Slot)
			changed := map[string][]byte{}
			_ = slot.ForEach(func(id, value []byte) error {
				changed[string(id)] = spoil(scope, deltasync.RecordID(id), bytes.Clone(value))
				return nil
			})
			for id, value := range changed {
				if value == nil {
					err = slot.Delete([]byte(id))
				} else {
					err = slot.Put([]byte(id), value)
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Slots says how many slots there are, and how many marks name one.
func (p *Phone) Slots() (slots, named int, err error) {
	err = p.view(func(tx *bbolt.Tx) error {
		_ = tx.Bucket(slotsBucket).ForEach(func(_, _ []byte) error { slots++; return nil })
		for _, b := range [][]byte{scopesBucket, stagingBucket} {
			all, err := marks(tx.Bucket(b))
			if err != nil {
				return err
			}
			for _, m := range all {
				if m.Slot != 0 {
					named++
				}
			}
		}
		return nil
	})
	return slots, named, err
}

// Graft puts a scope of another phone into this one's view.
func (p *Phone) Graft(from *Phone, scope deltasync.Scope) error {
	type row struct{ id, value []byte }
	var rows []row
	var m *mark
	err := from.view(func(tx *bbolt.Tx) (err error) {
		if m, err = readMark(tx.Bucket(scopesBucket), scope); err != nil {
			return err
		}
		return slotOf(tx, m.Slot).ForEach(func(id, value []byte) error {
			rows = append(rows, row{bytes.Clone(id), bytes.Clone(value)})
			return nil
		})
	})
	if err != nil {
		return err
	}
	return p.update(func(tx *bbolt.Tx) error {
		slot, err := newSlot(tx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := slotOf(tx, slot).Put(r.id, r.value); err != nil {
				return err
			}
		}
		return putMark(tx.Bucket(scopesBucket), scope, &mark{Gen: m.Gen, Slot: slot})
	})
}
