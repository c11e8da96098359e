package mobileapi

import (
	deltasync "alongside/sync"
)

// audience is what a live connection is told about: the principal through which it sees people's scopes, or a scope that
// its user sees for what it is.
type audience string

type audiences map[audience]struct{}

// everyone sees the directory.
const everyone = audience(deltasync.Directory)

// audiencesOf are those of a client (PROTOCOL §3).
func audiencesOf(c deltasync.Client) []audience {
	all := []audience{everyone, audience(deltasync.TeamOf(c.Team)), audience(deltasync.UserOf(c.User))}
	if c.Role == deltasync.Coordinator {
		all = append(all, audience(deltasync.CoordinationOf(c.Team)))
	}
	for _, p := range c.Principals() {
		all = append(all, audience(p))
	}
	return all
}

// of adds those who may see something of what an entry changed. What follows from an op stands in entries of its own,
// but for the record through which coordinators see one that did not take effect.
func (who audiences) of(tx deltasync.Tx, e deltasync.Entry) error {
	switch {
	case e.Type == deltasync.EntryEpoch:
		who[everyone] = struct{}{}
	case e.Type == deltasync.EntryLost:
		return who.lost(tx, e.Version)
	case e.Grant != nil:
		who[audience(e.Grant.Principal)] = struct{}{}
	case e.Op == nil || e.Op.As != 0: // an op known from another client changes nothing again
	case e.Op.Status.Took():
		return who.seers(tx, e.Op.Scope)
	default:
		return who.settlers(tx, e.Op)
	}
	return nil
}

// seers adds whoever sees a scope now. Who sees it no more has been told by the end of the access.
func (who audiences) seers(tx deltasync.Tx, s deltasync.Scope) error {
	if s.Family() != deltasync.PersonScope {
		who[audience(s)] = struct{}{}
		return nil
	}
	acc, err := tx.Access(s)
	for _, g := range acc.Grants {
		who[audience(g.Principal)] = struct{}{}
	}
	return err
}

// settlers adds the coordinators who see an op that did not take effect: of the person's team, else of the author's.
func (who audiences) settlers(tx deltasync.Tx, op *deltasync.OpEntry) error {
	author, _, err := tx.User(op.User)
	if err != nil {
		return err
	}
	team := author.Team
	if op.Scope.Family() == deltasync.PersonScope {
		acc, err := tx.Access(op.Scope)
		if err != nil {
			return err
		}
		if acc.Exists {
			team = acc.Team
		}
	}
	who[audience(deltasync.CoordinationOf(team))] = struct{}{}
	return nil
}

// lost adds the coordinators who see that a client declared ops gone.
func (who audiences) lost(tx deltasync.Tx, v deltasync.Version) error {
	var held deltasync.RecordID
	err := tx.HeldOps("", func(h deltasync.HeldOp) bool {
		if h.Entry == v {
			held = h.Held
		}
		return held == ""
	})
	if err != nil || held == "" {
		return err
	}
	rec, err := tx.Record(held)
	if err == nil && rec != nil {
		who[audience(rec.Scope)] = struct{}{}
	}
	return err
}
