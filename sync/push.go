package deltasync

import (
	"fmt"
	"time"
)

// push takes the ops of one request in one transaction.
type push struct {
	engine *Engine
	tx     WriteTx
	client Client
	now    time.Time
	sent   time.Time // the device's clock at sending; zero: not said
	last   bool      // from a device that is cut off: everything is held
}

// take stores each op with its result. An error means that none was taken.
func (p *push) take(ops []*parsed, lastN, lostBelow uint64) (through uint64, results []Result, err error) {
	counter, err := p.tx.Counter(p.client.ID)
	if err != nil {
		return 0, nil, err
	}
	if len(ops) > 0 {
		lastN = max(lastN, ops[len(ops)-1].N)
	}
	if lastN < counter.Through {
		return 0, nil, &BehindError{Through: counter.Through}
	}
	if lostBelow > lastN+1 {
		return 0, nil, fmt.Errorf("%w: lost_below is above what last_n says was given out", ErrMalformed)
	}
	for i := range ops {
		if i > 0 && ops[i].N != ops[i-1].N+1 {
			return 0, nil, &GapError{Through: counter.Through}
		}
	}
	old := 0
	for ; old < len(ops) && ops[old].N <= counter.Through; old++ {
		r, err := p.repeat(ops[old])
		if err != nil {
			return 0, nil, err
		}
		results = append(results, r)
	}
	fresh := ops[old:]
	next := max(counter.Through+1, lostBelow)
	if len(fresh) > 0 && fresh[0].N != next {
		return 0, nil, &GapError{Through: counter.Through}
	}
	d := newDraft(p.engine, p.tx, p.now)
	if lostBelow > counter.Through+1 {
		if err := d.lost(p.client, counter.Through+1, lostBelow); err != nil {
			return 0, nil, err
		}
		counter.Through = lostBelow - 1
		d.setCounter(p.client.ID, counter)
		if err := d.flush(); err != nil {
			return 0, nil, err
		}
	}
	for len(fresh) > 0 {
		unit := fresh[:run(fresh)]
		fresh = fresh[len(unit):]
		rs, err := p.unit(d, unit)
		if err != nil {
			return 0, nil, err
		}
		results = append(results, rs...)
		counter.Through = unit[len(unit)-1].N
		d.setCounter(p.client.ID, counter)
		if err := d.flush(); err != nil {
			return 0, nil, err
		}
	}
	return counter.Through, results, nil
}

// run is how many of the ops in front take effect together.
func run(ops []*parsed) int {
	n := 1
	for ops[0].Group != "" && n < len(ops) && ops[n].Group == ops[0].Group {
		n++
	}
	return n
}

// repeat answers an op whose number the store holds.
func (p *push) repeat(op *parsed) (Result, error) {
	v, err := p.tx.OpByNumber(p.client.ID, op.N)
	if err != nil {
		return Result{}, err
	}
	if v == 0 {
		return Result{}, ErrNumberReused // declared lost
	}
	e, err := p.tx.Entry(v)
	if err != nil {
		return Result{}, err
	}
	if !e.is(op) {
		return Result{}, ErrNumberReused
	}
	return e.result(op.N), nil
}

// is reports whether the entry is this op, as it was sent before. Of one that was erased the id has to do.
func (e *Entry) is(op *parsed) bool {
	if e.Op.Erased {
		return e.Op.ID == op.ID && op.ID != ""
	}
	return e.Op.Digest == op.digest
}

// result is what the client of an op was told.
func (e *Entry) result(n uint64) Result {
	r := Result{N: n, ID: e.Op.ID, Status: e.Op.Status, Code: e.Op.Code, Detail: e.Op.Detail}
	if e.Op.Erased && r.Code == erasedFault().Code {
		r.Detail = erasedFault().Detail
	}
	if r.Status.Took() {
		r.Version = e.Version
		if e.Op.As != 0 {
			r.Version = e.Op.As
		}
	}
	return r
}

// outcome is what one op of a unit comes to.
type outcome struct {
	verdict
	repeat *Result // known from another client of the user
}

