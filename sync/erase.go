package deltasync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

const (
	// EntryErase says that a person was erased: what the log held of them is empty from then on, also where an older
	// backup is replayed (PROTOCOL §11).
	EntryErase EntryType = "erase"
	// EntryHold says that a person must not be erased, or may be again.
	EntryHold EntryType = "hold"
)

var (
	// ErrNoPerson says that nothing was ever written about a person.
	ErrNoPerson = errors.New("nothing was ever written about this person")
	// ErrOnHold says that somebody has to say first that a person may be erased.
	ErrOnHold = errors.New("there is a legal hold on this person; release it first")
)

// eraser is the writer inside the server that takes away what coordinators saw. Its deletions leave nothing that an edit could revive.
const eraser UserID = "system/erase"

// Erased says what an erasure took away.
type Erased struct {
	Records int // of the person, and what stood for their ops in the coordinators' scopes
	Entries int // of the log that were emptied
}

type (
	erasedPerson struct {
		Person RecordID `json:"person"`
	}
	heldPerson struct {
		Person RecordID `json:"person"`
		Reason string   `json:"reason,omitempty"` // empty: released
	}
)

// Erase takes away all that was ever written about a person: records with their history and what was kept beside, payloads that
// wait, and what stands in the log. What stays says only that there were entries, by whom and when. Everybody's access ends; whatever still
// comes is rejected (PROTOCOL §11). A person who is erased already has nothing to take.
func (e *Engine) Erase(ctx context.Context, person RecordID) (Erased, error) {
	var found *trace
	err := e.Store.View(ctx, func(tx Tx) error { // most of a long log is looked at while others write
		found = newTrace(tx.Secret(), person)
		return found.read(tx)
	})
	if err != nil {
		return Erased{}, err
	}
	var done Erased
	err = e.Store.Update(ctx, func(tx WriteTx) error {
		t := found.clone()
		if err := t.read(tx); err != nil {
			return err
		}
		done, err = e.erase(tx, t)
		return err
	})
	return done, err
}

func (e *Engine) erase(tx WriteTx, t *trace) (Erased, error) {
	acc, err := tx.Access(t.person)
	switch {
	case err != nil || acc.Erased:
		return Erased{}, err
	case acc.Hold != "":
		return Erased{}, ErrOnHold
	case len(t.found) == 0:
		return Erased{}, ErrNoPerson
	}
	d := newDraft(e, tx, e.now())
	for _, g := range acc.Grants {
		d.append(Entry{Type: EntryGrant, Grant: &Grant{Version: d.next(), Principal: g.Principal, Scope: t.person, Gen: g.Gen, End: true}})
	}
	done := Erased{}
	for _, id := range slices.Sorted(maps.Keys(t.held)) {
		rec, err := tx.Record(id)
		if err != nil {
			return done, err
		}
		if rec == nil {
			continue // of a team that the person never was in
		}
		if err := d.blot(rec); err != nil {
			return done, err
		}
		done.Records++
	}
	if err := d.closeEmptied(t); err != nil {
		return done, err
	}
	fact, err := json.Marshal(erasedPerson{RecordID(t.person.ID())})
	if err != nil {
		return done, err
	}
	d.append(Entry{Type: EntryErase, Fact: fact})
	if err := d.flush(); err != nil {
		return done, err
	}
	records, err := t.apply(tx)
	done.Records += records
	done.Entries = len(t.found)
	return done, err
}

// blot takes away a record that stood for an op of the person. An entry of its own tells those who see its scope.
func (d *draft) blot(rec *Record) error {
	c := ClientID(NamedID("client", string(eraser)))
	n, err := d.counter(c)
	if err != nil {
		return err
	}
	n.Through++
	d.setCounter(c, n)
	at := d.now
	op := &Op{N: n.Through, ID: OpID(NamedID("erase", string(rec.ID), strconv.FormatUint(uint64(d.next()), 10))), At: at, Scope: rec.Scope, Kind: rec.Kind,
		Record: rec.ID, Base: d.next() - 1, Delete: true}
	op.Raw = op.encode()
	a := author{Client: c, User: eraser, N: n.Through, At: at, digest: op.digest()}
	entry := a.entry(op, verdict{Status: Applied})
	entry.Prev = rec.Log
	v := d.append(Entry{Type: EntryOp, Op: entry})
	d.put(bare(op, v, a))
	return nil
}

