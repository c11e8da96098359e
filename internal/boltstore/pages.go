package boltstore

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// bbolt trusts its pages: one wrong length in them and it reads past the mapping, in a goroutine of its own where nobody
// can recover. So nothing is opened before a walk has seen that each page is what bbolt would have written: the right
// id and type, keys in order and within what the parent says, rows packed without a gap, no page in two places.
//
// The layout is version 2 of bbolt's format, which has been the same since 2014.
const (
	pageHeader = 16
	rowHeader  = 16 // of leaf and branch pages alike

	branchPage   = 0x01
	leafPage     = 0x02
	metaPage     = 0x04
	freelistPage = 0x10

	bucketRow = 1 // flag of a leaf's row
)

// walk looks at every page that a meta leads to, and reports what is wrong with them until report returns false.
func walk(r io.ReaderAt, size int64, m boltMeta, report func(what string) bool) {
	(&walker{r: r, meta: m, report: report}).all(size)
}

// all walks a file of a size.
func (w *walker) all(size int64) {
	m := w.meta
	if m.pages < 3 || m.pages > uint64(size)/uint64(m.pageSize) {
		w.fault("the file is cut: it has %d bytes and should have %d pages of %d", size, m.pages, m.pageSize)
		return
	}
	w.seen = make([]uint64, m.pages/64+1)
	w.tree(m.root, nil, nil, 0, true)
	if m.freelist != noFreelist {
		w.freelist(m.freelist)
	}
}

// uses reports whether the walk has come by a page.
func (w *walker) uses(p uint64) bool { return w.seen[p/64]&(1<<(p%64)) != 0 }

type walker struct {
	r      io.ReaderAt
	meta   boltMeta
	seen   []uint64 // a bit a page
	levels [deepest + 1]level
	report func(string) bool
	ended  bool
}

func (w *walker) fault(format string, args ...any) {
	if !w.ended {
		w.ended = !w.report(fmt.Sprintf(format, args...))
	}
}

// level is the room for the page that is being looked at in each level of a tree.
type level struct {
	page []byte
	rows []pageRow
}

// take marks pages as being in use, and reads them. What it gives is valid until the next page of that depth.
func (w *walker) take(depth int, id uint64, flags ...uint16) []byte {
	if id < 2 || id >= w.meta.pages {
		w.fault("page %d is outside of the file", id)
		return nil
	}
	l := &w.levels[depth]
	if l.page == nil {
		l.page = make([]byte, w.meta.pageSize)
	}
	b := l.page[:w.meta.pageSize]
	if _, err := w.r.ReadAt(b, int64(id)*w.meta.pageSize); err != nil {
		w.fault("page %d cannot be read: %v", id, err)
		return nil
	}
	kind, overflow := native.Uint16(b[8:]), uint64(native.Uint32(b[12:]))
	if native.Uint64(b) != id || !slices.Contains(flags, kind) {
		w.fault("page %d is not what it should be", id)
		return nil
	}
	if overflow >= w.meta.pages-id {
		w.fault("page %d goes on beyond the end of the file", id)
		return nil
	}
	for p := id; p <= id+overflow; p++ {
		if w.uses(p) {
			w.fault("page %d is in two places", p)
			return nil
		}
		w.seen[p/64] |= 1 << (p % 64)
	}
	if overflow > 0 {
		l.page = slices.Grow(b, int(overflow)*len(b))
		b = l.page[:int(overflow+1)*len(b)]
		if _, err := w.r.ReadAt(b[w.meta.pageSize:], int64(id+1)*w.meta.pageSize); err != nil {
			w.fault("page %d cannot be read: %v", id, err)
			return nil
		}
	}
	return b
}

// deepest is far below what a tree of any size comes to.
const deepest = 48

