package client

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	deltasync "alongside/sync"
)

// Record is a record as the phone shows it: what the server sent when a run was last complete, with what was written
// here since laid over it.
type Record struct {
	Scope   deltasync.Scope
	Kind    string
	ID      deltasync.RecordID
	Version deltasync.Version // 0: the server has not sent it yet
	User    deltasync.UserID  // of the last change
	At      time.Time
	Fields  map[string]json.RawMessage // sets as arrays; what is cleared is absent

	Conflicts map[string][]Value // values that stand beside those in Fields
	Shown     map[string]Origin  // for the same fields, whose value is in Fields
	Deletes   []Origin           // deletions that lost

	Unsent []string // fields written here, and not on the server as far as the phone knows
	Sent   []string // fields that the server has, and that are not back yet

	Raw json.RawMessage // the frame as it came, byte for byte; nil where there is none
}

// Value is one that stands beside the shown one.
type Value struct {
	Value json.RawMessage
	Origin
}

// Origin says whose edit a value is.
type Origin struct {
	Version deltasync.Version
	User    deltasync.UserID
	At      time.Time
}

// Text is a field as a string; empty where it is absent or not one.
func (r *Record) Text(field string) string {
	var s string
	if json.Unmarshal(r.Fields[field], &s) != nil {
		return ""
	}
	return s
}

// Elements are those of a set.
func (r *Record) Elements(field string) []string {
	var list []string
	if json.Unmarshal(r.Fields[field], &list) != nil {
		return nil
	}
	return list
}

// readRecord reads a frame. What of it cannot be read is left empty, and stands in Raw.
func readRecord(scope deltasync.Scope, id deltasync.RecordID, v deltasync.Version, raw []byte) *Record {
	var w struct {
		Kind      string                     `json:"kind"`
		User      deltasync.UserID           `json:"user"`
		At        string                     `json:"at"`
		Fields    map[string]json.RawMessage `json:"fields"`
		Conflicts map[string][]wireValue     `json:"conflicts"`
		Shown     map[string]wireValue       `json:"shown"`
		Deletes   []wireValue                `json:"deletes"`
	}
	_ = json.Unmarshal(raw, &w)
	r := &Record{Scope: scope, Kind: w.Kind, ID: id, Version: v, User: w.User, At: timeOf(w.At), Fields: w.Fields,
		Raw: slices.Clone(raw)}
	if r.Fields == nil {
		r.Fields = map[string]json.RawMessage{}
	}
	for field, values := range w.Conflicts {
		if r.Conflicts == nil {
			r.Conflicts, r.Shown = map[string][]Value{}, map[string]Origin{}
		}
		for _, o := range values {
			r.Conflicts[field] = append(r.Conflicts[field], Value{o.Value, o.origin()})
		}
		r.Shown[field] = w.Shown[field].origin()
	}
	for _, d := range w.Deletes {
		r.Deletes = append(r.Deletes, d.origin())
	}
	return r
}

type wireValue struct {
	Value   json.RawMessage   `json:"value"`
	Version deltasync.Version `json:"version"`
	User    deltasync.UserID  `json:"user"`
	At      string            `json:"at"`
}

func (w wireValue) origin() Origin { return Origin{w.Version, w.User, timeOf(w.At)} }

func timeOf(s string) time.Time {
	t, _ := time.Parse(time.RFC3339, s) // zero: it is shown as unknown
	return t
}

// shownSlot is where the records of a scope that the view shows stand; nil: it shows none. A phone that has never
// completed a run shows what has come whole.
func shownSlot(tx *bbolt.Tx, st *state, scope deltasync.Scope) (*bbolt.Bucket, error) {
	from := scopesBucket
	if !st.Shown {
		from = stagingBucket
	}
	m, err := readMark(tx.Bucket(from), scope)
	if m == nil || err != nil || !st.Shown && !m.Done {
		return nil, err
	}
	return slotOf(tx, m.Slot), nil
}

// shownVersion is the version of a record that the view shows; 0: none.
func shownVersion(tx *bbolt.Tx, st *state, scope deltasync.Scope, id deltasync.RecordID) deltasync.Version {
	slot, err := shownSlot(tx, st, scope)
	if slot == nil || err != nil {
		return 0
	}
	v, raw, ok := readStored(slot.Get([]byte(id)))
	if !ok || len(raw) == 0 {
		return 0
	}
	return v
}

