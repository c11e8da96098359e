package boltstore

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	deltasync "alongside/sync"
)

const entryFormat = 1

var (
	entryTypes = []string{string(deltasync.EntryOp), string(deltasync.EntryGrant), string(deltasync.EntryEpoch), string(deltasync.EntryLost)}
	statuses   = []string{string(deltasync.Applied), string(deltasync.Conflict), string(deltasync.Held), string(deltasync.Rejected)}
)

// What an entry holds beside its type and time.
const (
	hasOp = 1 << iota
	hasGrant
	hasFact
)

// appendEntry writes an entry as the log keeps it: everything but its version, which is its key, and in itself, so that
// an entry can be read without any other row.
func appendEntry(b []byte, e *deltasync.Entry) []byte {
	var holds byte
	if e.Op != nil {
		holds |= hasOp
	}
	if e.Grant != nil {
		holds |= hasGrant
	}
	if e.Fact != nil {
		holds |= hasFact
	}
	b = append(b, entryFormat, holds)
	b = appendWord(b, entryTypes, string(e.Type))
	b = appendTime(b, e.At)
	if e.Op != nil {
		b = appendOp(b, e.Op)
	}
	if e.Grant != nil {
		b = appendText(b, string(e.Grant.Principal))
		b = appendText(b, string(e.Grant.Scope))
		b = binary.AppendUvarint(b, uint64(e.Grant.Gen))
		b = append(b, bit(e.Grant.End))
	}
	return append(b, e.Fact...)
}

// The parts of an op that most have not.
const (
	hasGroup = 1 << iota
	hasCode
	hasPrev
	hasAccepted
	hasSettles
	hasAs
	hasRaw
	isErased
)

func appendOp(b []byte, op *deltasync.OpEntry) []byte {
	var holds byte
	mark := func(is bool, flag byte) {
		if is {
			holds |= flag
		}
	}
	mark(op.Group != "", hasGroup)
	mark(op.Code != "" || op.Detail != "", hasCode)
	mark(op.Prev != 0, hasPrev)
	mark(op.AcceptedBy != "", hasAccepted)
	mark(op.Settles != 0, hasSettles)
	mark(op.As != 0, hasAs)
	mark(op.Raw != nil, hasRaw)
	mark(op.Erased, isErased)
	b = append(b, holds)
	b = appendText(b, string(op.Client))
	b = appendText(b, string(op.User))
	b = binary.AppendUvarint(b, op.N)
	b = appendText(b, string(op.ID))
	b = appendText(b, string(op.Scope))
	b = appendText(b, op.Kind)
	b = appendText(b, string(op.Record))
	b = appendTime(b, op.At)
	b = append(b, op.Digest[:]...)
	b = appendWord(b, statuses, string(op.Status))
	if op.Group != "" {
		b = appendText(b, op.Group)
	}
	if holds&hasCode != 0 {
		b = appendText(b, op.Code)
		b = appendText(b, op.Detail)
	}
	if op.Prev != 0 {
		b = binary.AppendUvarint(b, uint64(op.Prev))
	}
	if op.AcceptedBy != "" {
		b = appendText(b, string(op.AcceptedBy))
	}
	if op.Settles != 0 {
		b = binary.AppendUvarint(b, uint64(op.Settles))
	}
	if op.As != 0 {
		b = binary.AppendUvarint(b, uint64(op.As))
	}
	if op.Raw != nil {
		b = binary.AppendUvarint(b, uint64(len(op.Raw)))
		b = append(b, op.Raw...)
	}
	return b
}

func bit(is bool) byte {
	if is {
		return 1
	}
	return 0
}

// readEntry is the reverse of appendEntry. Raw and Fact alias the row.
func readEntry(v deltasync.Version, row []byte) (deltasync.Entry, error) {
	r := reader{b: row}
	if f := r.byte(); f != entryFormat && !r.bad {
		return deltasync.Entry{}, fmt.Errorf("log entry %d: unknown format %d", v, f)
	}
	holds := r.byte()
	e := deltasync.Entry{Version: v, Type: deltasync.EntryType(r.word(entryTypes)), At: r.time()}
	if holds&hasOp != 0 {
		e.Op = readOp(&r)
	}
	if holds&hasGrant != 0 {
		e.Grant = &deltasync.Grant{Version: v, Principal: deltasync.Principal(r.text()), Scope: deltasync.Scope(r.text()),
			Gen: deltasync.Version(r.uvarint()), End: r.byte() == 1}
	}
	if holds&hasFact != 0 && !r.bad {
		e.Fact = json.RawMessage(r.bytes(uint64(len(r.b))))
	}
	if r.err() != nil {
		return deltasync.Entry{}, fmt.Errorf("log entry %d: %w", v, errRow)
	}
	return e, nil
}

func readOp(r *reader) *deltasync.OpEntry {
	holds := r.byte()
	op := &deltasync.OpEntry{
		Client: deltasync.ClientID(r.text()),
		User:   deltasync.UserID(r.text()),
		N:      r.uvarint(),
		ID:     deltasync.OpID(r.text()),
		Scope:  deltasync.Scope(r.text()),
		Kind:   r.text(),
		Record: deltasync.RecordID(r.text()),
		At:     r.time(),
	}
	copy(op.Digest[:], r.bytes(uint64(len(op.Digest))))
	op.Status = deltasync.Status(r.word(statuses))
	op.Erased = holds&isErased != 0
	if holds&hasGroup != 0 {
		op.Group = r.text()
	}
	if holds&hasCode != 0 {
		op.Code = r.text()
		op.Detail = r.text()
	}
	if holds&hasPrev != 0 {
		op.Prev = deltasync.Version(r.uvarint())
	}
	if holds&hasAccepted != 0 {
		op.AcceptedBy = deltasync.UserID(r.text())
	}
	if holds&hasSettles != 0 {
		op.Settles = deltasync.Version(r.uvarint())
	}
	if holds&hasAs != 0 {
		op.As = deltasync.Version(r.uvarint())
	}
	if holds&hasRaw != 0 {
		op.Raw = r.bytes(r.uvarint())
	}
	return op
}
