package boltstore

import (
	"encoding/json"

	deltasync "alongside/sync"
)

// log verifies that the log has no gaps but where an epoch begins, that it ends at the head, that whatever it refers to
// is there, and that each op is found by its number, id and group. It gathers what other tables are held against.
func (c *checker) log() {
	c.ops = map[deltasync.ClientID]*tally{}
	c.inForce = map[grantee]deltasync.Version{}
	c.facts = map[string]deltasync.Version{}
	var before, epoch deltasync.Version
	var epochID string
	c.each(inLog, func(k, value []byte) {
		v, ok := versionOf(k)
		if !ok {
			c.fault(inLog, "there is a key that is no version")
			return
		}
		e, err := readEntry(v, value)
		if err != nil {
			c.fault(inLog, "%v", err)
			before = v
			return
		}
		switch {
		case e.Type == deltasync.EntryEpoch:
			epoch, epochID = v, ""
			if json.Unmarshal(e.Fact, &epochID) != nil || epochID == "" {
				c.fault(inLog, "entry %d begins an epoch without an id", v)
			}
			if v%(1<<24) != 0 {
				c.fault(inLog, "entry %d begins an epoch where none can begin", v)
			}
		case v != before+1:
			c.fault(inLog, "there is a gap between %d and %d", before, v)
		}
		before = v
		c.logged(e)
	})
	if before != c.st.head {
		c.fault(inLog, "it ends at %d, and should end at %d", before, c.st.head)
	}
	if epoch != c.st.epoch.First || epochID != c.st.epoch.ID {
		c.fault(inLog, "the last epoch in it began at %d, and should have at %d", epoch, c.st.epoch.First)
	}
}

func (c *checker) logged(e deltasync.Entry) {
	if (e.Type == deltasync.EntryOp) != (e.Op != nil) || (e.Type == deltasync.EntryGrant) != (e.Grant != nil) {
		c.fault(inLog, "entry %d does not hold what its type says", e.Version)
		return
	}
	switch e.Type {
	case deltasync.EntryOp:
		c.op(e.Version, e.Op)
	case deltasync.EntryGrant:
		c.grant(e.Grant)
	case deltasync.EntryLost:
		var lost struct {
			Client      deltasync.ClientID
			From, Below uint64
		}
		if json.Unmarshal(e.Fact, &lost) != nil || lost.From == 0 || lost.Below <= lost.From {
			c.fault(inLog, "entry %d declares ops lost, but not which", e.Version)
			return
		}
		c.ran(lost.Client, lost.Below-1, lost.Below-lost.From)
	case entryBackup:
		c.backup = e.Version
		if _, ok := readBackup(e); !ok {
			c.fault(inLog, "entry %d tells of a backup, but not of which", e.Version)
		}
	default:
		if t, ok := authTables[e.Type]; ok {
			var row map[string]json.RawMessage
			var id string
			if json.Unmarshal(e.Fact, &row) != nil || json.Unmarshal(row[t.id], &id) != nil {
				c.fault(inLog, "entry %d is a %s without an id", e.Version, e.Type)
				return
			}
			c.facts[bucketNames[t.table]+string(appendText(nil, id))] = e.Version
		}
	}
}

// ran notes that a client's numbers go up to last, of which this many are accounted for now.
func (c *checker) ran(client deltasync.ClientID, last, count uint64) {
	t := c.ops[client]
	if t == nil {
		t = &tally{}
		c.ops[client] = t
	}
	t.highest = max(t.highest, last)
	t.count += count
}

func (c *checker) op(v deltasync.Version, op *deltasync.OpEntry) {
	if op.Prev != 0 {
		if p, ok := c.entry(op.Prev); op.Prev >= v || !ok || !about(p, op) {
			c.fault(inLog, "entry %d follows %d, which is no earlier entry about its record", v, op.Prev)
		}
	}
	if op.As != 0 {
		if p, ok := c.entry(op.As); op.As >= v || !ok || p.Op == nil || p.Op.ID != op.ID {
			c.fault(inLog, "entry %d repeats %d, which is no earlier entry of the same op", v, op.As)
		}
	}
	if op.Settles != 0 {
		if p, ok := c.entry(op.Settles); op.Settles >= v || !ok || p.Op == nil || p.Op.ID != op.ID || p.Op.Status.Took() {
			c.fault(inLog, "entry %d lets in %d, which is no op that was held", v, op.Settles)
		}
		return
	}
	c.ran(op.Client, op.N, 1)
	tx := &Tx{st: c.st}
	if found, err := tx.OpByNumber(op.Client, op.N); err == nil && found != v {
		c.fault(inLog, "entry %d is op %d of client %s, by which %d is found", v, op.N, op.Client, found)
	}
	if op.ID != "" {
		if found, err := tx.OpByID(op.User, op.ID); err == nil && (found == 0 || found > v) {
			c.fault(inLog, "entry %d is op %s, by which %d is found", v, op.ID, found)
		}
	}
	if op.Group != "" {
		if used, err := tx.GroupUsed(op.User, op.Group); err == nil && !used {
			c.fault(inLog, "entry %d is of a group that counts as not used", v)
		}
	}
}

// about reports whether an entry belongs to the history of an op's record. That of what waits for a coordinator begins
// with the entry that it stands for.
func about(e deltasync.Entry, op *deltasync.OpEntry) bool {
	switch {
	case e.Op != nil && e.Op.Record == op.Record:
		return true
	case op.Kind != deltasync.KindHeld:
		return false
	}
	return e.Type == deltasync.EntryLost || e.Op != nil && !e.Op.Status.Took()
}

func (c *checker) grant(g *deltasync.Grant) {
	who := grantee{g.Principal, g.Scope}
	switch gen, in := c.inForce[who]; {
	case !g.End && in:
		c.fault(inLog, "entry %d grants %s to %s, who has it", g.Version, g.Scope, g.Principal)
	case !g.End && g.Gen != g.Version:
		c.fault(inLog, "entry %d grants %s to %s from %d on instead of itself", g.Version, g.Scope, g.Principal, g.Gen)
	case g.End && (!in || gen != g.Gen):
		c.fault(inLog, "entry %d ends a grant of %s to %s that is not in force", g.Version, g.Scope, g.Principal)
	}
	if g.End {
		delete(c.inForce, who)
	} else {
		c.inForce[who] = g.Gen
	}
	value, ok := c.find(inGrantLog, grantLogKey(g.Principal, g.Version))
	if !ok {
		c.fault(inGrantLog, "the grant of entry %d is missing", g.Version)
		return
	}
	if row, err := readGrant(grantLogKey(g.Principal, g.Version), value); err != nil || row != *g {
		c.fault(inGrantLog, "the grant of entry %d is not as the log says", g.Version)
	}
}

// grantLog verifies that it holds nothing that the log does not; that it holds all is log's.
func (c *checker) grantLog() {
	c.each(inGrantLog, func(k, value []byte) {
		g, err := readGrant(k, value)
		if err != nil {
			c.fault(inGrantLog, "a row cannot be read")
			return
		}
		if e, ok := c.entry(g.Version); !ok || e.Grant == nil || e.Grant.Principal != g.Principal {
			c.fault(inGrantLog, "there is a grant at %d that the log does not have", g.Version)
		}
	})
}
