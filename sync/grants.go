package deltasync

import (
	"encoding/json"
	"slices"
	"time"
)

// sees reports whether the client may see a scope now. Writers inside the server see all.
func (d *draft) sees(c Client, s Scope) (bool, error) {
	if c.Role == system || s.Family() != PersonScope {
		return c.Role == system || slices.Contains(c.own(), s), nil
	}
	a, err := d.accessTo(s)
	if err != nil {
		return false, err
	}
	return a.generation(c) != 0, nil
}

// generation is where the client's present access to a person's scope began; 0: it has none.
func (a *Access) generation(c Client) Version {
	for _, p := range c.Principals() {
		for _, g := range a.Grants {
			if g.Principal == p {
				return g.Gen
			}
		}
	}
	return 0
}

func (a Access) clone() Access {
	a.Assignments = slices.Clone(a.Assignments)
	a.Grants = slices.Clone(a.Grants)
	return a
}

// mayCreatePerson reports whether the op makes a person that does not exist, by somebody who may.
func (d *draft) mayCreatePerson(by Client, op *Op, rec *Record) (bool, error) {
	if op.Kind != KindPerson || op.Base != 0 || op.Delete || rec != nil || by.Role != Worker && by.Role != Coordinator {
		return false, nil
	}
	a, err := d.accessTo(op.Scope)
	return err == nil && !a.Exists, err
}

// personChanged gives a new person a team and, where a worker made it, the first assignment; and follows a change of
// team.
func (d *draft) personChanged(a author, by Client, op *Op, creates bool) error {
	acc, err := d.accessTo(op.Scope)
	if err != nil {
		return err
	}
	made := !acc.Exists
	acc.Exists = true
	rec, err := d.record(op.Record)
	if err != nil {
		return err
	}
	if creates && !rec.has("team") {
		acc.Team = by.Team
		if err := d.system("system/casework", d.own(op, "team", KindPerson, op.Record, map[string]string{"team": string(by.Team)})); err != nil {
			return err
		}
	}
	if creates {
		worker, ok, err := d.tx.User(a.User)
		if err != nil {
			return err
		}
		if ok && worker.Role == Worker {
			id := FirstAssignment(d.tx, op.Scope, a.User)
			if err := d.system("system/casework", d.own(op, "assignment", KindAssignment, id, map[string]string{"worker": string(a.User), "part": "lead"})); err != nil {
				return err
			}
		}
	}
	team := TeamID(rec.Text("team"))
	if !made && team == acc.Team {
		return nil
	}
	acc.Team = team
	if err := d.regrant(op.Scope); err != nil {
		return err
	}
	return d.moveHeld(op.Scope, team)
}

// own is an op of the server's that follows from another. The same cause gives the same id.
func (d *draft) own(cause *Op, what, kind string, id RecordID, set map[string]string) *Op {
	op := &Op{ID: OpID(NamedID(what, string(cause.ID), string(id))), Scope: cause.Scope, Kind: kind, Record: id,
		Base: d.next() - 1, Set: map[string]json.RawMessage{}}
	for name, text := range set {
		op.Set[name] = AppendString(nil, text)
	}
	return op
}

// assignmentChanged reads the assignment restrictively (PROTOCOL §8.4) and follows it.
func (d *draft) assignmentChanged(op *Op) error {
	rec, err := d.record(op.Record)
	if err != nil {
		return err
	}
	acc, err := d.accessTo(op.Scope)
	if err != nil {
		return err
	}
	acc.assign(rec)
	return d.regrant(op.Scope)
}

// assign takes in what an assignment says now.
func (a *Access) assign(rec *Record) {
	as := Assignment{ID: rec.ID, Worker: UserID(rec.Text("worker")), Ended: rec.Gone || len(rec.Deletes) > 0}
	for _, raw := range rec.Values("from") {
		if t := timeOf(raw); t.After(as.From) {
			as.From = t
		}
	}
	for _, raw := range rec.Values("until") {
		if t := timeOf(raw); !t.IsZero() && (as.Until.IsZero() || t.Before(as.Until)) {
			as.Until = t
		}
	}
	if i := slices.IndexFunc(a.Assignments, func(x Assignment) bool { return x.ID == as.ID }); i >= 0 {
		a.Assignments[i] = as
	} else {
		a.Assignments = append(a.Assignments, as)
	}
}

// timeOf reads a time, within the years that RFC 3339 can write in UTC. Zero: there is none.
func timeOf(raw json.RawMessage) time.Time {
	t, err := time.Parse(time.RFC3339, textOf(raw))
	if t = t.UTC(); err != nil {
		return time.Time{}
	}
	if first := time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC); t.Before(first) {
		return first
	}
	if last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC); t.After(last) {
		return last
	}
	return t
}

// regrant works out who sees a person's scope now, writes each start and end into the log, and remembers when it
// changes next.
func (d *draft) regrant(s Scope) error {
	acc, err := d.accessTo(s)
	if err != nil {
		return err
	}
	d.changes(s)
	want, next := acc.due(d.now)
	acc.Next = next
	kept := acc.Grants[:0]
	for _, g := range acc.Grants {
		if want[g.Principal] {
			kept = append(kept, g)
			delete(want, g.Principal)
			continue
		}
		d.append(Entry{Type: EntryGrant, Grant: &Grant{Version: d.next(), Principal: g.Principal, Scope: s, Gen: g.Gen, End: true}})
	}
	acc.Grants = kept
	for _, p := range sortedKeys(want) {
		v := d.next()
		d.append(Entry{Type: EntryGrant, Grant: &Grant{Version: v, Principal: p, Scope: s, Gen: v}})
		acc.Grants = append(acc.Grants, Granted{Principal: p, Gen: v})
	}
	return nil
}

// due is who is to see the scope at a moment, and when that next changes by the calendar; zero: it does not.
func (a *Access) due(now time.Time) (want map[Principal]bool, next time.Time) {
	want = map[Principal]bool{}
	if a.Team != "" {
		want[coordinatorsPrincipal(a.Team)] = true
	}
	for _, as := range a.Assignments {
		if as.Ended || as.Worker == "" || !as.Until.IsZero() && !as.Until.After(now) {
			continue
		}
		at := as.Until
		if as.From.After(now) {
			at = as.From
		} else {
			want[userPrincipal(as.Worker)] = true
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return want, next
}
