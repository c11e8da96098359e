package boltstore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"time"

	deltasync "alongside/sync"
)

// opIDs verifies that each id and group leads to its op.
func (c *checker) opIDs() {
	c.each(inOpIDs, func(k, value []byte) {
		v, ok := versionOf(value)
		if !ok || len(k) < 6 {
			c.fault(inOpIDs, "a row cannot be read")
			return
		}
		name := textIn(k[5:])
		e, ok := c.entry(v)
		if ok && e.Op != nil {
			user, err := c.st.number(ofUser, string(e.Op.User))
			ok = err == nil && user == binary.BigEndian.Uint32(k)
			ok = ok && (k[4] == byID && string(e.Op.ID) == name || k[4] == byGroup && e.Op.Group == name)
		}
		if !ok || e.Op == nil {
			c.fault(inOpIDs, "%s leads to entry %d, which is not of it", name, v)
		}
	})
}

// opNums verifies that each number leads to its op, and that no two rows hold the same.
func (c *checker) opNums() {
	var client uint32
	var last uint64
	var name string
	c.each(inOpNums, func(k, value []byte) {
		number, r, err := readRun(k, value)
		if err != nil {
			c.fault(inOpNums, "a row cannot be read")
			return
		}
		if number != client {
			client, last = number, 0
			if name, err = c.st.name(ofClient, number); err != nil {
				c.fault(inOpNums, "client %d has no name", number)
			}
		}
		if r.first <= last {
			c.fault(inOpNums, "op %d of client %s is in two rows", r.first, name)
		}
		last = r.last()
		for i, v := range r.versions {
			n := r.first + uint64(i)
			if e, ok := c.entry(v); !ok || e.Op == nil || string(e.Op.Client) != name || e.Op.N != n {
				c.fault(inOpNums, "op %d of client %s leads to entry %d, which is not it", n, name, v)
			}
		}
	})
}

// counters verifies that each client has come as far as its ops in the log, of which none is missing.
func (c *checker) counters() {
	seen := map[deltasync.ClientID]bool{}
	c.each(inCounters, func(k, value []byte) {
		client := deltasync.ClientID(textIn(k))
		seen[client] = true
		n, err := readCounter(value)
		if err != nil {
			c.fault(inCounters, "the row of client %s cannot be read", client)
			return
		}
		ops := c.ops[client]
		if ops == nil {
			ops = &tally{}
		}
		if n.Through != ops.highest {
			c.fault(inCounters, "client %s is at %d, and its ops in the log go up to %d", client, n.Through, ops.highest)
		}
		if ops.count != ops.highest {
			c.fault(inCounters, "of %d ops of client %s the log has %d", ops.highest, client, ops.count)
		}
		if n.Safe > n.Through {
			c.fault(inCounters, "client %s is safe up to %d, beyond %d", client, n.Safe, n.Through)
		}
	})
	for client := range c.ops {
		if !seen[client] {
			c.fault(inCounters, "client %s has ops and no counter", client)
		}
	}
}

// access verifies that who sees a scope is the same by its row, by principal, and by the log, and that what is due is
// waited for.
func (c *checker) access() {
	rows := map[grantee]deltasync.Version{}
	due := map[deltasync.Scope]time.Time{}
	c.each(inAccess, func(k, value []byte) {
		scope := deltasync.Scope(textIn(k))
		var a deltasync.Access
		if json.Unmarshal(value, &a) != nil {
			c.fault(inAccess, "the row of %s cannot be read", scope)
			return
		}
		for _, g := range a.Grants {
			rows[grantee{g.Principal, scope}] = g.Gen
		}
		if !a.Next.IsZero() {
			due[scope] = a.Next
		}
	})
	c.granted(inAccess, rows)
	granted := map[grantee]deltasync.Version{}
	c.each(inGrants, func(k, value []byte) {
		r := reader{b: k}
		p := deltasync.Principal(r.text())
		gen, ok := versionOf(value)
		if r.bad || !ok {
			c.fault(inGrants, "a row cannot be read")
			return
		}
		granted[grantee{p, deltasync.Scope(r.b)}] = gen
	})
	c.granted(inGrants, granted)
	c.each(inDue, func(k, _ []byte) {
		at, scope, ok := splitDueKey(k)
		if !ok || !due[scope].Equal(at) {
			c.fault(inDue, "scope %s is due at a time that its access does not say", scope)
			return
		}
		delete(due, scope)
	})
	for scope := range due {
		c.fault(inDue, "the next change of who sees %s is not waited for", scope)
	}
}

// granted holds grants against those that the log leaves in force.
func (c *checker) granted(b bucket, got map[grantee]deltasync.Version) {
	for who, gen := range c.inForce {
		if got[who] != gen {
			c.fault(b, "%s sees %s since %d by the log, and since %d here", who.principal, who.scope, gen, got[who])
		}
	}
	for who := range got {
		if _, ok := c.inForce[who]; !ok {
			c.fault(b, "%s sees %s here, and not by the log", who.principal, who.scope)
		}
	}
}

// backups verifies that the last backup is the one that the log last tells of.
func (c *checker) backups() {
	row, ok := c.find(inMeta, metaBackup)
	v, _ := versionOf(row)
	if !ok && c.backup != 0 || v != c.backup {
		c.fault(inMeta, "the last backup is told of by entry %d, and the log last tells of one in %d", v, c.backup)
	}
}

// rows verifies that users, clients, codes, families and keys are as the log last put them.
func (c *checker) rows() {
	for _, t := range authTables {
		c.each(t.table, func(k, value []byte) {
			name := bucketNames[t.table] + string(k)
			e, ok := c.entry(c.facts[name])
			if !ok || !bytes.Equal(e.Fact, value) {
				c.fault(t.table, "%s is not as the log says", textIn(k))
			}
			delete(c.facts, name)
		})
	}
	missing := make([]deltasync.Version, 0, len(c.facts))
	for _, v := range c.facts {
		missing = append(missing, v)
	}
	slices.Sort(missing)
	for _, v := range missing {
		c.fault(inLog, "what entry %d put is missing from its table", v)
	}
}
