package deltasync

import (
	"encoding/json"
	"fmt"
)

// Replay places an entry of this store's log that the store does not hold, and does to records, access, counters and
// held ops what it did when it was first written. Nothing is judged anew, and nothing is written that the log does not
// say: what followed from an entry are entries of their own. So a backup, and all the entries after it in their order, come to the
// store as it was; only when access next changes by the calendar may be named earlier, which Due puts right.
func (e *Engine) Replay(tx WriteTx, entry Entry) error {
	if err := tx.Place(entry); err != nil {
		return err
	}
	r := replay{draft: newDraft(e, tx, entry.At), entry: entry}
	var err error
	switch entry.Type {
	case EntryOp:
		err = r.op(entry.Op)
	case EntryGrant:
		err = r.grant(entry.Grant)
	case EntryLost:
		err = r.lost()
	case EntryErase:
		err = r.erase()
	case EntryHold:
		err = r.hold()
	}
	if err != nil {
		return fmt.Errorf("entry %d: %w", entry.Version, err)
	}
	return r.draft.flush()
}

// replay is one entry on its way. Its draft appends nothing.
type replay struct {
	*draft
	entry Entry
}

func (r *replay) op(op *OpEntry) error {
	if err := r.through(op.Client, op.N); err != nil {
		return err
	}
	switch {
	case op.As != 0: // an answer given again
		return nil
	case op.Erased: // an entry further on says so
		return r.emptied(op)
	case op.User == eraser:
		p, err := ParseOp(op.Raw)
		if err == nil {
			r.put(bare(p, r.entry.Version, author{User: op.User, At: op.At}))
		}
		return err
	case !op.Status.Took():
		return r.kept(op)
	}
	return r.took(op)
}

func (r *replay) through(c ClientID, n uint64) error {
	counter, err := r.counter(c)
	if err != nil {
		return err
	}
	counter.Through = max(counter.Through, n)
	r.setCounter(c, counter)
	return nil
}

// kept opens an op that did not take effect to a coordinator.
func (r *replay) kept(op *OpEntry) error {
	p, err := parseOp(op.Payload())
	if err != nil {
		return err
	}
	a, err := r.author(op.Client, op.User, op.N)
	if err != nil {
		return err
	}
	a.At = op.At
	if a.envelope, err = op.envelope(); err != nil {
		return err
	}
	return r.open(HeldOp{Scope: op.Scope, Record: op.Record, Client: op.Client, N: op.N, User: op.User, Status: op.Status,
		Entry: r.entry.Version}, a, verdict{Status: op.Status, Code: op.Code, Detail: op.Detail}, p.payload())
}

func (r *replay) author(c ClientID, u UserID, n uint64) (author, error) {
	who, _, err := r.tx.User(u)
	return author{Client: c, User: u, N: n, Team: who.Team}, err
}

// took merges an op into its record once more.
func (r *replay) took(op *OpEntry) error {
	raw := op.Raw
	if op.Settles != 0 {
		held, err := r.tx.Entry(op.Settles)
		if err != nil {
			return err
		}
		raw = held.Op.Payload()
	}
	p, err := ParseOp(raw)
	if err != nil {
		return err
	}
	kind := r.engine.Kinds[op.Kind]
	if kind == nil {
		return fmt.Errorf("kind %q is of a newer version of this program; install that", op.Kind)
	}
	rec, err := r.record(op.Record)
	if err != nil {
		return err
	}
	r.merged(kind, author{Client: op.Client, User: op.User, N: op.N, At: op.At, settles: op.Settles}, p, rec, r.entry.Version)
	return r.follow(kind, op, p)
}

// follow does to access and held ops what the op entailed.
func (r *replay) follow(kind *Kind, op *OpEntry, p *Op) error {
	rec, err := r.record(op.Record)
	if err != nil {
		return err
	}
	switch kind.Name {
	case KindPerson, KindAssignment:
		acc, err := r.accessTo(op.Scope)
		if err != nil {
			return err
		}
		if kind.Name == KindPerson {
			team := TeamID(rec.Text("team"))
			if acc.Exists && acc.Team == team {
				return nil
			}
			acc.Exists, acc.Team = true, team
		} else {
			acc.assign(rec)
		}
		r.scheduled(op.Scope, acc)
	case KindHeld:
		h, _, err := r.heldFor(rec)
		if err != nil || h.Held == "" {
			return err
		}
		switch verb := textOf(p.Set["settled"]); {
		case p.Set["entry"] != nil: // it moved here with its person
			h.Held = rec.ID
		case h.Held == rec.ID && (verb == "accepted" || verb == "set_aside"):
			h.Open = false
		}
		r.held = append(r.held, h)
	}
	return nil
}

func (r *replay) grant(g *Grant) error {
	acc, err := r.accessTo(g.Scope)
	if err != nil {
		return err
	}
	kept := acc.Grants[:0]
	for _, old := range acc.Grants {
		if old.Principal != g.Principal {
			kept = append(kept, old)
		}
	}
	if acc.Grants = kept; !g.End {
		acc.Grants = append(acc.Grants, Granted{Principal: g.Principal, Gen: r.entry.Version})
	}
	r.scheduled(g.Scope, acc)
	return nil
}

func (r *replay) scheduled(s Scope, acc *Access) {
	_, acc.Next = acc.due(r.now)
	r.changes(s)
}

func (r *replay) lost() error {
	var fact lostOps
	if err := json.Unmarshal(r.entry.Fact, &fact); err != nil {
		return err
	}
	if err := r.through(fact.Client, fact.Below-1); err != nil {
		return err
	}
	a, err := r.author(fact.Client, fact.User, fact.From)
	if err != nil {
		return err
	}
	return r.openLost(a, r.entry)
}
