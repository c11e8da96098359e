package deltasync

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// keep stores an op that does not take effect, with its payload, and opens it to a coordinator (PROTOCOL §5.6).
func (d *draft) keep(a author, op *parsed, v verdict) error {
	kept := op.Op
	if !kept.Scope.Valid() {
		kept.Scope = ""
	}
	if !ValidUUID(string(kept.Record)) {
		kept.Record = ""
	}
	if !ValidUUID(kept.Group) {
		kept.Group = ""
	}
	if len(kept.Kind) > maxWord {
		kept.Kind = ""
	}
	if a.envelope != nil {
		kept.Raw, kept.Group = a.envelope.around(op.Raw), "" // what it took effect together with may still come
	}
	e := Entry{Type: EntryOp, Op: a.entry(&kept, v)}
	if v.Code == erasedFault().Code {
		e.At = d.now
		d.append(e.Emptied())
		return nil
	}
	entry := d.append(e)
	return d.open(HeldOp{Scope: kept.Scope, Record: kept.Record, Client: a.Client, N: a.N, User: a.User, Status: v.Status,
		Entry: entry}, a, v, op.payload())
}

// payload is what a coordinator gets to see of an op: the op itself, or where its form is wrong, a text.
func (p *parsed) payload() json.RawMessage {
	if p.fault != nil {
		return AppendString(nil, string(p.Raw))
	}
	return canonical(p.Raw)
}

// open makes the record through which a coordinator sees an op that did not take effect.
func (d *draft) open(h HeldOp, a author, v verdict, payload json.RawMessage) error {
	team := a.Team
	if h.Scope.Family() == PersonScope {
		acc, err := d.accessTo(h.Scope)
		if err != nil {
			return err
		}
		if acc.Exists {
			team = acc.Team
		}
	}
	if team == "" {
		return nil // a writer inside the server: its caller has the error
	}
	h.Held, h.Open = d.heldID(a.Client, a.N, team), true
	rec := &Record{Scope: CoordinationOf(team), Kind: KindHeld, ID: h.Held, Made: "system/sync", Log: h.Entry}
	set := map[string]json.RawMessage{
		"client": AppendString(nil, string(a.shown(v.Code))),
		"user":   AppendString(nil, string(a.User)),
		"op":     payload,
		"status": AppendString(nil, string(v.Status)),
		"reason": AppendString(nil, v.Code),
		"detail": AppendString(nil, v.Detail),
		"at":     AppendTime(nil, a.At),
		"entry":  strconv.AppendUint(nil, uint64(h.Entry), 10),
	}
	rec.Merge(d.engine.Kinds[KindHeld], &Op{Set: set}, Origin{Version: h.Entry, Client: "system/sync", N: uint64(h.Entry),
		User: "system/sync", At: d.now})
	d.put(rec)
	d.held = append(d.held, h)
	return nil
}

// heldBy finds what a record of kind held stands for.
func (d *draft) heldBy(rec *Record) (HeldOp, Entry, error) {
	h, e, err := d.heldFor(rec)
	if h.Held != rec.ID {
		h = HeldOp{} // it has moved on
	}
	return h, e, err
}

// heldFor finds the held op whose entry the record names, whichever record stands for it now.
func (d *draft) heldFor(rec *Record) (HeldOp, Entry, error) {
	var v Version
	if raw := rec.Values("entry"); len(raw) > 0 {
		n, _ := strconv.ParseUint(string(raw[0]), 10, 64)
		v = Version(n)
	}
	if v == 0 {
		return HeldOp{}, Entry{}, nil
	}
	e, err := d.tx.Entry(v)
	if err != nil {
		return HeldOp{}, e, err
	}
	var scope Scope
	var record RecordID
	if e.Op != nil {
		scope, record = e.Op.Scope, e.Op.Record
	}
	var found HeldOp
	err = d.heldOf(scope, record, func(h HeldOp) bool {
		if h.Entry == v {
			found = h
		}
		return found.Held == ""
	})
	return found, e, err
}

// maySettle says what speaks against settling a held op as the coordinator asks. Where it is to be let in, all
// that speaks against the op itself does too, so that a settlement is never half done.
func (d *draft) maySettle(by Client, op *Op, rec *Record) (*Fault, error) {
	if rec == nil || op.Set["settled"] == nil || by.Role == system {
		return nil, nil
	}
	if now := rec.Text("settled"); now == "accepted" || now != "" && op.Base < rec.Version {
		return fault("settled_already", "Somebody has settled this already. Look at it again."), nil
	}
	verb := textOf(op.Set["settled"])
	if verb != "accepted" && verb != "set_aside" {
		return fault("settle_refused", "An entry is accepted or set_aside."), nil
	}
	if verb != "accepted" {
		return nil, nil
	}
	h, e, err := d.heldBy(rec)
	if err != nil {
		return nil, err
	}
	if e.Op == nil || h.Held == "" {
		return fault("settle_refused", "There is no entry here that can be let in. Set it aside instead."), nil
	}
	inner, err := ParseOp(e.Op.Payload())
	if err != nil {
		return fault("settle_refused", "The entry cannot be read. Enter it again by hand, and set this one aside."), nil
	}
	if k := d.engine.Kinds[inner.Kind]; k != nil && k.Write == Server {
		return fault("settle_refused", "Only the server writes such an entry. Set it aside."), nil
	}
	earlier := false
	err = d.heldOf(h.Scope, h.Record, func(o HeldOp) bool {
		earlier = o.Open && o.Client == h.Client && o.N < h.N
		return !earlier
	})
	if err != nil {
		return nil, err
	}
	if earlier {
		return fault("settle_earlier", "An earlier entry about the same record waits too. Settle that one first."), nil
	}
	v, err := d.fork().apply(accepted(e, inner, by), by, inner)
	if err != nil {
		return nil, err
	}
	if !v.Status.Took() {
		return fault("settle_refused", "It cannot be let in ("+v.Code+"): "+v.Detail), nil
	}
	return nil, nil
}

