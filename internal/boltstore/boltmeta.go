package boltstore

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
)

const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2
	metaSize    = 64
	noFreelist  = 1<<64 - 1
)

var native = binary.NativeEndian // as bbolt writes

// boltMeta is one of the two pages from which a bbolt file is read.
type boltMeta struct {
	pageSize int64
	root     uint64 // page of the tree of tables
	freelist uint64
	pages    uint64 // below which all pages are
	txid     uint64
}

var (
	errMeta      = errors.New("both pages that say where everything stands are damaged")
	errBrokenOff = errors.New("a restore was broken off before there was a store: run it again")
)

// readMetas gives the meta that bbolt will go by, and whether the other one holds too.
func readMetas(r io.ReaderAt) (best boltMeta, both bool, err error) {
	var zero [pageHeader + metaSize]byte
	m0, ok0 := readMeta(r, zero[:], 0, 0)
	sizes := []int64{m0.pageSize}
	if !ok0 {
		sizes = nil
		for i := range 15 {
			sizes = append(sizes, 1024<<i)
		}
	}
	var m1 boltMeta
	ok1 := false
	for _, size := range sizes {
		if m1, ok1 = readMeta(r, zero[:], size, 1); ok1 && m1.pageSize == size {
			break
		}
		ok1 = false
	}
	switch {
	case ok0 && (!ok1 || m0.txid >= m1.txid):
		best = m0
	case ok1:
		best = m1
	default:
		text := make([]byte, len(brokenOff))
		if _, err := r.ReadAt(text, 0); err == nil && string(text) == brokenOff {
			return boltMeta{}, false, errBrokenOff
		}
		return boltMeta{}, false, errMeta
	}
	return best, ok0 && ok1, nil
}

func readMeta(r io.ReaderAt, buf []byte, at int64, id uint64) (boltMeta, bool) {
	if _, err := r.ReadAt(buf, at); err != nil {
		return boltMeta{}, false
	}
	b := buf[pageHeader:]
	h := fnv.New64a()
	h.Write(b[:metaSize-8])
	if native.Uint64(buf) != id || native.Uint16(buf[8:]) != metaPage || native.Uint32(b) != boltMagic ||
		native.Uint32(b[4:]) != boltVersion || native.Uint64(b[56:]) != h.Sum64() {
		return boltMeta{}, false
	}
	m := boltMeta{pageSize: int64(native.Uint32(b[8:])), root: native.Uint64(b[16:]), freelist: native.Uint64(b[32:]),
		pages: native.Uint64(b[40:]), txid: native.Uint64(b[48:])}
	return m, m.pageSize >= 1024 && m.pageSize <= 1<<24 && m.pageSize&(m.pageSize-1) == 0
}
