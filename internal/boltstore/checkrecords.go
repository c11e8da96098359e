package boltstore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"

	deltasync "alongside/sync"
)

// numbers verifies that names and their numbers lead to each other, and gathers the scopes.
func (c *checker) numbers() {
	c.scopes = map[uint32]*counted{}
	var last uint32
	if row, ok := c.find(inMeta, metaNumbers); ok && len(row) == 4 {
		last = binary.BigEndian.Uint32(row)
	}
	c.each(inNumbers, func(k, value []byte) {
		if len(value) != 4 || len(k) < 2 {
			c.fault(inNumbers, "a row cannot be read")
			return
		}
		n := binary.BigEndian.Uint32(value)
		if name, ok := c.find(inNames, value); !ok || !bytes.Equal(name, k) {
			c.fault(inNumbers, "number %d stands for something else", n)
		}
		if n > last {
			c.fault(inNumbers, "number %d has not been given", n)
		}
		if k[0] == ofScope {
			c.scopes[n] = &counted{scope: deltasync.Scope(textIn(k[1:]))}
		}
	})
	c.each(inNames, func(k, value []byte) {
		if number, ok := c.find(inNumbers, value); !ok || !bytes.Equal(number, k) {
			c.fault(inNames, "a name has another number")
		}
	})
}

// records verifies each record: that it reads, gives the same wire body again, is found by its id, and has its entries.
func (c *checker) records() {
	c.each(inRecords, func(k, value []byte) {
		number, v, ok := splitRecordKey(k)
		if !ok {
			c.fault(inRecords, "there is a key that is no place")
			return
		}
		scope := c.scopes[number]
		if scope == nil {
			c.fault(inRecords, "the record at %d belongs to a scope that nothing names", v)
			scope = &counted{}
		}
		r, err := readRecord(scope.scope, v, value)
		if err != nil {
			c.fault(inRecords, "%v", err)
			return
		}
		scope.head.Latest = v
		if !r.Gone {
			scope.head.Sum.Add(r.ID, v)
		}
		row, _ := splitRecord(value)
		if !bytes.Equal(r.AppendBody(nil), row.wire) || !r.Gone && !json.Valid(append(append([]byte{'{'}, row.wire...), '}')) {
			c.fault(inRecords, "record %s at %d has a body that is not what its values make", r.ID, v)
		}
		if place, ok := c.find(inWhere, appendText(nil, string(r.ID))); !ok || !bytes.Equal(place, k) {
			c.fault(inRecords, "record %s at %d is not found by its id", r.ID, v)
		}
		if _, ok := c.entry(v); !ok {
			c.fault(inRecords, "record %s stands at %d, where the log has no entry", r.ID, v)
		}
		// What waits for a coordinator stands for an entry about another record.
		e, ok := c.entry(r.Log)
		if !ok || e.Op == nil && r.Kind != deltasync.KindHeld || e.Op != nil && e.Op.Record != r.ID && r.Kind != deltasync.KindHeld {
			c.fault(inRecords, "record %s at %d has its history at %d, where the log has no entry about it", r.ID, v, r.Log)
		}
	})
	for n, s := range c.scopes {
		if a, err := c.st.access(s.scope); s.head.Latest == 0 && (err != nil || !a.Erased) {
			c.fault(inNumbers, "scope %s (number %d) has no records", s.scope, n)
		}
	}
}

// where verifies that each id leads to its record.
func (c *checker) where() {
	c.each(inWhere, func(k, place []byte) {
		value, ok := c.find(inRecords, place)
		row, err := splitRecord(value)
		if !ok || err != nil || !bytes.Equal(row.id, k) {
			c.fault(inWhere, "record %s is not where it should be", textIn(k))
		}
	})
}

// heads verifies that memory adds each scope up as the rows do.
func (c *checker) heads() {
	if !c.live {
		return
	}
	for _, want := range c.scopes {
		got, counted, known := c.st.db.scopes.find(want.scope, c.st.txid())
		if known && !counted {
			continue // this check has been at it for two commits: a reader would count
		}
		if !known || got.head != want.head {
			c.fault(inRecords, "scope %s comes to %v, and memory says %v", want.scope, want.head, got.head)
		}
	}
}

// held verifies that what waits stands for an entry, and is seen as a record of a coordination scope.
func (c *checker) held() {
	c.each(inHeld, func(k, value []byte) {
		h, err := readHeld(k, value)
		if err != nil {
			c.fault(inHeld, "a row cannot be read")
			return
		}
		e, ok := c.entry(h.Entry)
		if !ok || e.Type != deltasync.EntryLost && (e.Op == nil || e.Op.Client != h.Client || e.Op.N != h.N || e.Op.Status.Took()) {
			c.fault(inHeld, "op %d of client %s was held by entry %d, which says otherwise", h.N, h.Client, h.Entry)
		}
		at, there, err := c.st.where(h.Held)
		if err == nil && (!there || c.scopes[at.scope] == nil || c.scopes[at.scope].scope.Family() != deltasync.CoordinationScope) {
			c.fault(inHeld, "op %d of client %s is held as record %s, which no coordinator sees", h.N, h.Client, h.Held)
		}
	})
}
