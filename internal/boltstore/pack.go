package boltstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// sumSize is the room that each row's value keeps in front for its checksum.
const sumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errRow = errors.New("a row cannot be read")

func sumOf(key, value []byte) uint32 {
	return crc32.Update(crc32.Update(0, castagnoli, key), castagnoli, value)
}

// seal fills the first sumSize bytes of a row with the CRC-32C of its key and of the rest, so that no flipped bit is
// ever taken for data.
func seal(key, row []byte) []byte {
	binary.BigEndian.PutUint32(row, sumOf(key, row[sumSize:]))
	return row
}

// unseal gives what stands behind the checksum, if it holds.
func unseal(key, row []byte) ([]byte, bool) {
	if len(row) < sumSize || binary.BigEndian.Uint32(row) != sumOf(key, row[sumSize:]) {
		return nil, false
	}
	return row[sumSize:], true
}

// Texts are mostly UUIDs, alone or after a family's name. Those take 17 bytes; any other its length and itself. No
// packed text begins another, so that it can stand in front of a key.
const plainText = 8 // a tag from here on is a length

var families = [...]string{"", "person/", "team/", "coordination/", "user/", "u:", "c:"}

func appendText(b []byte, s string) []byte {
	if len(s) >= 36 {
		for tag, family := range families {
			if len(s) != len(family)+36 || s[:len(family)] != family {
				continue
			}
			if id, ok := packUUID(s[len(family):]); ok {
				return append(append(b, byte(tag)), id[:]...)
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(len(s))+plainText)
	return append(b, s...)
}

// packUUID takes the canonical lower-case form only, since any other would come back as another text.
func packUUID(s string) (id [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false
	}
	at := 0
	for i := range id {
		if s[at] == '-' {
			at++
		}
		high, low := digit(s[at]), digit(s[at+1])
		if high|low > 15 {
			return id, false
		}
		id[i] = high<<4 | low
		at += 2
	}
	return id, true
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

func unpackUUID(family string, id []byte) string {
	const hex = "0123456789abcdef"
	var b [64]byte
	n := copy(b[:], family)
	for i, c := range id[:16] {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b[n] = '-'
			n++
		}
		b[n], b[n+1] = hex[c>>4], hex[c&15]
		n += 2
	}
	return string(b[:n])
}

// appendWord writes one of a few known words as one byte, and any other as a text.
func appendWord(b []byte, words []string, s string) []byte {
	for i, w := range words {
		if w == s {
			return append(b, byte(i+1))
		}
	}
	return appendText(append(b, 0), s)
}

// appendTime keeps a moment to the nanosecond, in a short form where it is one of whole milliseconds. The zone is not
// kept: times come back in UTC.
func appendTime(b []byte, t time.Time) []byte {
	if t.Nanosecond()%1e6 == 0 {
		return binary.AppendVarint(b, t.UnixMilli()<<1)
	}
	b = binary.AppendVarint(b, t.Unix()<<1|1)
	return binary.AppendUvarint(b, uint64(t.Nanosecond()))
}

// reader takes a row apart. After a fault all that it gives is empty, and bad says so.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() {
	r.b, r.bad = nil, true
}

// err is errRow where the row was faulty, or longer than what was read.
func (r *reader) err() error {
	if r.bad || len(r.b) > 0 {
		return errRow
	}
	return nil
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		v := r.b[0]
		r.b = r.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count is a number of things that each take at least one byte.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(n)
}

// bytes aliases the row.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) text() string {
	tag := r.uvarint()
	switch {
	case r.bad:
		return ""
	case tag >= plainText:
		return string(r.bytes(tag - plainText))
	case tag < uint64(len(families)):
		if id := r.bytes(16); id != nil {
			return unpackUUID(families[tag], id)
		}
		return ""
	}
	r.fail()
	return ""
}

// skipText passes over a text and gives its packed form.
func (r *reader) skipText() []byte {
	from := r.b
	tag := r.uvarint()
	switch {
	case tag >= plainText:
		r.bytes(tag - plainText)
	case tag < uint64(len(families)):
		r.bytes(16)
	default:
		r.fail()
	}
	if r.bad {
		return nil
	}
	return from[:len(from)-len(r.b)]
}

func (r *reader) word(words []string) string {
	i := int(r.byte())
	if i == 0 {
		return r.text()
	}
	if i > len(words) {
		r.fail()
		return ""
	}
	return words[i-1]
}

func (r *reader) time() time.Time {
	v := r.varint()
	if v&1 == 0 {
		if r.bad {
			return time.Time{}
		}
		return time.UnixMilli(v >> 1).UTC()
	}
	ns := r.uvarint()
	if r.bad || ns >= 1e9 {
		r.fail()
		return time.Time{}
	}
	return time.Unix(v>>1, int64(ns)).UTC()
}
