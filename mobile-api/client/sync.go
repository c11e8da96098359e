package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.etcd.io/bbolt"

	deltasync "alongside/sync"
)

// Report is what one Sync did.
type Report struct {
	Exchanges int  // requests that brought a whole page
	Cut       int  // that brought none, or not to its end
	Pushed    int  // ops answered for the first time
	Conflicts int  // of those: another value stands beside
	Held      int  // of those: a coordinator decides
	Rejected  int  // of those: not valid
	Records   int  // frames that changed something: record, gone and drop
	Repairs   int  // differences found: each is a fault of some program
	Reoffered bool // the server was restored, and got again what the phone still had
	NewClient bool // the folder turned out to be a copy
}

func (r *Report) count(e *entry, res deltasync.Result) {
	if e.Result != nil {
		return
	}
	r.Pushed++
	switch res.Status {
	case deltasync.Conflict:
		r.Conflicts++
	case deltasync.Held:
		r.Held++
	case deltasync.Rejected:
		r.Rejected++
	}
}

// Sync sends all that waits and fetches until phone and server agree. It may be called at any time, and repeated
// whatever it returned: nothing is lost or done twice. Edits made meanwhile go with it.
//
// ErrUnavailable, and the context's error, mean later; ErrSignedOut, that the phone is to be enrolled again; ErrRevoked, that
// it is empty now; ErrOutdated, that the app is too old; ErrDiffers, that the view may be wrong.
func (p *Phone) Sync(ctx context.Context) (Report, error) {
	release, err := p.turn.take(ctx)
	if err != nil {
		return Report{}, err
	}
	defer release()
	r := &run{phone: p, fetched: map[deltasync.Scope]bool{}}
	for !r.done {
		if err := ctx.Err(); err != nil {
			return r.report, err
		}
		if err := r.step(ctx); err != nil {
			return r.report, fmt.Errorf("sync: %w", err)
		}
	}
	return r.report, nil
}

// run is one Sync.
type run struct {
	phone  *Phone
	report Report
	done   bool

	moved   bool // the last exchange brought phone and server closer
	acked   bool // ops were answered before it
	failed  int  // attempts in a row that brought nothing
	clients int  // taken in this run
	gaps    int  // in a row

	refetch   []deltasync.Scope        // to be asked for in the next request
	fetched   map[deltasync.Scope]bool // asked for again in this run
	afresh    bool                     // all was asked for again
	differing error
}

type syncRequest struct {
	Schema    int               `json:"schema"`
	Cursor    string            `json:"cursor"`
	LastN     uint64            `json:"last_n"`
	LostBelow uint64            `json:"lost_below,omitempty"`
	SentAt    time.Time         `json:"sent_at"`
	MaxBytes  int               `json:"max_bytes"`
	Audit     bool              `json:"audit,omitempty"`
	Refetch   []deltasync.Scope `json:"refetch,omitempty"`
	Ops       []json.RawMessage `json:"ops,omitempty"`
}

// step is one exchange, and what follows from it.
func (r *run) step(ctx context.Context) error {
	p := r.phone
	var sent *batch
	var got reply
	r.moved = false
	err := p.authorized(ctx, func(st *state) error {
		req, b, err := r.next()
		if err != nil {
			return err
		}
		sent = b
		return p.exchange(ctx, http.MethodPost, st.Server+"/v1/sync", st.Access, req, "application/x-ndjson",
			func(from io.Reader) (err error) {
				got, err = readReply(from)
				return err
			})
	})
	if sent != nil && (got.ack != nil || got.page != nil) {
		if err := r.took(sent, got); err != nil {
			return err
		}
	}
	if err == nil && !r.moved {
		err = errStuck
	}
	if err != nil {
		return r.mend(ctx, err)
	}
	r.report.Exchanges++
	r.failed, r.gaps = 0, 0
	p.size.grow(p.o.largest())
	return r.differing
}

// next is what to ask now.
func (r *run) next() (req syncRequest, b *batch, err error) {
	p := r.phone
	err = p.view(func(tx *bbolt.Tx) error {
		st, err := load(tx)
		if err != nil {
			return err
		}
		if b, err = offer(tx, st, p.size); err != nil {
			return err
		}
		req = syncRequest{Schema: 1, Cursor: st.Run.Cursor, LastN: st.LastN, LostBelow: b.LostBelow, SentAt: p.now(),
			MaxBytes: p.size.page, Audit: st.Differs, Refetch: r.refetch, Ops: b.Ops}
		if req.Cursor == "" {
			req.Cursor = st.Cursor
		}
		return nil
	})
	return req, b, err
}

// took keeps what came, in one transaction.
func (r *run) took(sent *batch, got reply) error {
	before := r.report
	return r.phone.change(func(tx *bbolt.Tx, st *state) error {
		r.report, r.acked = before, st.Offered > 0
		if sent.LostBelow > st.Through+1 {
			st.Lost += sent.LostBelow - 1 - st.Through
		}
		if got.ack != nil {
			was := st.Offered
			if err := answer(tx, st, sent, got.ack.Results, r.phone.now(), &r.report); err != nil {
				return err
			}
			if st.Offered > was {
				r.moved, r.failed, r.gaps = true, 0, 0
			}
		}
		if got.page == nil {
			return nil
		}
		if len(sent.Ops) == 0 {
			r.moved = got.page.Complete || got.page.Cursor != st.Run.Cursor
		}
		return r.page(tx, st, sent, got)
	})
}