// screen is what the view shows, in one transaction.
type screen struct {
	tx    *bbolt.Tx
	st    *state
	kinds deltasync.Kinds
	laid  map[deltasync.Scope]map[deltasync.RecordID][]*entry
}

func (p *Phone) look(fn func(*screen) error) error {
	return p.view(func(tx *bbolt.Tx) error {
		st, err := load(tx)
		if err != nil {
			return err
		}
		s := &screen{tx: tx, st: st, kinds: p.o.Kinds, laid: map[deltasync.Scope]map[deltasync.RecordID][]*entry{}}
		err = entries(tx, func(e *entry) error {
			if e.laid() {
				of := s.laid[e.Op.Scope]
				if of == nil {
					of = map[deltasync.RecordID][]*entry{}
					s.laid[e.Op.Scope] = of
				}
				of[e.Op.Record] = append(of[e.Op.Record], e)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return fn(s)
	})
}

// scopes are those in which there may be something to show, in the order of their names.
func (s *screen) scopes() ([]deltasync.Scope, error) {
	from := scopesBucket
	if !s.st.Shown {
		from = stagingBucket
	}
	all, err := marks(s.tx.Bucket(from))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(all, func(_ deltasync.Scope, m *mark) bool { return !s.st.Shown && !m.Done })
	for scope := range s.laid {
		all[scope] = nil
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// record is one record with what is laid over it; nil: there is none to show.
func (s *screen) record(scope deltasync.Scope, id deltasync.RecordID) (*Record, error) {
	slot, err := shownSlot(s.tx, s.st, scope)
	if err != nil {
		return nil, err
	}
	var r *Record
	if slot != nil {
		if v, raw, ok := readStored(slot.Get([]byte(id))); ok && len(raw) > 0 {
			r = readRecord(scope, id, v, raw)
		}
	}
	return s.lay(r, s.laid[scope][id]), nil
}

func (s *screen) all(scope deltasync.Scope) ([]Record, error) {
	ids := map[deltasync.RecordID]bool{}
	slot, err := shownSlot(s.tx, s.st, scope)
	if err != nil {
		return nil, err
	}
	if slot != nil {
		err := slot.ForEach(func(id, _ []byte) error {
			ids[deltasync.RecordID(id)] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for id := range s.laid[scope] {
		ids[id] = true
	}
	var out []Record
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		r, err := s.record(scope, id)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, *r)
		}
	}
	return out, nil
}

// View is what the phone shows of a scope, in the order of ids. What is deleted, here or there, is not in it.
func (p *Phone) View(scope deltasync.Scope) (records []Record, err error) {
	err = p.look(func(s *screen) error {
		records, err = s.all(scope)
		return err
	})
	return records, err
}

// Scopes are those that the phone shows, in the order of their names.
func (p *Phone) Scopes() (scopes []deltasync.Scope, err error) {
	err = p.look(func(s *screen) error {
		scopes, err = s.scopes()
		return err
	})
	return scopes, err
}

// People are the persons that the phone shows, those written here and not sent yet among them.
func (p *Phone) People() (people []Record, err error) {
	err = p.look(func(s *screen) error {
		scopes, err := s.scopes()
		if err != nil {
			return err
		}
		for _, scope := range scopes {
			if scope.Family() != deltasync.PersonScope {
				continue
			}
			r, err := s.record(scope, deltasync.RecordID(scope.ID()))
			if err != nil {
				return err
			}
			if r != nil {
				people = append(people, *r)
			}
		}
		return nil
	})
	return people, err
}

// Record finds a record in any scope that the phone shows.
func (p *Phone) Record(id deltasync.RecordID) (found Record, ok bool, err error) {
	err = p.look(func(s *screen) error {
		scopes, err := s.scopes()
		if err != nil {
			return err
		}
		for _, scope := range scopes {
			r, err := s.record(scope, id)
			if err != nil {
				return err
			}
			if r != nil {
				found, ok = *r, true
				return nil
			}
		}
		return nil
	})
	return found, ok, err
}
