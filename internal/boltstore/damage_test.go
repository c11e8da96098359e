package boltstore

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	deltasync "alongside/sync"

	"go.etcd.io/bbolt"
)

// content is a digest of every row of a file.
func content(t testing.TB, path string) string {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	h := sha256.New()
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			fmt.Fprintf(h, "%d %s", len(name), name)
			return b.ForEach(func(k, v []byte) error {
				fmt.Fprintf(h, "%d %d %s%s", len(k), len(v), k, v)
				return nil
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

const page = 4096

// damage changes an image in one of the ways in which disks and people do.
func damage(r *rand.Rand, image []byte) (out []byte, how string) {
	out = append([]byte(nil), image...)
	pages := len(out) / page
	at := r.IntN(len(out))
	a, b := r.IntN(pages)*page, r.IntN(pages)*page
	switch r.IntN(8) {
	case 0:
		return out[:at], fmt.Sprintf("cut at %d", at)
	case 1:
		clear(out[a : a+page])
		return out, fmt.Sprintf("page %d zeroed", a/page)
	case 2:
		for i := range page {
			out[a+i], out[b+i] = out[b+i], out[a+i]
		}
		return out, fmt.Sprintf("pages %d and %d swapped", a/page, b/page)
	case 3:
		copy(out[a:a+page], out[b:b+page])
		return out, fmt.Sprintf("page %d copied over %d", b/page, a/page)
	case 4:
		n := min(len(out)-at, 1+r.IntN(512))
		for i := range n {
			out[at+i] = byte(r.Uint32())
		}
		return out, fmt.Sprintf("%d bytes of noise at %d", n, at)
	case 5: // where the lengths are
		at = a + r.IntN(128)
	}
	bit := byte(1) << r.IntN(8)
	out[at] ^= bit
	return out, fmt.Sprintf("bit %#02x at %d (page %d + %d)", bit, at, at/page, at%page)
}

var (
	damages    = flag.Int("damages", 200, "how often TestDamageIsSeenOrHarmless damages a store")
	damageSeed = flag.Uint64("damage-seed", 5, "in which ways")
)

func TestDamageIsSeenOrHarmless(t *testing.T) {
	t.Parallel()
	w, b := world(t)
	live(t, w, b, 7, 150)
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	backUp(t, b.DB, whole)
	image, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	want := content(t, whole)
	path := filepath.Join(dir, FileName)
	rounds, seen, harmless := *damages, 0, 0
	r := rand.New(rand.NewPCG(20261122, *damageSeed))
	for range rounds {
		out, how := damage(r, image)
		if err := os.WriteFile(path, out, 0o600); err != nil {
			t.Fatal(err)
		}
		found := 0
		if err := Check(path, func(Fault) { found++ }); err != nil {
			t.Fatalf("%s: Check: %v", how, err)
		}
		if found > 0 {
			seen++
		} else if harmless++; content(t, path) != want {
			t.Errorf("%s: no fault, and the content is another", how)
		}
		db, err := Open(path, Options{})
		if err == nil {
			err = db.Close()
		} else if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: Open: %v, want ErrDamaged", how, err)
		}
		if found == 0 && err != nil {
			t.Errorf("%s: no fault, and Open: %v", how, err)
		}
		if err := os.Remove(sidePath(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	t.Logf("%d pages; of %d kinds of damage %d were seen, %d harmless", len(image)/page, rounds, seen, harmless)
	if seen < rounds/2 {
		t.Errorf("only %d of %d were seen", seen, rounds)
	}
}

func TestFilesOfAnythingAreRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{0, 1, 16, 80, 100, 4095, 4096, 8192, 16384, 100000} {
		path := filepath.Join(t.TempDir(), FileName)
		noise := make([]byte, size)
		for i := range noise {
			noise[i] = byte(r.Uint32())
		}
		if err := os.WriteFile(path, noise, 0o600); err != nil {
			t.Fatal(err)
		}
		found := 0
		if err := Check(path, func(Fault) { found++ }); err != nil || found == 0 {
			t.Errorf("Check of %d bytes of noise: %d faults, %v", size, found, err)
		}
		if size == 0 {
			continue // a store that was just about to be made
		}
		if _, err := Open(path, Options{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("Open of %d bytes of noise: %v, want ErrDamaged", size, err)
		}
	}
}

// A disk that fails under an open store costs whoever reads there an error, and nobody the process.
func TestPagesThatRotUnderAnOpenStore(t *testing.T) {
	for _, test := range []struct {
		name string
		rot  func(*DB) error
	}{
		{"zeroed", func(db *DB) error {
			_, err := db.file.WriteAt(make([]byte, 40*page), 2*page)
			return err
		}},
		{"cut off", func(db *DB) error { return db.file.Truncate(2 * page) }},
	} {
		w, b := world(t)
		live(t, w, b, 2, 60)
		if err := test.rot(b.DB); err != nil {
			t.Fatal(err)
		}
		read := func(tx *Tx) error {
			return tx.Entries(0, func(deltasync.Entry) bool { return true })
		}
		if err := b.Read(tcontext, read); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "alongside check") {
			t.Errorf("%s: Read: %v, want ErrDamaged", test.name, err)
		}
		found := 0
		if err := b.Check(tcontext, func(Fault) { found++ }); !errors.Is(err, ErrDamaged) && found == 0 {
			t.Errorf("%s: Check: %d faults, %v", test.name, found, err)
		}
		if _, err := b.Backup(tcontext, io.Discard, nil); err == nil && test.name == "cut off" {
			t.Errorf("%s: a backup came to its end", test.name)
		}
		write := func(tx *Tx) error { _, err := tx.Append(fact("x")); return err }
		if err := b.Write(tcontext, write); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: Write: %v, want ErrDamaged", test.name, err)
		}
		_ = b.Close()
		if _, err := Open(b.path, Options{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: Open: %v, want ErrDamaged", test.name, err)
		}
	}
}
