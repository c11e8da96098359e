package boltstore

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	deltasync "alongside/sync"
)

// recordRow is a record's row with only its head read.
type recordRow struct {
	gone bool
	kind []byte // packed
	id   []byte // packed
	meta []byte
	wire []byte // the wire body
}

func splitRecord(row []byte) (recordRow, error) {
	r := reader{b: row}
	if f := r.byte(); f != recordFormat && !r.bad {
		return recordRow{}, fmt.Errorf("unknown format %d of a record", f)
	}
	flags := r.byte()
	out := recordRow{gone: flags&isGone != 0, kind: r.skipText(), id: r.skipText()}
	out.meta = r.bytes(r.uvarint())
	if r.bad || flags&^isGone != 0 {
		return recordRow{}, errRow
	}
	out.wire = r.bytes(uint64(len(r.b)))
	return out, nil
}

func textIn(packed []byte) string {
	r := reader{b: packed}
	return r.text()
}

// readRecord is the reverse of appendRecord. Values alias the row.
func readRecord(scope deltasync.Scope, version deltasync.Version, row []byte) (*deltasync.Record, error) {
	head, err := splitRecord(row)
	if err != nil {
		return nil, fmt.Errorf("record at %d: %w", version, err)
	}
	rr := recordReader{reader: reader{b: head.meta}, r: &deltasync.Record{
		Scope: scope, Version: version, Kind: textIn(head.kind), ID: deltasync.RecordID(textIn(head.id)), Gone: head.gone,
	}}
	if !head.gone {
		var ok bool
		if rr.body, ok = readBody(head.wire); !ok {
			return nil, fmt.Errorf("record at %d: its body: %w", version, errRow)
		}
	} else if len(head.wire) > 0 {
		return nil, fmt.Errorf("record at %d: it is gone and has a body: %w", version, errRow)
	}
	rr.meta()
	if err := rr.err(); err != nil {
		return nil, fmt.Errorf("record at %d: %w", version, err)
	}
	return rr.r, nil
}

type recordReader struct {
	reader
	r       *deltasync.Record
	body    body
	claimed []bool // fields of the body that are more than a value of the usual origin
	table   []deltasync.Origin
	usual   deltasync.Origin
}

func (rr *recordReader) meta() {
	r := rr.r
	rr.claimed = make([]bool, len(rr.body.fields))
	flags := rr.byte()
	r.User, r.At = deltasync.UserID(rr.body.user), rr.body.at
	if flags&userInside != 0 {
		r.User = deltasync.UserID(rr.text())
	}
	if flags&timeInside != 0 {
		r.At = rr.time()
	}
	r.Made = r.User
	if flags&madeByOther != 0 {
		r.Made = deltasync.UserID(rr.text())
	}
	r.Log = r.Version - deltasync.Version(rr.varint())
	for range rr.count() {
		rr.table = append(rr.table, rr.readOrigin())
	}
	if len(rr.table) > 0 {
		rr.usual = rr.origin()
	}
	for range rr.count() {
		r.Registers = append(r.Registers, rr.register())
	}
	for range rr.count() {
		r.Sets = append(r.Sets, rr.set())
	}
	for range rr.count() {
		r.Deletes = append(r.Deletes, rr.origin())
	}
	if !rr.bad {
		rr.plain()
	}
}

func (rr *recordReader) readOrigin() deltasync.Origin {
	flags := rr.byte()
	o := deltasync.Origin{Version: rr.r.Version, User: rr.r.User, At: rr.r.At}
	o.Client = deltasync.ClientID(rr.text())
	o.N = rr.uvarint()
	if flags&ownVersion == 0 {
		o.Version -= deltasync.Version(rr.varint())
	}
	if flags&ownUser == 0 {
		o.User = deltasync.UserID(rr.text())
	}
	if flags&ownTime == 0 {
		o.At = rr.time()
	}
	return o
}

