package boltstore

import (
	"fmt"
	"hash/crc32"
	"os"
	"strings"

	deltasync "alongside/sync"
)

// sideFile says, beside the store, how far its log has come. It is written after each commit without waiting for the
// disk, so it may fall behind, but never says more than was committed: a store whose head is below it was put back in
// time.
type sideFile struct {
	f *os.File // nil: it could not be opened, and is done without
}

const sideFormat = "alongside head 1\nstore %32s\nepoch %32s\nhead %20d\n"

func sidePath(store string) string { return strings.TrimSuffix(store, ".db") + ".head" }

func sideText(store, epoch string, head deltasync.Version) []byte {
	b := fmt.Appendf(nil, sideFormat, store, epoch, head)
	return fmt.Appendf(b, "sum %08x\n", crc32.Checksum(b, castagnoli))
}

// readSide gives what a side file says; false: there is none, or it is not whole.
func readSide(path string) (store string, head deltasync.Version, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", 0, false
	}
	var epoch string
	if _, err := fmt.Sscanf(string(b), sideFormat, &store, &epoch, &head); err != nil {
		return "", 0, false
	}
	return store, head, string(sideText(store, epoch, head)) == string(b) && head <= deltasync.MaxInteger
}

func openSide(path string) (*sideFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	return &sideFile{f}, err
}

func (s *sideFile) write(store, epoch string, head deltasync.Version) {
	if s.f == nil {
		return
	}
	text := sideText(store, epoch, head)
	if _, err := s.f.WriteAt(text, 0); err == nil {
		_ = s.f.Truncate(int64(len(text))) // a longer one was not ours, and would count as not whole
	}
}

func (s *sideFile) close() error {
	if s.f == nil {
		return nil
	}
	if err := s.f.Sync(); err != nil {
		_ = s.f.Close()
		return err
	}
	return s.f.Close()
}
