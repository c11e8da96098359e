package deltasync

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
)

// cursor says where a client stands; never what it may see. It is sealed, so that a client can neither forge nor lend
// one (PROTOCOL §6.2).
type cursor struct {
	Epoch string  `json:"e"`
	From  Version `json:"f"` // the client has all up to here
	Mark  uint64  `json:"m"` // of the entry at seen, to tell this log from one that was put back and went another way

	// A run that is under way. Until is where the log stood when it began; 0: none is.
	Until   Version `json:"u,omitempty"`
	Drops   Version `json:"d,omitempty"` // ends of access up to here are said
	Soon    []Scope `json:"s,omitempty"` // scopes that go first
	At      int     `json:"i,omitempty"` // those of Soon that are done
	Refetch []Scope `json:"r,omitempty"` // scopes asked for again
	Scope   Scope   `json:"c,omitempty"` // scopes before this one are done
	After   Version `json:"a,omitempty"` // the present scope is done up to here
}

const sealSize = 16

func sealKey(tx Tx) []byte {
	h := hmac.New(sha256.New, tx.Secret())
	h.Write([]byte("alongside cursor 1"))
	return h.Sum(nil)
}

func seal(key []byte, c Client, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(c.ID))
	h.Write([]byte{0})
	h.Write(text)
	return h.Sum(nil)[:sealSize]
}

// seen is the highest place in the log that the cursor knows of.
func (cur cursor) seen() Version { return max(cur.From, cur.Until) }

// sealed is the cursor as the client gets it.
func (cur cursor) sealed(tx Tx, c Client) (string, error) {
	e, err := tx.Entry(cur.seen())
	if err != nil {
		return "", err
	}
	cur.Mark = e.mark()
	text, err := cur.text()
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(seal(sealKey(tx), c, text), text...)), nil
}

// strange reports whether the cursor comes from a log that is not this one: the store was put back in time. One of
// another epoch that is not ahead of the log comes from before a restore.
func (cur cursor) strange(tx Tx) (bool, error) {
	switch {
	case cur.seen() > tx.Head():
		return true, nil
	case cur.Epoch != tx.Epoch().ID:
		return false, nil
	}
	e, err := tx.Entry(cur.seen())
	return e.mark() != cur.Mark, err
}

// mark tells an entry from another that took the same version. It is made of nothing that erasure takes away.
func (e Entry) mark() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", e.At.UnixNano(), e.Type)
	if e.Op != nil {
		fmt.Fprintf(h, " %s %d", e.Op.Client, e.Op.N)
	}
	return h.Sum64()
}

// unseal opens what a client sent, of whatever epoch. Not ok: it is no cursor that a store with these keys has given to
// this client, and counts as empty.
func unseal(tx Tx, c Client, sealed string) (cur cursor, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(b) <= sealSize {
		return cursor{}, false
	}
	if !hmac.Equal(b[:sealSize], seal(sealKey(tx), c, b[sealSize:])) {
		return cursor{}, false
	}
	if cur, ok = readCursor(b[sealSize:], tx.Epoch().ID); !ok {
		return cursor{}, false
	}
	return cur, true
}

// resting begins the text of a cursor between two runs. A phone sends and gets one with every sync of a day in which nothing
// happens, so it is packed: From, Mark, and what stands for Epoch. All others, and those that older servers gave, are JSON.
const resting = 1

func (cur cursor) text() ([]byte, error) {
	if cur.Until != 0 {
		return json.Marshal(cur)
	}
	b := binary.AppendUvarint([]byte{resting}, uint64(cur.From))
	b = binary.BigEndian.AppendUint64(b, cur.Mark)
	return append(b, shortOf(cur.Epoch)...), nil
}

// readCursor knows the epoch that is now; another stands as no name at all.
func readCursor(text []byte, epoch string) (cur cursor, ok bool) {
	if text[0] != resting {
		return cur, json.Unmarshal(text, &cur) == nil
	}
	from, n := binary.Uvarint(text[1:])
	if n <= 0 || len(text) != 1+n+8+shortSize {
		return cursor{}, false
	}
	rest := text[1+n:]
	cur = cursor{From: Version(from), Mark: binary.BigEndian.Uint64(rest)}
	if string(rest[8:]) == string(shortOf(epoch)) {
		cur.Epoch = epoch
	}
	return cur, true
}

// A store has few epochs, and Mark tells the log too.
const shortSize = 4

func shortOf(epoch string) []byte {
	sum := sha256.Sum256([]byte(epoch))
	return sum[:shortSize]
}
