package deltasync

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Engine is the one way in: phones, desks, commands and followers all write through it.
type Engine struct {
	Store Store
	Kinds Kinds
	Now   func() time.Time // nil: time.Now

	// Soon finds when a record, by its kind and wire body, wants somebody: a first pull brings people with something
	// soon first. Nil: nobody has.
	Soon func(kind string, body []byte) (time.Time, bool)

	// Pulled hears of every page that is made for a client: up to which version the client had completed a run, and up to
	// which the page serves it. So it can be said later what a lost device may hold. Nil: nobody listens.
	Pulled func(c ClientID, confirmed, served Version)
}

func (e *Engine) now() time.Time {
	if e.Now != nil {
		return e.Now().UTC()
	}
	return time.Now().UTC()
}

// Exchange takes a push, makes it durable, and gives what the client may see and does not have yet (PROTOCOL §4).
// It is idempotent: the same push after a lost reply changes nothing and gives the same results. A rejected op is a
// result; an error means that nothing was committed, or that only the pull failed, and the same request may be sent
// again.
func (e *Engine) Exchange(ctx context.Context, c Client, req *Request, sink Sink) error {
	if err := req.check(); err != nil {
		return err
	}
	ops, err := parseOps(req.Ops)
	if err != nil {
		return err
	}
	if len(ops) == 0 && req.LostBelow == 0 {
		// Nearly all requests: one look at the store does for what is due and for what is new.
		done := false
		err := e.Store.View(ctx, func(tx Tx) error {
			cur, _ := unseal(tx, c, req.Cursor)
			due, strange, err := e.stale(tx, cur)
			if err != nil || due || strange {
				return err
			}
			done = true
			return e.answer(tx, c, req, cur, sink)
		})
		if err != nil || done {
			return err
		}
	}
	if err := e.ready(ctx, c, req.Cursor); err != nil {
		return err
	}
	if len(ops) > 0 || req.LostBelow > 0 {
		var through uint64
		var results []Result
		err := e.Store.Update(ctx, func(tx WriteTx) error {
			p := &push{engine: e, tx: tx, client: c, now: e.now(), sent: req.SentAt}
			var err error
			through, results, err = p.take(ops, req.LastN, req.LostBelow)
			return err
		})
		if err != nil {
			return err
		}
		if len(ops) > 0 {
			sink.Ack(through, results)
		}
	}
	return e.Store.View(ctx, func(tx Tx) error {
		cur, _ := unseal(tx, c, req.Cursor)
		return e.answer(tx, c, req, cur, sink)
	})
}

// answer gives one page, from where the cursor is.
func (e *Engine) answer(tx Tx, c Client, req *Request, cur cursor, sink Sink) error {
	n, err := tx.Counter(c.ID)
	if err != nil {
		return err
	}
	if len(req.Ops) == 0 && req.LostBelow == 0 && req.LastN < n.Through {
		return &BehindError{Through: n.Through}
	}
	page, err := e.pull(tx, c, req, cur, sink)
	if err != nil {
		return err
	}
	page.Through, page.Safe, page.Time = n.Through, n.Safe, e.now()
	sink.Page(page)
	if e.Pulled != nil {
		var confirmed Version
		if cur.Epoch == tx.Epoch().ID && cur.Until == 0 {
			confirmed = cur.From
		}
		e.Pulled(c.ID, confirmed, page.Head)
	}
	return nil
}

// Last takes what a cut-off device still has. All of it is held for a coordinator (PROTOCOL §5.7).
func (e *Engine) Last(ctx context.Context, c Client, raw []json.RawMessage, sink Sink) error {
	if len(raw) > MaxOps {
		return ErrTooMany
	}
	ops, err := parseOps(raw)
	if err != nil {
		return err
	}
	var through uint64
	var results []Result
	err = e.Store.Update(ctx, func(tx WriteTx) error {
		p := &push{engine: e, tx: tx, client: c, now: e.now(), last: true}
		var err error
		through, results, err = p.take(ops, MaxInteger, 0)
		return err
	})
	if err != nil {
		return err
	}
	sink.Ack(through, results)
	return nil
}

func (r *Request) check() error {
	if r.Schema != Supported[0] {
		return &SchemaError{Schema: r.Schema}
	}
	if len(r.Ops) > MaxOps {
		return ErrTooMany
	}
	if r.LastN > MaxInteger || r.LostBelow > MaxInteger {
		return fmt.Errorf("%w: integers stay below 2^53", ErrMalformed)
	}
	return nil
}

// ready brings the store up to the moment: access that was due by the calendar, and a new epoch where the client comes
// from a log that this one is not, so that no version is given twice.
func (e *Engine) ready(ctx context.Context, c Client, sealed string) error {
	var due, strange bool
	var seen Version
	look := func(tx Tx) (err error) {
		cur, _ := unseal(tx, c, sealed)
		seen = cur.seen()
		due, strange, err = e.stale(tx, cur)
		return err
	}
	if err := e.Store.View(ctx, look); err != nil {
		return err
	}
	if strange {
		err := e.Store.Update(ctx, func(tx WriteTx) error {
			if err := look(tx); err != nil || !strange {
				return err
			}
			return tx.NewEpoch(seen, e.now())
		})
		if err != nil {
			return err
		}
	}
	if due {
		return e.Due(ctx)
	}
	return nil
}

// stale says what keeps the store from being answered from: access that is due to change, and a client that comes from a
// log that this one is not.
func (e *Engine) stale(tx Tx, cur cursor) (due, strange bool, err error) {
	at, _, err := tx.NextDue()
	if err != nil {
		return false, false, err
	}
	due = !at.IsZero() && !at.After(e.now())
	if cur.seen() > 0 {
		strange, err = cur.strange(tx)
	}
	return due, strange, err
}

// Due writes the starts and ends of access whose time has come. Exchange does it too, so that a pull is never behind
// the calendar; a server calls it at NextDue so that live connections hear of it.
func (e *Engine) Due(ctx context.Context) error {
	return e.Store.Update(ctx, func(tx WriteTx) error {
		now := e.now()
		for {
			at, s, err := tx.NextDue()
			if err != nil || at.IsZero() || at.After(now) {
				return err
			}
			d := newDraft(e, tx, now)
			if err := d.regrant(s); err != nil {
				return err
			}
			if err := d.flush(); err != nil {
				return err
			}
		}
	})
}

// NextDue is when access next changes by the calendar; zero: it does not.
func (e *Engine) NextDue(ctx context.Context) (at time.Time, err error) {
	err = e.Store.View(ctx, func(tx Tx) error {
		at, _, err = tx.NextDue()
		return err
	})
	return at, err
}

// Write lets a writer inside the server, as "system/NAME" or "person/ID", write ops in a transaction. The caller supplies
// ID and Base; the writer's own numbers are given here. An op whose id the writer has used is done already. One that does
// not take effect is a RefusedError.
func (e *Engine) Write(tx WriteTx, as UserID, ops ...*Op) error {
	if !strings.HasPrefix(string(as), "system/") && !strings.HasPrefix(string(as), PersonScope+"/") {
		return fmt.Errorf("%q is no writer inside the server", as)
	}
	d := newDraft(e, tx, e.now())
	for _, op := range ops {
		if v, err := tx.OpByID(as, op.ID); err != nil || v != 0 {
			if err != nil {
				return err
			}
			continue
		}
		if err := d.system(as, op); err != nil {
			return err
		}
	}
	return d.flush()
}