// accepted is the author of a held op that a coordinator lets in: all is as it was, but for who let it in.
func accepted(e Entry, op *Op, by Client) author {
	a := author{Client: e.Op.Client, User: e.Op.User, N: e.Op.N, At: e.Op.At, digest: e.Op.Digest,
		settles: e.Version, acceptedBy: by.User}
	return a.opened(e.Op, op)
}

// settled follows a coordinator's decision about a held op: lets it in, or not, and tells its author that there is
// something to see.
func (d *draft) settled(by Client, op *Op) error {
	rec, err := d.record(op.Record)
	if err != nil {
		return err
	}
	verb := textOf(op.Set["settled"])
	if verb != "accepted" && verb != "set_aside" {
		return nil
	}
	h, e, err := d.heldBy(rec)
	if err != nil || h.Held == "" {
		return err
	}
	h.Open = false
	d.held = append(d.held, h)
	if e.Op == nil {
		return nil
	}
	if verb == "accepted" {
		inner, err := ParseOp(e.Op.Payload())
		if err != nil {
			return err
		}
		v, err := d.apply(accepted(e, inner, by), by, inner)
		if err != nil {
			return err
		}
		if !v.Status.Took() {
			return fmt.Errorf("letting in entry %d: %s", e.Version, v.Code)
		}
	}
	if _, ok, err := d.tx.User(e.Op.User); err != nil || !ok {
		return err
	}
	id := RecordID(derivedID(d.tx, "notice", string(h.Held), verb))
	notice := d.own(op, "notice", KindNotice, id, map[string]string{"about": verb, "op": string(e.Op.ID), "at": d.now.Format(TimeFormat)})
	notice.Scope = UserOf(e.Op.User)
	return d.system("system/sync", notice)
}

// moveHeld brings what was held or rejected for a person to the coordinators of the team that the person is in now. Its
// payload leaves those of the former team, as the person's records do.
func (d *draft) moveHeld(s Scope, team TeamID) error {
	var all []HeldOp
	err := d.heldOps(s, func(h HeldOp) bool {
		all = append(all, h)
		return true
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b HeldOp) int { return cmp.Compare(a.Entry, b.Entry) })
	for _, h := range all {
		there, err := d.record(h.Held)
		if err != nil {
			return err
		}
		if there.Scope == CoordinationOf(team) {
			continue
		}
		here := &Op{Scope: CoordinationOf(team), Kind: KindHeld, Record: d.heldID(h.Client, h.N, team), Set: map[string]json.RawMessage{}}
		for _, name := range heldFields {
			here.Set[name] = json.RawMessage("null")
			if raw := there.Values(name); len(raw) > 0 && raw[0] != nil {
				here.Set[name] = raw[0]
			}
		}
		away := &Op{Scope: there.Scope, Kind: KindHeld, Record: there.ID,
			Set: map[string]json.RawMessage{"settled": json.RawMessage(`"moved"`), "op": json.RawMessage("null")}}
		for _, op := range []*Op{away, here} {
			op.Base = d.next() - 1
			op.ID = OpID(NamedID("moved", string(op.Record), strconv.FormatUint(uint64(d.next()), 10)))
			if err := d.system("system/sync", op); err != nil {
				return err
			}
		}
		h.Held = here.Record
		d.held = append(d.held, h)
	}
	return nil
}

// heldFields are those of a record of kind held, which goes along when a person moves.
var heldFields = []string{"client", "user", "op", "status", "reason", "detail", "at", "entry", "settled", "settled_reason"}

func (d *draft) heldID(c ClientID, n uint64, team TeamID) RecordID {
	return heldID(d.tx.Secret(), c, n, team)
}

func heldID(secret []byte, c ClientID, n uint64, team TeamID) RecordID {
	return RecordID(keyedID(secret, "held", string(c), strconv.FormatUint(n, 10), string(team)))
}

// lostOps is the fact of an entry of type lost: all of a client's ops from From on and below Below are gone.
type lostOps struct {
	Client ClientID `json:"client"`
	User   UserID   `json:"user"`
	From   uint64   `json:"from"`
	Below  uint64   `json:"below"`
}

// lost records that a client has declared ops gone, where a coordinator sees it.
func (d *draft) lost(c Client, from, below uint64) error {
	fact, err := json.Marshal(lostOps{c.ID, c.User, from, below})
	if err != nil {
		return err
	}
	e := Entry{Type: EntryLost, Fact: fact}
	e.Version = d.append(e)
	return d.openLost(author{Client: c.ID, User: c.User, N: from, Team: c.Team}, e)
}

func (d *draft) openLost(a author, e Entry) error {
	a.At = d.now
	why := verdict{Status: Held, Code: "lost_ops", Detail: "After a restore this device no longer had these entries. Ask its user what is missing."}
	return d.open(HeldOp{Client: a.Client, N: a.N, User: a.User, Status: Held, Entry: e.Version}, a, why, e.Fact)
}
