package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"go.etcd.io/bbolt"
)

// leave is the end of a phone that was cut off (PROTOCOL §5.7). What it shows goes at once. What it has not sent goes to
// the server, where a coordinator finds it; then all goes. Until that has succeeded the outbox stays, and the next Sync
// tries again.
func (p *Phone) leave(ctx context.Context) error {
	var st *state
	err := p.change(func(tx *bbolt.Tx, now *state) error {
		st = now
		now.Shown, now.Head = false, 0
		if err := restart(tx, now, true); err != nil {
			return err
		}
		for _, b := range [][]byte{scopesBucket, slotsBucket, keptBucket} {
			if err := empty(tx, b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := p.last(ctx, st); err != nil {
		return fmt.Errorf("last: %w", err)
	}
	if err := p.wipe(); err != nil {
		return err
	}
	return ErrRevoked
}

// beyond is a number that no client reaches: offered, it makes the server say where it stands.
const beyond = 1 << 52

// last hands in what the server has not answered, in batches. Where the server says that the numbers do not fit, since it was
// restored or the phone copied, they are given anew: their ids stay, and a cut-off client has no later ones.
func (p *Phone) last(ctx context.Context, st *state) error {
	after, most := st.Offered, p.o.largest()
	rest, err := p.unsent(after)
	if err != nil {
		return err
	}
	n, failed, moved := after+1, 0, 0
	for first := true; first || len(rest) > 0; {
		ops, count, err := numbered(rest, n, most)
		if err != nil {
			return err
		}
		got, err := p.handIn(ctx, st, ops)
		var pr *Problem
		errors.As(err, &pr)
		switch {
		case err == nil:
			first, failed, moved = false, 0, 0
			rest, n = rest[count:], n+uint64(count)
			if count == 0 && got.Through < after { // restored: what it held once, it does not now
				after, n = got.Through, got.Through+1
				if rest, err = p.unsent(after); err != nil {
					return err
				}
			}
			continue
		case is(err, "op_number_gap") && pr.Through != nil && moved < 4:
			moved++
			if n = *pr.Through + 1; *pr.Through < after {
				after = *pr.Through
				if rest, err = p.unsent(after); err != nil {
					return err
				}
			}
			continue
		case is(err, "op_number_reused") && moved < 4:
			moved++
			n = beyond
			continue
		case pr != nil && pr.Status == http.StatusRequestEntityTooLarge && most.shrink():
			continue
		case ctx.Err() != nil || !passes(err):
			return err
		}
		if !cuts(err) || !most.shrink() {
			failed++
		}
		if err := p.pause(ctx, failed, err); err != nil {
			return err
		}
	}
	return nil
}

// unsent are the ops with numbers above n that the outbox holds.
func (p *Phone) unsent(n uint64) (ops []Op, err error) {
	err = p.view(func(tx *bbolt.Tx) error {
		return entriesAfter(tx, n, func(e *entry) error {
			ops = append(ops, e.Op)
			return nil
		})
	})
	return ops, err
}

// numbered gives the first ops numbers from n, as many as a request takes without cutting a group.
func numbered(ops []Op, n uint64, most size) (out []json.RawMessage, whole int, err error) {
	bytes := 0
	for i, op := range ops {
		if i > 0 && (op.Group == "" || op.Group != ops[i-1].Group) {
			whole = i
		}
		op.N = n + uint64(i)
		raw, err := encode(op)
		if err != nil {
			return nil, 0, err
		}
		if bytes += len(raw) + 1; whole > 0 && (i >= most.ops || bytes > most.body) {
			return out[:whole], whole, nil
		}
		out = append(out, raw)
	}
	return out, len(out), nil
}

// handIn makes one request. Its answer is an ack and nothing else.
func (p *Phone) handIn(ctx context.Context, st *state, ops []json.RawMessage) (*ack, error) {
	body := map[string]any{"refresh_token": st.Refresh, "ops": append([]json.RawMessage{}, ops...)}
	var got reply
	err := p.exchange(ctx, http.MethodPost, st.Server+"/v1/last", "", body, "application/x-ndjson", func(from io.Reader) (err error) {
		got, err = readReply(from)
		if got.ack != nil {
			return nil // no page follows it
		}
		return err
	})
	if err == nil && (got.ack == nil || len(got.ack.Results) != len(ops)) {
		err = errCut
	}
	return got.ack, err
}
