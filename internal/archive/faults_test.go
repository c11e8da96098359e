package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	deltasync "alongside/sync"
)

var errDisk = errors.New("the disk failed")

// What the disk does not take is not there, and can be given again.
func TestRowsThatCouldNotBeWrittenCanBeGivenAgain(t *testing.T) {
	for _, step := range []string{"write", "begin"} {
		dir, fails := scratch(t), false
		a := opened(t, dir, Options{Segment: 150, step: func(name string) error {
			if fails && name == step {
				return errDisk
			}
			return nil
		}})
		for v := deltasync.Version(1); v <= 12; v++ {
			fails = true
			err := a.Append(v-1, row(v))
			if fails = false; err != nil {
				if !errors.Is(err, errDisk) || a.Head() != v-1 {
					t.Fatalf("%s: %v, and it ends at %d", step, err, a.Head())
				}
				err = a.Append(v-1, row(v))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := versions(t, func(fn func(Row) error) error { return a.Rows(0, fn) }); len(got) != 12 {
			t.Errorf("%s: it holds %v", step, got)
		}
		if found := faults(t, dir); found != nil {
			t.Errorf("%s: %q", step, found)
		}
	}
}

// An erasure that is broken off at any step leaves segments that are whole, old or new, and nothing of what is to go once it was run again.
func TestARewriteCanBeBrokenOffAnywhere(t *testing.T) {
	without := func(r Row) ([]byte, error) {
		if r.Version == 3 || r.Version == 6 {
			return []byte("gone"), nil
		}
		return r.Data, nil
	}
	broken := 0
	for _, step := range []string{"write anew", "keep", "replace", "scrub"} {
		for at := 1; ; at++ {
			dir, passes := scratch(t), at
			filled(t, dir, 7, Options{Segment: 150})
			a := opened(t, dir, Options{Segment: 150, step: func(name string) error {
				if name == step {
					passes--
				}
				if passes == 0 {
					passes = -1
					return errDisk
				}
				return nil
			}})
			_, err := a.Rewrite(context.Background(), without)
			if err == nil {
				break
			}
			broken++
			if found := faults(t, dir); !errors.Is(err, errDisk) || found != nil {
				t.Fatalf("broken off at %s %d: %v, %q", step, at, err, found)
			}
			if at%2 == 0 { // as a process that was killed does
				if err := a.Close(); err != nil {
					t.Fatal(err)
				}
				a = opened(t, dir, Options{Segment: 150})
			}
			if _, err := a.Rewrite(context.Background(), without); err != nil {
				t.Fatal(err)
			}
			for _, v := range []deltasync.Version{3, 6} {
				if file := scan(t, dir, row(v).Data); file != "" {
					t.Errorf("broken off at %s %d, and run again: a trace is left in %s", step, at, file)
				}
			}
			if err := a.Append(7, row(8)); err != nil {
				t.Fatal(err)
			}
			if left := len(segments(t, dir)); left != len(a.line.segments) {
				t.Errorf("%d files for %d segments", left, len(a.line.segments))
			}
			n := 0
			if err := a.Rows(0, func(Row) error { n++; return nil }); err != nil || n != 8 {
				t.Errorf("broken off at %s %d, and run again: %d rows, %v", step, at, n, err)
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if broken != 9 {
		t.Errorf("it was broken off %d times alone", broken)
	}
}

// What stood in a segment's place is written over where it stood, and not only let go of.
func TestARewriteScrubsWhatStoodThere(t *testing.T) {
	dir := scratch(t)
	filled(t, dir, 3, Options{})
	stood, err := os.Open(segmentPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer stood.Close()
	a := opened(t, dir, Options{})
	changed, err := a.Rewrite(context.Background(), func(r Row) ([]byte, error) { return bytes.ToUpper(r.Data), nil })
	if err != nil || changed != 3 {
		t.Fatalf("%d rows, %v", changed, err)
	}
	var left bytes.Buffer
	if _, err := left.ReadFrom(stood); err != nil || left.Len() == 0 || len(bytes.Trim(left.Bytes(), "\x00")) > 0 {
		t.Errorf("%d bytes are left, %v: %.60q", left.Len(), err, left.Bytes())
	}
	if n, err := a.Rewrite(context.Background(), func(r Row) ([]byte, error) { return r.Data, nil }); n != 0 || err != nil {
		t.Errorf("nothing was to change: %d, %v", n, err)
	}
}

func scan(t *testing.T, dir string, secret []byte) string {
	t.Helper()
	found := ""
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, secret) {
			found = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Whatever bytes stand in a segment's place, they are read or refused.
func FuzzSegment(f *testing.F) {
	dir := scratch(f)
	filled(f, dir, 3, Options{})
	whole, err := os.ReadFile(segmentPath(dir, 1))
	if err != nil {
		f.Fatal(err)
	}
	for _, cut := range []int{0, 1, headerSize - 1, headerSize, headerSize + 3, len(whole) - 1, len(whole)} {
		f.Add(whole[:cut])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := scratch(t)
		if err := os.WriteFile(segmentPath(dir, 1), b, 0o600); err != nil {
			t.Fatal(err)
		}
		found := faults(t, dir)
		a, err := Open(dir, "store", Options{})
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrOtherStore) {
				t.Fatal(err)
			}
			return
		}
		defer a.Close()
		if len(found) > 0 {
			t.Fatalf("it was opened, and has the fault %q", found)
		}
		head := a.Head()
		if head >= deltasync.MaxInteger {
			return
		}
		if err := a.Append(head, Row{head + 1, []byte("on")}); err != nil {
			t.Fatal(err)
		}
		if data, ok, err := a.Holds(head + 1); err != nil || !ok || string(data) != "on" {
			t.Fatalf("%q, %t, %v", data, ok, err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, rows := range []int{1, 100} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			a := opened(b, b.TempDir(), Options{})
			data := bytes.Repeat([]byte("x"), 400)
			b.SetBytes(int64(rows * len(data)))
			v := deltasync.Version(0)
			for b.Loop() {
				after := v
				var add []Row
				for range rows {
					v++
					add = append(add, Row{v, data})
				}
				if err := a.Append(after, add...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
