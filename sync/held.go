package deltasync

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// keep stores an op that does not take effect, with its payload, and opens it to a coordinator (PROTOCOL §5.6).
func (d *draft) keep(a author, op *Op, v verdict, wellFormed bool) error {
	kept := *op
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
	entry := d.append(Entry{Type: EntryOp, Op: a.entry(&kept, v)})
	payload := json.RawMessage(AppendString(nil, string(op.Raw)))
	if wellFormed {
		payload = canonical(op.Raw)
	}
	return d.open(HeldOp{Scope: kept.Scope, Record: kept.Record, Client: a.Client, N: a.N, User: a.User, Status: v.Status,
		Entry: entry}, a, v, payload)
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
		"client": AppendString(nil, string(a.Client)),
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
		if h.Entry == v && h.Held == rec.ID {
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
	inner, err := ParseOp(e.Op.Raw)
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
	v, err := d.fork().apply(accepted(e, by), by, inner)
	if err != nil {
		return nil, err
	}
	if !v.Status.Took() {
		return fault("settle_refused", "It cannot be let in ("+v.Code+"): "+v.Detail), nil
	}
	return nil, nil
}

// accepted is the author of a held op that a coordinator lets in: all is as it was, but for who let it in.
func accepted(e Entry, by Client) author {
	return author{Client: e.Op.Client, User: e.Op.User, N: e.Op.N, At: e.Op.At, digest: e.Op.Digest,
		settles: e.Version, acceptedBy: by.User}
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
		inner, err := ParseOp(e.Op.Raw)
		if err != nil {
			return err
		}
		v, err := d.apply(accepted(e, by), by, inner)
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
	return RecordID(derivedID(d.tx, "held", string(c), strconv.FormatUint(n, 10), string(team)))
}

// lost records that a client has declared ops gone, where a coordinator sees it.
func (d *draft) lost(c Client, from, below uint64) error {
	fact := append(AppendString([]byte(`{"client":`), string(c.ID)), `,"from":`...)
	fact = strconv.AppendUint(fact, from, 10)
	fact = append(fact, `,"below":`...)
	fact = append(strconv.AppendUint(fact, below, 10), '}')
	v := d.append(Entry{Type: EntryLost, Fact: fact})
	a := author{Client: c.ID, User: c.User, N: from, At: d.now, Team: c.Team}
	why := verdict{Status: Held, Code: "lost_ops", Detail: "After a restore this device no longer had these entries. Ask its user what is missing."}
	return d.open(HeldOp{Client: c.ID, N: from, User: c.User, Status: Held, Entry: v}, a, why, fact)
}
