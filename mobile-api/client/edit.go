package client

import (
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	deltasync "alongside/sync"
)

// Edit is one change of one record, as a person makes it.
type Edit struct {
	Scope  deltasync.Scope
	Kind   string
	Record deltasync.RecordID  // empty: a new record
	Set    map[string]any      // nil clears; a json.RawMessage goes as it is
	Add    map[string][]string // elements of sets
	Remove map[string][]string
	Delete bool
}

// Edit writes a change, for the next Sync to send, and gives the record it is about. It asks nobody. When it returns,
// the change is durable, with its number, its id and its base: the version of the record that View shows now, 0 if none.
func (p *Phone) Edit(e Edit) (deltasync.RecordID, error) {
	ids, err := p.write(false, []Edit{e})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// EditTogether writes at most 100 changes that take effect together or not at all.
func (p *Phone) EditTogether(edits ...Edit) ([]deltasync.RecordID, error) {
	if len(edits) == 0 || len(edits) > deltasync.MaxGroup {
		return nil, fmt.Errorf("%w: a group has 1 to %d of them", ErrBadEdit, deltasync.MaxGroup)
	}
	return p.write(true, edits)
}

// NewPerson writes a person who is not known yet. The person's scope is deltasync.PersonOf of what it gives.
func (p *Phone) NewPerson(name string, more map[string]any) (deltasync.RecordID, error) {
	id, err := p.NewID()
	if err != nil {
		return "", err
	}
	set := map[string]any{"name": name}
	for field, v := range more {
		set[field] = v
	}
	return p.Edit(Edit{Scope: deltasync.PersonOf(id), Kind: deltasync.KindPerson, Record: id, Set: set})
}

// write makes ops of edits in one transaction.
func (p *Phone) write(together bool, edits []Edit) ([]deltasync.RecordID, error) {
	ops := make([]Op, len(edits))
	group := ""
	if together {
		var err error
		if group, err = p.mint(); err != nil {
			return nil, err
		}
	}
	ids, size := make([]deltasync.RecordID, len(edits)), 0
	for i, e := range edits {
		op, n, err := p.op(e, group)
		if err != nil {
			return nil, fmt.Errorf("edit %d: %w", i+1, err)
		}
		ops[i], ids[i] = op, op.Record
		size += n + 1
	}
	if size > bodyRoom {
		return nil, ErrTooLarge
	}
	err := p.change(func(tx *bbolt.Tx, st *state) error {
		if st.Client == "" {
			return ErrNotEnrolled
		}
		for _, op := range ops {
			st.LastN++
			op.N, op.Base = st.LastN, shownVersion(tx, st, op.Scope, op.Record)
			if err := putEntry(tx, &entry{Op: op}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// op makes an op of an edit, but for its number and base, and says how many bytes it takes at most.
func (p *Phone) op(e Edit, group string) (Op, int, error) {
	id, err := p.mint()
	if err != nil {
		return Op{}, 0, err
	}
	op := Op{N: deltasync.MaxInteger, ID: deltasync.OpID(id), Group: group, At: p.now(), Scope: e.Scope, Kind: e.Kind,
		Record: e.Record, Base: deltasync.MaxInteger, Add: e.Add, Remove: e.Remove, Delete: e.Delete}
	if op.Record == "" {
		if op.Record, err = p.NewID(); err != nil {
			return Op{}, 0, err
		}
	}
	switch changes := len(e.Set) + len(e.Add) + len(e.Remove); {
	case e.Scope == "" || e.Kind == "" || !deltasync.ValidUUID(string(op.Record)):
		return Op{}, 0, fmt.Errorf("%w: it names no scope, kind or record", ErrBadEdit)
	case e.Delete && (changes > 0 || e.Record == ""):
		return Op{}, 0, fmt.Errorf("%w: a deletion is of a record, and changes nothing else", ErrBadEdit)
	case !e.Delete && changes == 0:
		return Op{}, 0, fmt.Errorf("%w: it changes nothing", ErrBadEdit)
	}
	if len(e.Set) > 0 {
		op.Set = make(map[string]json.RawMessage, len(e.Set))
	}
	for field, v := range e.Set {
		if op.Set[field], err = encode(v); err != nil {
			return Op{}, 0, fmt.Errorf("%w: %s is no JSON", ErrBadEdit, field)
		}
	}
	raw, err := encode(op)
	if err != nil {
		return Op{}, 0, fmt.Errorf("%w: it is no JSON", ErrBadEdit)
	}
	if len(raw) > deltasync.MaxOp {
		return Op{}, 0, ErrTooLarge
	}
	return op, len(raw), nil
}
