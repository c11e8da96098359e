package deltasync

import (
	"slices"
	"strconv"
	"time"
)

// author is whose op it is, which for an op that a coordinator lets in is not whoever sends it.
type author struct {
	Client ClientID
	User   UserID
	N      uint64
	At     time.Time // corrected
	Team   TeamID

	digest     [16]byte
	settles    Version // the entry of the held op that is let in
	acceptedBy UserID
	envelope   *envelope // of an op that came sealed; nil: it did not
}

// verdict is what becomes of an op.
type verdict struct {
	Status  Status
	Version Version // where it took effect
	Code    string
	Detail  string
}

func rejected(f *Fault) verdict { return verdict{Status: Rejected, Code: f.Code, Detail: f.Detail} }

// notPermitted is worded the same whether a scope or record exists or not, so that nobody learns which.
func notPermitted() verdict {
	return verdict{Status: Held, Code: "not_permitted",
		Detail: "This is not in your hands now. It is kept, and a coordinator decides."}
}

// apply puts an op into the draft under the rights of by, if nothing speaks against it.
func (d *draft) apply(a author, by Client, op *Op) (verdict, error) {
	sees, err := d.sees(by, op.Scope)
	if err != nil {
		return verdict{}, err
	}
	kind := d.engine.Kinds[op.Kind]
	if kind == nil {
		if !sees {
			return notPermitted(), nil
		}
		return verdict{Status: Held, Code: "unknown_kind",
			Detail: "The server does not know this kind of entry yet. It is kept until it does."}, nil
	}
	if f := kind.check(op); f != nil {
		return rejected(f), nil
	}
	rec, err := d.record(op.Record)
	if err != nil {
		return verdict{}, err
	}
	creates := false
	if !sees {
		if creates, err = d.mayCreatePerson(by, op, rec); err != nil {
			return verdict{}, err
		}
		if !creates {
			return d.orphan(a, op)
		}
	}
	if v, ok := d.permits(kind, a, by, op, rec); !ok {
		return v, nil
	}
	if f, err := d.fits(kind, a, op, rec); err != nil || f != nil {
		if err != nil {
			return verdict{}, err
		}
		return rejected(f), nil
	}
	if kind.Name == KindHeld {
		if f, err := d.maySettle(by, op, rec); err != nil || f != nil {
			if err != nil {
				return verdict{}, err
			}
			return rejected(f), nil
		}
	}
	v := d.merge(kind, a, op, rec)
	return v, d.follow(kind, a, by, op, creates)
}

// merge writes the op's entry and its record.
func (d *draft) merge(kind *Kind, a author, op *Op, rec *Record) verdict {
	v := verdict{Version: d.next()}
	prev := Version(0)
	if rec != nil {
		prev = rec.Log
	}
	v.Status = d.merged(kind, a, op, rec, v.Version)
	entry := a.entry(op, v)
	entry.Prev = prev
	d.append(Entry{Type: EntryOp, Op: entry})
	return v
}

// merged puts the op of the entry at v into its record, which nil says is new.
func (d *draft) merged(kind *Kind, a author, op *Op, rec *Record, v Version) Status {
	if rec == nil {
		rec = &Record{Scope: op.Scope, Kind: op.Kind, ID: op.Record, Made: a.User}
	}
	seen := *op
	if a.settles != 0 {
		seen.Base = min(op.Base, a.settles) // nobody has looked at what was not there yet
	}
	status := rec.Merge(kind, &seen, Origin{Version: v, Client: a.Client, N: a.N, User: a.User, At: a.At})
	rec.Log = v
	d.put(rec)
	return status
}

func (a author) entry(op *Op, v verdict) *OpEntry {
	e := &OpEntry{Client: a.Client, User: a.User, N: a.N, ID: op.ID, Group: op.Group, Scope: op.Scope, Kind: op.Kind,
		Record: op.Record, At: a.At, Digest: a.digest, Status: v.Status, Code: v.Code, Detail: v.Detail,
		AcceptedBy: a.acceptedBy, Settles: a.settles}
	if a.settles == 0 {
		e.Raw = op.Raw
	}
	return e
}

// follow does what an applied op entails.
func (d *draft) follow(kind *Kind, a author, by Client, op *Op, creates bool) error {
	switch kind.Name {
	case KindPerson:
		return d.personChanged(a, by, op, creates)
	case KindAssignment:
		return d.assignmentChanged(op)
	case KindHeld:
		return d.settled(by, op)
	}
	return nil
}

// permits holds the op against who may write what.
func (d *draft) permits(kind *Kind, a author, by Client, op *Op, rec *Record) (verdict, bool) {
	if rec != nil {
		if rec.Scope != op.Scope {
			return notPermitted(), false
		}
		if rec.Kind != op.Kind {
			return rejected(fault("wrong_kind", "The record is of another kind. Update the app.")), false
		}
		if kind.Name == KindPerson && op.Base == 0 && rec.Made != a.User && a.settles == 0 && by.Role != system {
			return notPermitted(), false // makes a person whose id exists
		}
	}
	if rec == nil || op.Delete || kind.Write != Server {
		if !by.is(kind.Write) {
			return notPermitted(), false
		}
	}
	if op.Delete {
		return verdict{}, true
	}
	for _, name := range op.fields() {
		f, declared := kind.Field(name)
		if !declared && kind.Write == Server {
			f.Write = Server
		}
		may := by.is(f.Write)
		if kind.Name == KindPerson && name == "team" && rec == nil && by.Role != system {
			may = textOf(op.Set[name]) == string(by.Team) // who makes a person makes it in the own team
		}
		if !may {
			return notPermitted(), false
		}
	}
	return verdict{}, true
}

