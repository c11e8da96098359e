package deltasync

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"time"
)

// parsed is an op with what is wrong with it before anybody looks at the store.
type parsed struct {
	Op
	digest [16]byte
	fault  *Fault
}

// wireOp is PROTOCOL §5.1.
type wireOp struct {
	N      *uint64                    `json:"n"`
	ID     string                     `json:"id"`
	Group  string                     `json:"group,omitempty"`
	At     string                     `json:"at"`
	Scope  string                     `json:"scope"`
	Kind   string                     `json:"kind"`
	Record string                     `json:"record"`
	Base   uint64                     `json:"base"`
	Set    map[string]json.RawMessage `json:"set,omitempty"`
	Add    map[string][]string        `json:"add,omitempty"`
	Remove map[string][]string        `json:"remove,omitempty"`
	Delete bool                       `json:"delete,omitempty"`
}

// parseOps reads the ops of a request. Only a number that cannot be read is an error.
func parseOps(raws []json.RawMessage) ([]*parsed, error) {
	ops := make([]*parsed, len(raws))
	for i, raw := range raws {
		op, err := parseOp(raw)
		if err != nil {
			return nil, err
		}
		ops[i] = op
	}
	return ops, nil
}

// ParseOp reads one op as it was sent.
func ParseOp(raw json.RawMessage) (*Op, error) {
	p, err := parseOp(raw)
	if err != nil {
		return nil, err
	}
	if p.fault != nil {
		return nil, p.fault
	}
	return &p.Op, nil
}

// SameOp reports whether two ops, as they were sent, have the same content, whatever their numbers.
func SameOp(a, b json.RawMessage) bool {
	x, errA := parseOp(a)
	y, errB := parseOp(b)
	return errA == nil && errB == nil && (x.fault == nil) == (y.fault == nil) && x.digest == y.digest
}

func parseOp(raw json.RawMessage) (*parsed, error) {
	var w wireOp
	err := json.Unmarshal(raw, &w)
	if w.N == nil || *w.N == 0 || *w.N > MaxInteger {
		return nil, fmt.Errorf("%w: each op has a number n from 1", ErrMalformed)
	}
	p := &parsed{Op: Op{N: *w.N, ID: OpID(w.ID), Group: w.Group, Scope: Scope(w.Scope), Kind: w.Kind,
		Record: RecordID(w.Record), Base: Version(w.Base), Set: w.Set, Add: w.Add, Remove: w.Remove, Delete: w.Delete,
		Raw: raw}}
	if p.fault = p.read(w, err); p.fault != nil {
		p.digest = digestOfAny(raw)
		return p, nil
	}
	p.digest = p.Op.digest()
	return p, nil
}

// read finds what is wrong with the op's form, and brings its values into one form.
func (p *parsed) read(w wireOp, err error) *Fault {
	if !ValidUUID(w.ID) {
		p.ID = ""
		return fault("bad_id", "The entry has no id that is a UUID. Update the app.")
	}
	if len(p.Raw) > MaxOp {
		return fault("op_too_large", "The entry is larger than 64 KiB. Shorten it.")
	}
	depth, clean := inspect(p.Raw)
	if !clean {
		return fault("bad_text", "A text holds a character that cannot be stored (NUL, or half of a pair). Write it again.")
	}
	if depth > MaxDepth+2 {
		return fault("too_deep", "A value is nested too deeply. Update the app.")
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fault("bad_op", "The entry is not of the form that the protocol asks for. Update the app.")
	} else if err != nil {
		return fault("bad_op", "The entry cannot be read. Update the app.")
	}
	at, err := time.Parse(time.RFC3339, w.At)
	if err != nil {
		return fault("bad_time", "The entry does not say when it was made (at, as RFC 3339). Check the phone's clock.")
	}
	p.At = at
	switch {
	case w.Group != "" && !ValidUUID(w.Group):
		return fault("bad_id", "The group is not a UUID. Update the app.")
	case !ValidUUID(w.Record):
		return fault("bad_id", "The record is not a UUID. Update the app.")
	case w.Scope == "" || len(w.Scope) > 128 || w.Kind == "" || len(w.Kind) > 64:
		return fault("bad_op", "The entry names no scope or kind that can be stored. Update the app.")
	case w.Base > MaxInteger:
		return fault("bad_op", "The entry's base is no version. Update the app.")
	}
	for name, raw := range p.Set {
		p.Set[name] = canonical(raw)
	}
	return nil
}

