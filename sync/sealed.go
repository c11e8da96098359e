package deltasync

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
)

// Codes of ops that came sealed (PROTOCOL §12.5).
const (
	codeSealed          = "sealed"            // its author handed it in
	codeSealedByAnother = "sealed_by_another" // it says to be of somebody else's client, or of none that is known
)

// SealedOp is an op that a phone had sealed to the server, opened.
type SealedOp struct {
	Client ClientID        // that wrote it, as it says
	Author UserID          // whose client that is; empty: nobody's whom the server knows
	Raw    json.RawMessage // the op, as it would have been sent
}

// Sealed takes ops that a phone sealed while it was another client, and hands in as the one that it is now. Whoever knows
// the server's public key can seal, so nothing proves who wrote them: all are held for a coordinator (PROTOCOL §12), under their
// author where it is the author's own client that hands them in, else under whoever does. Their numbers stay out of
// every client's count, which a phone that still works as the former client relies on.
//
// It gives one result for each. One that is rejected was not taken, and nothing of it is kept; the rest is durable. The same op again gives the result that
// is stored.
func (e *Engine) Sealed(ctx context.Context, c Client, ops []SealedOp) ([]Result, error) {
	if len(ops) > MaxOps {
		return nil, ErrTooMany
	}
	read := make([]*parsed, len(ops))
	order := make([]int, len(ops))
	for i, s := range ops {
		read[i], _ = parseOp(s.Raw) // nil: it has no number, which is its own result here
		order[i] = i
	}
	number := func(i int) uint64 {
		if read[i] == nil {
			return 0
		}
		return read[i].N
	}
	slices.SortStableFunc(order, func(i, j int) int { // a coordinator settles them as they were written
		return cmp.Or(cmp.Compare(ops[i].Client, ops[j].Client), cmp.Compare(number(i), number(j)))
	})
	results := make([]Result, len(ops))
	err := e.Store.Update(ctx, func(tx WriteTx) error {
		now := e.now()
		for _, i := range order {
			d := newDraft(e, tx, now)
			r, err := d.handedIn(c, ops[i], read[i])
			if err != nil {
				return err
			}
			if err := d.flush(); err != nil {
				return err
			}
			results[i] = r
		}
		return nil
	})
	return results, err
}

// handedIn says what becomes of one, and holds it if nothing speaks against it. Nil: it has no number.
func (d *draft) handedIn(c Client, s SealedOp, op *parsed) (Result, error) {
	switch {
	case op == nil:
		return Result{Status: Rejected, Code: "bad_op", Detail: "The entry cannot be read. Update the app."}, nil
	case op.ID == "" || len(op.Raw) > MaxOp:
		return refused(op, op.fault), nil
	}
	known, err := d.knownOf(c.User, s.Author, op)
	if err != nil {
		return Result{}, err
	}
	if known != nil {
		return *known, nil
	}
	erased, err := d.isErased(op.Scope)
	if err != nil || erased {
		return refused(op, erasedFault()), err
	}
	a, v := author{User: c.User, Team: c.Team, digest: op.digest}, verdict{Status: Held, Code: codeSealed,
		Detail: "It was locked away on this device when somebody signed in anew. A coordinator decides."}
	if s.Author != c.User {
		v.Code = codeSealedByAnother
		v.Detail = "It was locked away on this device under another sign-in (client " + string(s.Client) +
			"). Nothing proves whose it is, so it is kept under the name of whoever handed it in. A coordinator decides."
	}
	a.Client = ClientID(NamedID("sealed", string(c.User), string(s.Client)))
	counter, err := d.counter(a.Client)
	if err != nil {
		return Result{}, err
	}
	counter.Through++
	a.N, a.envelope = counter.Through, &envelope{Client: s.Client, By: c.ID}
	a.At = (&push{now: d.now}).corrected(op)
	d.setCounter(a.Client, counter)
	return Result{N: op.N, ID: op.ID, Status: v.Status, Code: v.Code, Detail: v.Detail}, d.keep(a, op, v)
}

func refused(op *parsed, f *Fault) Result {
	return Result{N: op.N, ID: op.ID, Status: Rejected, Code: f.Code, Detail: f.Detail}
}

// knownOf answers an op that its author, or whoever hands it in, has sent already, in whichever way; nil: neither has.
func (d *draft) knownOf(by, author UserID, op *parsed) (*Result, error) {
	for _, user := range []UserID{author, by} {
		if user == "" {
			continue
		}
		v, err := d.tx.OpByID(user, op.ID)
		if err != nil {
			return nil, err
		}
		if v == 0 {
			continue
		}
		e, err := d.tx.Entry(v)
		if err != nil {
			return nil, err
		}
		if r := e.result(op.N); e.is(op) {
			return &r, nil
		}
		if user == by {
			r := refused(op, fault("op_id_reused", "The id of this entry belongs to another one. Update the app."))
			return &r, nil
		}
	}
	return nil, nil
}

// envelope is what the log keeps around an op that came sealed. The entry's own client is one of the server's, a box for
// each user and former client, so that its number is nobody else's.
type envelope struct {
	Client ClientID        `json:"client"` // that wrote it, as it says
	By     ClientID        `json:"by"`     // that handed it in
	Op     json.RawMessage `json:"op,omitempty"`
}

// around leaves the op byte for byte as it was sent.
func (v envelope) around(op []byte) []byte {
	b := AppendString([]byte(`{"client":`), string(v.Client))
	b = AppendString(append(b, `,"by":`...), string(v.By))
	b = append(append(b, `,"op":`...), op...)
	return append(b, '}')
}

// envelope is what came around an op that came sealed; nil: it came as others do.
func (op *OpEntry) envelope() (*envelope, error) {
	if op.Status != Held || op.Code != codeSealed && op.Code != codeSealedByAnother || len(op.Raw) == 0 {
		return nil, nil
	}
	var v envelope
	err := json.Unmarshal(op.Raw, &v)
	return &v, err
}

// Payload is the op as its client wrote it, of one that came sealed too; empty where Raw is.
func (op *OpEntry) Payload() json.RawMessage {
	v, err := op.envelope()
	if err != nil || v == nil {
		return op.Raw
	}
	return v.Op
}

// shown is which client a coordinator is told of: the one that wrote it, where that is known; else the one that handed it in.
func (a author) shown(code string) ClientID {
	switch {
	case a.envelope == nil:
		return a.Client
	case code == codeSealed:
		return a.envelope.Client
	}
	return a.envelope.By
}

// opened is the author of an op that came sealed, to be let in. Where it is the author's own it goes by its client and number,
// among which it has its place. Else it stays what it is by, and never comes before anything that the client itself wrote.
func (a author) opened(op *OpEntry, inner *Op) author {
	if v, err := op.envelope(); err == nil && v != nil && op.Code == codeSealed {
		a.Client, a.N = v.Client, inner.N
	}
	return a
}
