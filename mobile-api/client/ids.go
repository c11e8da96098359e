package client

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"

	deltasync "alongside/sync"
)

// NewID makes an id for a record, for edits that name each other before they are written.
func (p *Phone) NewID() (deltasync.RecordID, error) {
	id, err := p.mint()
	return deltasync.RecordID(id), err
}

// mint makes a UUID of version 7 (RFC 9562 §5.7).
func (p *Phone) mint() (string, error) {
	var id [16]byte
	if err := p.random(id[6:]); err != nil {
		return "", err
	}
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(p.now().UnixMilli()))
	copy(id[:6], at[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}

func (p *Phone) random(b []byte) error {
	p.chance.Lock()
	defer p.chance.Unlock()
	if _, err := io.ReadFull(p.o.Rand, b); err != nil {
		return fmt.Errorf("random bytes: %w", err)
	}
	return nil
}