// unit takes one op, or the ops of one group, into the draft. Not all of a group can take effect: then none does.
func (p *push) unit(d *draft, ops []*parsed) ([]Result, error) {
	split := false
	if g := ops[0].Group; g != "" {
		used, err := p.tx.GroupUsed(p.client.User, g)
		if err != nil {
			return nil, err
		}
		split = used
	}
	outcomes := make([]outcome, len(ops))
	worst := Applied
	for i, op := range ops {
		o, err := p.judge(d, op, ops[:i], len(ops), split)
		if err != nil {
			return nil, err
		}
		outcomes[i] = o
		worst = worse(worst, o.Status)
	}
	if !worst.Took() {
		*d = *newDraft(d.engine, d.tx, d.now)
	}
	results := make([]Result, len(ops))
	for i, op := range ops {
		o := outcomes[i]
		switch {
		case o.repeat != nil:
			results[i] = *o.repeat
			if !worst.Took() {
				if _, err := p.known(d, op); err != nil {
					return nil, err
				}
			}
			continue
		case worst == Rejected && o.Status != Rejected:
			o.verdict = verdict{Status: Rejected, Code: "group_rejected", Detail: "Another entry made together with this one was rejected."}
		case worst == Held && o.Status != Held:
			o.verdict = verdict{Status: Held, Code: "group_held", Detail: "Another entry made together with this one waits for a coordinator."}
		}
		if !worst.Took() {
			if err := d.keep(p.author(op), op, o.verdict); err != nil {
				return nil, err
			}
		}
		results[i] = Result{N: op.N, ID: op.ID, Status: o.Status, Version: o.Version, Code: o.Code, Detail: o.Detail}
	}
	return results, nil
}

// judge says what becomes of an op, and puts it into the draft if it takes effect.
func (p *push) judge(d *draft, op *parsed, before []*parsed, size int, split bool) (outcome, error) {
	r, err := p.known(d, op)
	if err != nil || r != nil {
		return outcome{verdict: verdict{Status: Applied}, repeat: r}, err
	}
	reused, err := p.reused(op, before)
	if err != nil {
		return outcome{}, err
	}
	erased, err := d.isErased(op.Scope)
	if err != nil {
		return outcome{}, err
	}
	var v verdict
	switch {
	case erased: // whatever else is wrong with it, nothing of it is kept
		v = rejected(erasedFault())
	case op.fault != nil && op.fault.Code == "op_too_large":
		v = rejected(op.fault)
	case reused:
		v = rejected(fault("op_id_reused", "The id of this entry belongs to another one. Update the app."))
	case p.last:
		v = verdict{Status: Held, Code: "device_revoked", Detail: "This device was cut off. A coordinator decides."}
	case op.fault != nil:
		v = rejected(op.fault)
	case split:
		v = rejected(fault("group_split", "This entry belongs to a group that was sent without it. Enter it again."))
	case size > MaxGroup:
		v = rejected(fault("group_too_large", "More than 100 entries were to take effect together. Split them."))
	default:
		v, err = d.apply(p.author(op), p.client, &op.Op)
	}
	return outcome{verdict: v}, err
}

func (p *push) author(op *parsed) author {
	return author{Client: p.client.ID, User: p.client.User, N: op.N, At: p.corrected(op), Team: p.client.Team, digest: op.digest}
}

func worse(a, b Status) Status {
	rank := map[Status]int{Applied: 0, Conflict: 0, Held: 1, Rejected: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// known answers an op that the user has sent before under another client, and stores the answer under this one.
func (p *push) known(d *draft, op *parsed) (*Result, error) {
	e, err := p.byID(op)
	if err != nil || e == nil || !e.is(op) {
		return nil, err
	}
	same := *e.Op
	same.Client, same.N, same.Raw, same.Prev = p.client.ID, op.N, nil, 0
	if same.As == 0 {
		same.As = e.Version
	}
	d.append(Entry{Type: EntryOp, Op: &same})
	r := e.result(op.N)
	return &r, nil
}

// reused reports whether the op's id belongs to another op.
func (p *push) reused(op *parsed, before []*parsed) (bool, error) {
	for _, b := range before {
		if op.ID != "" && b.ID == op.ID {
			return true, nil
		}
	}
	e, err := p.byID(op)
	return e != nil, err
}

func (p *push) byID(op *parsed) (*Entry, error) {
	if op.ID == "" {
		return nil, nil
	}
	v, err := p.tx.OpByID(p.client.User, op.ID)
	if err != nil || v == 0 {
		return nil, err
	}
	e, err := p.tx.Entry(v)
	return &e, err
}

// corrected is the op's time by the server's clock: never past the arrival (PROTOCOL §5.4).
func (p *push) corrected(op *parsed) time.Time {
	at, arrival := op.At, p.now.Truncate(time.Millisecond)
	if at.IsZero() {
		return arrival
	}
	if !p.sent.IsZero() {
		at = at.Add(p.now.Sub(p.sent))
	}
	if at.After(arrival) || at.Year() < 1 {
		return arrival
	}
	return at.UTC().Truncate(time.Millisecond)
}