// closeEmptied leaves nothing to settle of settlements that were refused: their scope stays, and so do their rows.
func (d *draft) closeEmptied(t *trace) error {
	for _, v := range t.found {
		e, err := d.tx.Entry(v)
		if err != nil {
			return err
		}
		if e.Op.Status.Took() || e.Op.Scope == t.person {
			continue
		}
		err = d.tx.HeldOf(e.Op.Scope, e.Op.Record, func(h HeldOp) bool {
			if h.Entry == v {
				h.Open = false
				d.held = append(d.held, h)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// emptied brings back the row of a settlement that was refused.
func (r *replay) emptied(op *OpEntry) error {
	if op.Status.Took() || op.Scope.Family() == PersonScope {
		return nil
	}
	a, err := r.author(op.Client, op.User, op.N)
	if err == nil {
		r.held = append(r.held, HeldOp{Scope: op.Scope, Record: op.Record, Client: op.Client, N: op.N, User: op.User, Status: op.Status,
			Held: r.heldID(op.Client, op.N, a.Team), Entry: r.entry.Version})
	}
	return err
}

// bare is a record that is gone without a trace of what stood in it.
func bare(op *Op, v Version, a author) *Record {
	return &Record{Scope: op.Scope, Kind: op.Kind, ID: op.Record, Version: v, Log: v, Made: a.User, User: a.User, At: a.At, Gone: true}
}

// apply empties what a trace has found, and takes the person's scope away.
func (t *trace) apply(tx WriteTx) (records int, err error) {
	if records, err = tx.EraseScope(t.person); err != nil {
		return 0, err
	}
	if err := tx.PutAccess(t.person, Access{Exists: true, Erased: true}); err != nil {
		return 0, err
	}
	for _, v := range t.found {
		if err := tx.Empty(v); err != nil {
			return 0, err
		}
	}
	return records, nil
}

// erase does again what an entry says, on a store that may hold what the one did not in which it was written.
func (r *replay) erase() error {
	var fact erasedPerson
	if err := json.Unmarshal(r.entry.Fact, &fact); err != nil {
		return err
	}
	t := newTrace(r.tx.Secret(), fact.Person)
	if err := t.read(r.tx); err != nil {
		return err
	}
	_, err := t.apply(r.tx)
	return err
}

// Hold says that a person must not be erased, and why; without a reason, that they may be again.
func (e *Engine) Hold(ctx context.Context, person RecordID, reason string) error {
	fact, err := json.Marshal(heldPerson{person, reason})
	if err != nil {
		return err
	}
	return e.Store.Update(ctx, func(tx WriteTx) error {
		s := PersonOf(person)
		acc, err := tx.Access(s)
		if err != nil {
			return err
		}
		if !acc.Exists || acc.Erased {
			return ErrNoPerson
		}
		if _, err := tx.Append(Entry{At: e.now(), Type: EntryHold, Fact: fact}); err != nil {
			return err
		}
		acc.Hold = reason
		return tx.PutAccess(s, acc)
	})
}

func (r *replay) hold() error {
	var fact heldPerson
	if err := json.Unmarshal(r.entry.Fact, &fact); err != nil {
		return err
	}
	s := PersonOf(fact.Person)
	acc, err := r.accessTo(s)
	if err != nil {
		return err
	}
	acc.Hold = fact.Reason
	r.changes(s)
	return nil
}

// Emptied is the entry as an erasure leaves it: that there was one, when, by whom, about which record, and what its client was
// told.
func (e Entry) Emptied() Entry {
	if e.Op == nil {
		return e
	}
	op := *e.Op
	op.Erased, op.Raw, op.Digest, op.Detail = true, nil, [16]byte{}, ""
	op.At = e.At
	e.Op = &op
	return e
}

// erasedFault is what becomes of an op about somebody who was erased.
func erasedFault() *Fault {
	return fault("erased", "Everything about this person was erased, as the law asks. Nothing more can be written down.")
}

// isErased reports whether an op is about somebody who was erased.
func (d *draft) isErased(s Scope) (bool, error) {
	if s.Family() != PersonScope {
		return false, nil
	}
	acc, err := d.accessTo(s)
	return err == nil && acc.Erased, err
}

// trace finds the entries of a log that hold something of a person: those of the scope, and those about what stood for them
// before coordinators. It is given the log in order.
type trace struct {
	secret []byte
	person Scope
	upTo   Version
	teams  map[TeamID]bool
	ops    map[Version]bool  // entries of the scope
	held   map[RecordID]bool // records that stood for some of them
	found  []Version         // not emptied yet
}

func newTrace(secret []byte, person RecordID) *trace {
	return &trace{secret: secret, person: PersonOf(person), teams: map[TeamID]bool{}, ops: map[Version]bool{}, held: map[RecordID]bool{}}
}

func (t *trace) clone() *trace {
	c := *t
	c.teams, c.ops, c.held, c.found = maps.Clone(t.teams), maps.Clone(t.ops), maps.Clone(t.held), slices.Clone(t.found)
	return &c
}

func (t *trace) read(tx Tx) error {
	return tx.Entries(t.upTo, func(e Entry) bool {
		if t.of(e) && !e.Op.Erased {
			t.found = append(t.found, e.Version)
		}
		t.upTo = e.Version
		return true
	})
}

// of reports whether an entry holds something of the person.
func (t *trace) of(e Entry) bool {
	op := e.Op
	if op == nil {
		return false
	}
	if op.Scope.Family() == TeamScope {
		t.teams[TeamID(op.Scope.ID())] = true
	}
	if op.Scope == t.person {
		t.ops[e.Version] = true
		t.waits(op)
		return true
	}
	if op.Kind != KindHeld || op.User == eraser {
		return false
	}
	var moved struct {
		Set struct {
			Entry Version `json:"entry"`
		} `json:"set"`
	}
	_ = json.Unmarshal(op.Raw, &moved) // one that names no entry has not moved here
	if t.ops[moved.Set.Entry] {
		t.held[op.Record] = true
	}
	if t.held[op.Record] {
		t.waits(op) // a settlement that was refused waits too
	}
	return t.held[op.Record]
}

// waits notes the records that may stand for an op that did not take effect.
func (t *trace) waits(op *OpEntry) {
	if op.Status.Took() {
		return
	}
	for team := range t.teams {
		t.held[heldID(t.secret, op.Client, op.N, team)] = true
	}
}

// Eraser finds what is to be emptied in a log outside of the store, an archive, which is given to it in order.
type Eraser struct{ traces []*trace }

// NewEraser finds what the store's erased persons have left elsewhere.
func NewEraser(tx Tx, persons ...RecordID) *Eraser {
	e := &Eraser{}
	for _, p := range persons {
		e.traces = append(e.traces, newTrace(tx.Secret(), p))
	}
	return e
}

// Of reports whether the next entry of the log is to be emptied.
func (e *Eraser) Of(entry Entry) (is bool) {
	for _, t := range e.traces {
		if op := entry.Op; op != nil && op.Erased && op.Kind == KindHeld {
			t.held[op.Record] = true // whose it was is not said any more, since this began and was broken off
		}
		is = t.of(entry) || is // each has to see each entry
	}
	return is && !entry.Op.Erased
}

// ErasedPersons are those whom the log says to have been erased.
func ErasedPersons(tx Tx) (persons []RecordID, err error) {
	var broken error
	err = tx.Entries(0, func(e Entry) bool {
		if e.Type == EntryErase {
			var fact erasedPerson
			if broken = json.Unmarshal(e.Fact, &fact); broken != nil {
				broken = fmt.Errorf("entry %d: %w", e.Version, broken)
				return false
			}
			persons = append(persons, fact.Person)
		}
		return true
	})
	return persons, errors.Join(err, broken)
}