func (rr *recordReader) origin() deltasync.Origin {
	i := rr.uvarint()
	if i >= uint64(len(rr.table)) {
		rr.fail()
		return deltasync.Origin{}
	}
	return rr.table[i]
}

// name is a field's name, and its place in the body or -1. What it names is claimed.
func (rr *recordReader) name() (string, int) {
	ref := rr.uvarint()
	if ref == 0 {
		return rr.text(), -1
	}
	i := int(ref - 1)
	if ref > uint64(len(rr.body.fields)) {
		rr.fail()
		return "", -1
	}
	name := rr.body.fields[i].name
	for j, f := range rr.body.fields {
		if f.name == name {
			rr.claimed[j] = true
		}
	}
	return name, i
}

func (rr *recordReader) register() deltasync.Register {
	var g deltasync.Register
	var places []int
	for range rr.count() {
		name, i := rr.name()
		g.Fields = append(g.Fields, name)
		places = append(places, i)
	}
	for range rr.count() {
		v := deltasync.Value{Origin: rr.origin()}
		n := rr.count()
		if n > 0 {
			v.Parts = make([]json.RawMessage, n)
		}
		for i := range n {
			switch tag := rr.byte(); {
			case tag == partCleared:
			case tag == partInside:
				v.Parts[i] = rr.bytes(rr.uvarint())
			case tag == partShown && i < len(places) && places[i] >= 0:
				v.Parts[i] = rr.body.fields[places[i]].value
			default:
				rr.fail()
			}
		}
		g.Values = append(g.Values, v)
	}
	if len(g.Fields) == 0 || len(g.Values) == 0 {
		rr.fail()
	}
	return g
}

func (rr *recordReader) set() deltasync.SetField {
	name, place := rr.name()
	s := deltasync.SetField{Name: name}
	flags := rr.byte()
	n := 0
	if flags != 0 {
		n = rr.count()
	}
	var texts []string
	if flags&textsInside == 0 {
		if place < 0 {
			rr.fail()
			return s
		}
		var ok bool
		texts, ok = elements(rr.body.fields[place].value)
		if !ok || flags != 0 && len(texts) != n {
			rr.fail()
			return s
		}
		n = len(texts)
	}
	s.Elements = make([]deltasync.Element, n)
	for i := range s.Elements {
		e := &s.Elements[i]
		if flags&textsInside != 0 {
			e.Text = rr.text()
		} else {
			e.Text = texts[i]
		}
		if flags&dotsInside == 0 {
			e.Dots = []deltasync.Origin{rr.usual}
			continue
		}
		for range rr.count() {
			e.Dots = append(e.Dots, rr.origin())
		}
	}
	return s
}

// plain adds the registers that only the body tells of.
func (rr *recordReader) plain() {
	explicit := len(rr.r.Registers)
	for i, f := range rr.body.fields {
		if !rr.claimed[i] {
			if len(rr.table) == 0 {
				rr.fail()
				return
			}
			v := deltasync.Value{Origin: rr.usual, Parts: []json.RawMessage{f.value}}
			rr.r.Registers = append(rr.r.Registers, deltasync.Register{Fields: []string{f.name}, Values: []deltasync.Value{v}})
		}
	}
	if explicit > 0 && explicit < len(rr.r.Registers) {
		slices.SortStableFunc(rr.r.Registers, func(a, b deltasync.Register) int { return strings.Compare(a.Fields[0], b.Fields[0]) })
	}
}

// recordKey is where a record stands: after all earlier ones of its scope.
func recordKey(scope uint32, v deltasync.Version) []byte {
	b := make([]byte, 0, 12)
	b = binary.BigEndian.AppendUint32(b, scope)
	return binary.BigEndian.AppendUint64(b, uint64(v))
}

func splitRecordKey(k []byte) (scope uint32, v deltasync.Version, ok bool) {
	if len(k) != 12 {
		return 0, 0, false
	}
	return binary.BigEndian.Uint32(k), deltasync.Version(binary.BigEndian.Uint64(k[4:])), true
}