// page takes a whole page.
func (r *run) page(tx *bbolt.Tx, st *state, sent *batch, got reply) error {
	pg := got.page
	if sent.LostBelow > 0 {
		st.Offered = max(st.Offered, sent.LostBelow-1)
	}
	// Whoever has acks and no page yet cannot tell from which epoch they are (PROTOCOL §7.3).
	restored := st.Epoch != pg.Epoch && (st.Epoch != "" || r.acked)
	if restored || pg.Through < st.Offered {
		r.report.Reoffered = true
		if err := reoffer(tx, st, pg.Through, restored); err != nil {
			return err
		}
	}
	st.Through, st.Epoch = pg.Through, pg.Epoch
	if pg.Reset && (!st.Run.Reset || st.Run.Epoch != pg.Epoch) { // the server began from nothing with this page
		if err := restart(tx, st, false); err != nil {
			return err
		}
	}
	for _, f := range got.frames {
		if f.Name != "scope" {
			r.report.Records++
		}
	}
	if err := stage(tx, got.frames); err != nil {
		return err
	}
	st.Run = pullRun{Cursor: pg.Cursor, Epoch: pg.Epoch, Reset: st.Run.Reset || pg.Reset}
	st.Safe = pg.Safe
	if pg.Complete {
		return r.complete(tx, st, pg)
	}
	return nil
}

// complete ends a pull: the view becomes what was staged, and is compared with what the server counts.
func (r *run) complete(tx *bbolt.Tx, st *state, pg *page) error {
	if err := land(tx, st.Run.Reset); err != nil {
		return err
	}
	audited := st.Differs
	st.Cursor, st.Head, st.Run, st.Shown = pg.Cursor, pg.Head, pullRun{}, true
	waiting, err := settle(tx, st, r.phone.now())
	if err != nil {
		return err
	}
	if waiting == 0 {
		st.Everything = pg.Time
	}
	r.refetch = nil
	total, _, err := count(tx)
	if err != nil {
		return err
	}
	if total != deltasync.Sum(*pg.Total) {
		return r.repair(tx, st, pg, audited)
	}
	st.Differs, st.Synced = false, pg.Time
	more, err := offer(tx, st, size{ops: 1, body: 1})
	r.done = err == nil && more.empty()
	return err
}

// repair asks for what differs, scope by scope, and then for everything, once (PROTOCOL §6.6).
func (r *run) repair(tx *bbolt.Tx, st *state, pg *page, audited bool) error {
	if !st.Differs {
		st.Differs = true
		st.Incidents++
		r.report.Repairs++
	}
	if pg.Sums == nil && !audited {
		return nil // the next request asks for them
	}
	var differing []deltasync.Scope
	if pg.Sums != nil {
		var err error
		if differing, err = compare(tx, pg.Sums); err != nil {
			return err
		}
	}
	for _, s := range differing {
		if !r.fetched[s] && len(r.refetch) < deltasync.MaxRefetch {
			r.fetched[s] = true
			r.refetch = append(r.refetch, s)
		}
	}
	switch {
	case len(r.refetch) > 0:
	case len(differing) == 0 && pg.Sums != nil && !r.afresh: // what was too much is dropped; look again
		total, _, err := count(tx)
		if err != nil || total == deltasync.Sum(*pg.Total) {
			return err
		}
		fallthrough
	case !r.afresh:
		r.afresh = true
		return restart(tx, st, true)
	default:
		r.differing = ErrDiffers
	}
	return nil
}

// mend does what makes the next attempt better, or says why there is none.
func (r *run) mend(ctx context.Context, err error) error {
	p := r.phone
	var pr *Problem
	errors.As(err, &pr)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case is(err, "device_revoked"):
		return p.leave(ctx)
	case is(err, "client_behind"), is(err, "op_number_reused"):
		if r.clients++; r.clients > 2 {
			return err
		}
		r.report.NewClient = true
		if err = p.newClient(ctx); is(err, "device_revoked") {
			return p.leave(ctx)
		}
		return err
	case is(err, "op_number_gap") && pr.Through != nil:
		if r.gaps++; r.gaps > 2 {
			return err
		}
		r.report.Reoffered = true
		return p.change(func(tx *bbolt.Tx, st *state) error { return reoffer(tx, st, *pr.Through, false) })
	case pr != nil && pr.Status == http.StatusRequestEntityTooLarge && p.size.shrink():
		return nil
	case pr != nil && (pr.Status == http.StatusBadRequest || pr.Status == http.StatusUpgradeRequired):
		return fmt.Errorf("%w: %w", ErrOutdated, err)
	case !passes(err):
		return err
	}
	r.report.Cut++
	if !cuts(err) || !p.size.shrink() {
		r.failed++
	}
	return p.pause(ctx, r.failed, err)
}
