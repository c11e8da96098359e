package boltstore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	deltasync "alongside/sync"
)

// LogHash sums up the log up to an entry, as a chain: each entry's link takes in the one before. Two that agree on it have the same entries
// in the same order. It leaves out what an erasure takes away (what an op said), so that obeying the law does not look like forging.
type LogHash struct {
	Head deltasync.Version
	Sum  [sha256.Size]byte
}

func (h LogHash) String() string { return hex.EncodeToString(h.Sum[:]) }

// Extend takes in the entries that came after h, at most so many; 0: all.
func (h LogHash) Extend(tx *Tx, most int) (LogHash, error) {
	n := 0
	err := tx.Entries(h.Head, func(e deltasync.Entry) bool {
		link := sha256.New()
		link.Write(h.Sum[:])
		link.Write(binary.BigEndian.AppendUint64(nil, uint64(e.Version)))
		_, _ = fmt.Fprintf(link, "%d %q ", e.At.UnixMilli(), e.Type) // a hash never fails
		switch {
		case e.Op != nil:
			_, _ = fmt.Fprintf(link, "%q %q %d %q %q %d %d", e.Op.Client, e.Op.User, e.Op.N, e.Op.ID, e.Op.AcceptedBy, e.Op.Settles, e.Op.As)
		case e.Grant != nil:
			_, _ = fmt.Fprintf(link, "%q %q %d %t", e.Grant.Principal, e.Grant.Scope, e.Grant.Gen, e.Grant.End)
		default:
			link.Write(e.Fact)
		}
		h.Head = e.Version
		link.Sum(h.Sum[:0])
		n++
		return most == 0 || n < most
	})
	return h, err
}