// tree walks a tree whose keys are to be from low on and below high; nil: not bounded.
func (w *walker) tree(id uint64, low, high []byte, depth int, top bool) {
	if w.ended {
		return
	}
	if depth == deepest {
		w.fault("page %d is too deep", id)
		return
	}
	b := w.take(depth, id, branchPage, leafPage)
	if b == nil {
		return
	}
	rows, used, ok := pageRows(b, w.levels[depth].rows)
	if !ok {
		w.fault("page %d is not laid out as it should be", id)
		return
	}
	w.levels[depth].rows = rows
	if want := int64(len(b)) - w.meta.pageSize; int64(used) > int64(len(b)) || int64(used) < want {
		w.fault("page %d is longer than what is in it", id)
		return
	}
	if !inOrder(rows, low, high) {
		w.fault("page %d has keys out of order", id)
		return
	}
	if native.Uint16(b[8:]) == branchPage {
		if len(rows) == 0 {
			w.fault("page %d leads nowhere", id)
		}
		for i, row := range rows {
			next := high
			if i+1 < len(rows) {
				next = rows[i+1].key
			}
			w.tree(row.page, row.key, next, depth+1, top)
		}
		return
	}
	for _, row := range rows {
		switch {
		case top && row.flags == bucketRow:
			w.table(id, row, depth+1)
		case row.flags != 0 || top:
			w.fault("page %d holds a row that is out of place", id)
		}
	}
}

// table walks one table, which is a tree of its own or, while it is small, a page within the row that names it.
func (w *walker) table(id uint64, row pageRow, depth int) {
	if len(row.value) < 16 {
		w.fault("page %d names a table that is not there", id)
		return
	}
	if root := native.Uint64(row.value); root != 0 {
		if len(row.value) != 16 {
			w.fault("page %d names a table that is in two places", id)
			return
		}
		w.tree(root, nil, nil, depth, false)
		return
	}
	inner := row.value[16:]
	if len(inner) < pageHeader || native.Uint64(inner) != 0 || native.Uint16(inner[8:]) != leafPage || native.Uint32(inner[12:]) != 0 {
		w.fault("page %d holds a table that is not what it should be", id)
		return
	}
	rows, used, ok := pageRows(inner, nil)
	if !ok || used != len(inner) || !inOrder(rows, nil, nil) {
		w.fault("page %d holds a table that is not laid out as it should be", id)
		return
	}
	for _, r := range rows {
		if r.flags != 0 {
			w.fault("page %d holds a row that is out of place", id)
		}
	}
}

// freelist looks at the list of free pages, which only a file that has just been made has.
func (w *walker) freelist(id uint64) {
	b := w.take(0, id, freelistPage)
	if b == nil {
		return
	}
	n := int(native.Uint16(b[10:]))
	if n == 0xffff || pageHeader+8*n > len(b) {
		w.fault("page %d is not laid out as it should be", id)
		return
	}
	for i := range n {
		p := native.Uint64(b[pageHeader+8*i:])
		if p < 2 || p >= w.meta.pages || w.uses(p) {
			w.fault("page %d is free and in use", p)
		}
	}
}

// pageRow is one row of a page, which it aliases.
type pageRow struct {
	flags uint32
	page  uint64 // of a branch
	key   []byte
	value []byte // of a leaf
}

// pageRows takes a page apart, which bbolt packs without a gap: all headers, then each key and value in turn.
func pageRows(b []byte, room []pageRow) (rows []pageRow, used int, ok bool) {
	branch := native.Uint16(b[8:]) == branchPage
	n := int(native.Uint16(b[10:]))
	used = pageHeader + rowHeader*n
	if used > len(b) {
		return nil, 0, false
	}
	rows = slices.Grow(room[:0], n)[:n]
	for i := range rows {
		rows[i] = pageRow{}
		at := pageHeader + rowHeader*i
		h := b[at : at+rowHeader]
		var pos, key, value uint64
		if branch {
			pos, key, rows[i].page = uint64(native.Uint32(h)), uint64(native.Uint32(h[4:])), native.Uint64(h[8:])
		} else {
			rows[i].flags = native.Uint32(h)
			pos, key, value = uint64(native.Uint32(h[4:])), uint64(native.Uint32(h[8:])), uint64(native.Uint32(h[12:]))
		}
		if uint64(at)+pos != uint64(used) || key == 0 || key+value > uint64(len(b)-used) {
			return nil, 0, false
		}
		rows[i].key = b[used : used+int(key)]
		rows[i].value = b[used+int(key) : used+int(key+value)]
		used += int(key + value)
	}
	return rows, used, true
}

func inOrder(rows []pageRow, low, high []byte) bool {
	for i, r := range rows {
		if i == 0 && low != nil && bytes.Compare(r.key, low) < 0 || i > 0 && bytes.Compare(rows[i-1].key, r.key) >= 0 ||
			high != nil && bytes.Compare(r.key, high) >= 0 {
			return false
		}
	}
	return true
}