// canonical brings equal values to equal bytes: two phones that spell one text differently have not differed.
func canonical(raw json.RawMessage) json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	if raw[0] != '{' && raw[0] != '[' && bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return raw // it was valid a moment ago
	}
	return appendValue(nil, v)
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case json.Number:
		return append(b, v...)
	case string:
		return AppendString(b, v)
	case []any:
		b = append(b, '[')
		for i, x := range v {
			b = appendValue(comma(b, i), x)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, k := range sortedKeys(v) {
			b = append(AppendString(comma(b, i), k), ':')
			b = appendValue(b, v[k])
		}
		return append(b, '}')
	}
	panic("a JSON value of no known type")
}

// digest is over the op's content: all but its number, which another client of the user may give anew.
func (op *Op) digest() (d [16]byte) {
	h := sha256.New()
	text := func(s string) { hashText(h, s) }
	text(string(op.ID))
	text(op.Group)
	text(string(op.Scope))
	text(op.Kind)
	text(string(op.Record))
	var n [17]byte
	binary.BigEndian.PutUint64(n[:], uint64(op.At.UnixNano()))
	binary.BigEndian.PutUint64(n[8:], uint64(op.Base))
	if op.Delete {
		n[16] = 1
	}
	h.Write(n[:])
	count := func(n int) { h.Write(binary.BigEndian.AppendUint32(nil, uint32(n))) }
	count(len(op.Set))
	for _, k := range sortedKeys(op.Set) {
		text(k)
		text(string(op.Set[k]))
	}
	for _, m := range []map[string][]string{op.Add, op.Remove} {
		count(len(m))
		for _, k := range sortedKeys(m) {
			text(k)
			count(len(m[k]))
			for _, e := range m[k] {
				text(e)
			}
		}
	}
	copy(d[:], h.Sum(nil))
	return d
}

// digestOfAny is over what cannot be read as an op, but for its number.
func digestOfAny(raw json.RawMessage) (d [16]byte) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) == nil {
		if members, ok := v.(map[string]any); ok {
			delete(members, "n")
		}
		raw = appendValue(nil, v)
	}
	sum := sha256.Sum256(raw)
	copy(d[:], sum[:])
	return d
}

func hashText(h hash.Hash, s string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	h.Write(n[:])
	h.Write([]byte(s))
}

// inspect walks valid JSON once: how deep it nests, and whether its texts are free of NUL and of lone surrogates.
func inspect(raw []byte) (depth int, clean bool) {
	clean = true
	deep, inText := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inText && c == '\\':
			i++
			if i < len(raw) && raw[i] == 'u' {
				r := hex4(raw, i+1)
				i += 4
				switch {
				case r == 0 || r >= 0xdc00 && r <= 0xdfff:
					clean = false
				case r >= 0xd800 && r <= 0xdbff:
					if low := hex4(raw, i+3); i+2 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' && low >= 0xdc00 && low <= 0xdfff {
						i += 6
					} else {
						clean = false
					}
				}
			}
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			deep++
			depth = max(depth, deep)
		case c == '}' || c == ']':
			deep--
		}
	}
	return depth, clean
}

func hex4(b []byte, i int) int {
	if i+4 > len(b) {
		return 0
	}
	n, err := strconv.ParseUint(string(b[i:i+4]), 16, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// encode writes the op as a client would send it.
func (op *Op) encode() json.RawMessage {
	n := op.N
	raw, err := json.Marshal(wireOp{N: &n, ID: string(op.ID), Group: op.Group, At: op.At.UTC().Format(TimeFormat),
		Scope: string(op.Scope), Kind: op.Kind, Record: string(op.Record), Base: uint64(op.Base), Set: op.Set, Add: op.Add,
		Remove: op.Remove, Delete: op.Delete})
	if err != nil {
		panic("an op of the server's own is no JSON: " + err.Error())
	}
	return raw
}