func (c Client) is(w Writers) bool {
	switch w {
	case Seers:
		return true
	case Coordinators:
		return c.Role == Coordinator || c.Role == system
	}
	return c.Role == system
}

// fields are the names of all that the op touches.
func (op *Op) fields() []string {
	names := sortedKeys(op.Set)
	names = append(names, sortedKeys(op.Add)...)
	return append(names, sortedKeys(op.Remove)...)
}

// fits holds the op against the record as it stands.
func (d *draft) fits(kind *Kind, a author, op *Op, rec *Record) (*Fault, error) {
	if rec == nil {
		return d.fitsNew(kind, a, op)
	}
	if !op.Delete && rec.size()+len(op.Raw) > MaxRecord {
		return fault("record_full", "This record holds as much as one can. Enter it as a new one."), nil
	}
	for _, name := range sortedKeys(op.Set) {
		if rec.hasElements(name) {
			return fault("field_is_a_set", "A field that holds a list takes add and remove. Update the app."), nil
		}
		if f, _ := kind.Field(name); f.Fixed {
			for _, v := range rec.Values(name) {
				if string(v) != string(op.Set[name]) {
					return fault("never_changes", name+" never changes. Make a new "+kind.Name+" instead."), nil
				}
			}
		}
	}
	for _, name := range sortedKeys(op.Add) {
		if rec.has(name) {
			return fault("field_is_no_set", "A field that holds one value takes set. Update the app."), nil
		}
		if f := kind.checkLength(name, rec.Elements(name), op.Add[name]); f != nil {
			return f, nil
		}
	}
	return d.fitsNames(kind, op)
}

// fitsNew holds an op against there being no record. A base above 0 says that the phone has seen the record in a
// life of the store that a restore took back: its edit stands, and what made the record joins it when it comes.
func (d *draft) fitsNew(kind *Kind, a author, op *Op) (*Fault, error) {
	for name, texts := range op.Add {
		if f := kind.checkLength(name, nil, texts); f != nil {
			return f, nil
		}
	}
	missing := ""
	for _, f := range kind.Fields {
		if _, set := op.Set[f.Name]; f.Required && !set {
			missing = f.Name
			break
		}
	}
	if missing != "" || op.Delete {
		rejected, err := d.wasRejected(op.Scope, op.Record, a.User)
		switch {
		case err != nil:
			return nil, err
		case rejected || op.Delete && op.Base == 0:
			return needsRecord(), nil
		case op.Base == 0:
			return fault("required", missing+" cannot be left empty."), nil
		}
	}
	return d.fitsNames(kind, op)
}

// checkLength says whether a list stays short enough.
func (k *Kind) checkLength(name string, there, added []string) *Fault {
	limit := maxElements
	if f, _ := k.Field(name); f.Max > 0 {
		limit = f.Max
	}
	count := len(there)
	for i, t := range added {
		if !slices.Contains(there, t) && !slices.Contains(added[:i], t) {
			count++
		}
	}
	if count > limit {
		return fault("too_many", "A list holds at most "+strconv.Itoa(limit)+" elements. Take some out first.")
	}
	return nil
}

func needsRecord() *Fault {
	return fault("needs_record", "What this entry belongs to was not accepted. Correct that first.")
}

// fitsNames makes sure that an assignment names somebody who can have one, and a person a team that there is: else
// nobody would see the person any more.
func (d *draft) fitsNames(kind *Kind, op *Op) (*Fault, error) {
	if kind.Name == KindPerson && op.Set["team"] != nil {
		team, err := d.record(RecordID(textOf(op.Set["team"])))
		if err != nil || team == nil || team.Kind != KindTeam {
			return fault("no_such_team", "team is to be the id of a team."), err
		}
	}
	if kind.Name != KindAssignment || op.Set["worker"] == nil {
		return nil, nil
	}
	u, ok, err := d.tx.User(UserID(textOf(op.Set["worker"])))
	if err != nil {
		return nil, err
	}
	if !ok || u.Role != Worker {
		return fault("no_such_worker", "worker is to be the id of a user who is a worker."), nil
	}
	return nil, nil
}

// orphan is an op on a scope that its client does not see. It is held, or goes the way of its author's own rejected
// person; either way whether the scope exists is not looked at.
func (d *draft) orphan(a author, op *Op) (verdict, error) {
	if op.Scope.Family() != PersonScope {
		return notPermitted(), nil
	}
	rejectedCreate, err := d.wasRejected(op.Scope, RecordID(op.Scope.ID()), a.User)
	if err != nil || !rejectedCreate {
		return notPermitted(), err
	}
	return rejected(needsRecord()), nil
}

// wasRejected reports whether the user's own making of a record was.
func (d *draft) wasRejected(s Scope, id RecordID, u UserID) (found bool, err error) {
	looks := 64 // who has had more refused than that hears that it is held
	err = d.heldOf(s, id, func(h HeldOp) bool {
		looks--
		found = h.User == u && h.Status == Rejected
		return !found && looks > 0
	})
	return found, err
}

// system applies an op of a writer inside the server, "system/NAME" or "person/ID".
func (d *draft) system(as UserID, op *Op) error {
	a := author{Client: ClientID(NamedID("client", string(as))), User: as, At: d.now.Truncate(time.Millisecond)}
	n, err := d.counter(a.Client)
	if err != nil {
		return err
	}
	n.Through++
	op.N, op.At, a.N = n.Through, d.now, n.Through
	op.Raw = op.encode()
	a.digest = op.digest()
	v, err := d.apply(a, Client{ID: a.Client, User: a.User, Role: system}, op)
	if err != nil {
		return err
	}
	if !v.Status.Took() {
		return &RefusedError{As: as, Code: v.Code, Detail: v.Detail}
	}
	d.setCounter(a.Client, n)
	return nil
}
