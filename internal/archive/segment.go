package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	deltasync "alongside/sync"
)

// Row is an entry of the log, as the store keeps it.
type Row struct {
	Version deltasync.Version
	Data    []byte
}

var (
	// ErrDamaged says that a segment is not as it was written. What wraps it names the file.
	ErrDamaged = errors.New("the archive is damaged")
	// ErrOtherStore says that the archive is another store's.
	ErrOtherStore = errors.New("the archive belongs to another store; name another folder")
	// ErrInUse says that another process writes the archive.
	ErrInUse = errors.New("another server is using this archive")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	magic      = "alongside archive 1\n"
	storeSize  = 32
	headerSize = len(magic) + storeSize + 8 + 8 + 4
	frameHead  = 4 + 8 + 4 // length of the data, version, checksum
	mostData   = 8 << 20   // bytes of a row
)

// header is how a segment begins.
type header struct {
	store  string
	number uint64
	after  deltasync.Version // what stands before the first row in the store's log
}

func (h header) bytes() []byte {
	b := make([]byte, 0, headerSize)
	b = append(b, magic...)
	b = append(b, h.store...)
	b = append(b, make([]byte, len(magic)+storeSize-len(b))...)
	b = binary.BigEndian.AppendUint64(b, h.number)
	b = binary.BigEndian.AppendUint64(b, uint64(h.after))
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func readHeader(b []byte) (header, bool) {
	if len(b) < headerSize || string(b[:len(magic)]) != magic {
		return header{}, false
	}
	rest := b[len(magic):]
	h := header{store: string(bytes.TrimRight(rest[:storeSize], "\x00")), number: binary.BigEndian.Uint64(rest[storeSize:]),
		after: deltasync.Version(binary.BigEndian.Uint64(rest[storeSize+8:]))}
	return h, bytes.Equal(h.bytes(), b[:headerSize])
}

// seal is the checksum that every frame of the segment begins with.
func (h header) seal() uint32 { return crc32.Checksum(h.bytes(), castagnoli) }

func appendFrame(b []byte, seal uint32, r Row) []byte {
	at := len(b)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Data)))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Version))
	sum := crc32.Update(crc32.Update(seal, castagnoli, b[at:]), castagnoli, r.Data)
	b = binary.BigEndian.AppendUint32(b, sum)
	return append(b, r.Data...)
}

// errTorn is where a frame is not whole.
var errTorn = errors.New("a frame is not whole")

// readFrame reads the next frame; io.EOF: there is none. The row's data stands in buf's array.
func readFrame(from io.Reader, seal uint32, buf *[]byte) (Row, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errTorn
		}
		return Row{}, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > mostData {
		return Row{}, errTorn
	}
	if uint32(cap(*buf)) < size {
		*buf = make([]byte, size, size+size/4)
	}
	data := (*buf)[:size]
	if _, err := io.ReadFull(from, data); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errTorn
		}
		return Row{}, err
	}
	if crc32.Update(crc32.Update(seal, castagnoli, head[:12]), castagnoli, data) != binary.BigEndian.Uint32(head[12:]) {
		return Row{}, errTorn
	}
	return Row{deltasync.Version(binary.BigEndian.Uint64(head[4:])), data}, nil
}

// segment is one file, as far as it is known.
type segment struct {
	header
	path string
	size int64             // of what is whole
	last deltasync.Version // of its rows; 0: it has none, or they have not been looked at
}

func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("segment-%012d.log", number))
}

// rows calls fn for each row of the segment up to its size, in order. The row's bytes are valid during the call.
func (s *segment) rows(fn func(Row) error) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	last := s.after
	_, err = s.scan(f, func(r Row, _ int64) error {
		if r.Version <= last {
			return s.damaged("its rows are not in order")
		}
		last = r.Version
		return fn(r)
	})
	if errors.Is(err, errTorn) {
		return s.damaged("a row is not as it was written")
	}
	return err
}

// scan calls fn for each frame with the place of its end. It gives where the last whole frame ends; errTorn: something
// follows that is none.
func (s *segment) scan(f io.ReaderAt, fn func(r Row, end int64) error) (whole int64, err error) {
	in := bufio.NewReaderSize(io.NewSectionReader(f, int64(headerSize), s.size-int64(headerSize)), int(min(256<<10, s.size)))
	whole = int64(headerSize)
	seal := s.seal()
	var buf []byte
	for {
		r, err := readFrame(in, seal, &buf)
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return whole, err
		}
		whole += int64(frameHead + len(r.Data))
		if err := fn(r, whole); err != nil {
			return whole, err
		}
	}
}

func (s *segment) damaged(what string) error { return damaged(s.path, what) }

func damaged(path, what string) error {
	return fmt.Errorf("%w: %s: %s; move the archive aside and start the server, which begins a new one with all that the store holds",
		ErrDamaged, path, what)
}

// follows reports whether a whole frame stands anywhere in what follows a place.
func (s *segment) follows(f io.ReaderAt, from int64) (bool, error) {
	rest := make([]byte, s.size-from)
	if _, err := f.ReadAt(rest, from); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	seal := s.seal()
	for i := 1; i+frameHead <= len(rest); i++ {
		size := binary.BigEndian.Uint32(rest[i:])
		if size > mostData || i+frameHead+int(size) > len(rest) {
			continue
		}
		v := deltasync.Version(binary.BigEndian.Uint64(rest[i+4:]))
		if v <= s.after || v > deltasync.MaxInteger {
			continue
		}
		data := rest[i+frameHead : i+frameHead+int(size)]
		if crc32.Update(crc32.Update(seal, castagnoli, rest[i:i+12]), castagnoli, data) == binary.BigEndian.Uint32(rest[i+12:]) {
			return true, nil
		}
	}
	return false, nil
}
