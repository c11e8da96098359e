package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	deltasync "alongside/sync"
)

func opened(t testing.TB, dir string, o Options) *Archive {
	t.Helper()
	a, err := Open(dir, "store", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// scratch is a folder in memory, if the machine has such: what a disk keeps is proven in internal/crash.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "archive-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func row(v deltasync.Version) Row { return Row{v, fmt.Appendf(nil, "entry %d of the log", v)} }

// filled is an archive with rows 1 to n, closed.
func filled(t testing.TB, dir string, n deltasync.Version, o Options) {
	t.Helper()
	a := opened(t, dir, o)
	for v := deltasync.Version(1); v <= n; v++ {
		if err := a.Append(v-1, row(v)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func versions(t testing.TB, rows func(func(Row) error) error) (all []deltasync.Version) {
	t.Helper()
	err := rows(func(r Row) error {
		if want := row(r.Version); !bytes.Equal(r.Data, want.Data) {
			return fmt.Errorf("row %d says %q", r.Version, r.Data)
		}
		all = append(all, r.Version)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func faults(t testing.TB, dir string) (all []string) {
	t.Helper()
	if err := Check(dir, func(f string) { all = append(all, f) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// model is what an archive is to hold.
type model struct {
	line []Row // in order
	all  []Row // those that are no longer part of it too, in the order of the files
}

func (m *model) append(after deltasync.Version, rows []Row) {
	m.line = slices.DeleteFunc(m.line, func(r Row) bool { return r.Version > after })
	m.line = append(m.line, rows...)
	m.all = append(m.all, rows...)
}

// Whatever is done to an archive, and wherever its segments end, it holds what a plain list does.
func TestArchiveIsAListOfRows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(scratch(t), "archive")
		if err != nil {
			rt.Fatal(err)
		}
		o := Options{Segment: int64(rapid.IntRange(1, 600).Draw(rt, "segment"))}
		a := opened(t, dir, o)
		defer func() { _ = a.Close() }()
		var m model
		draw := func(after deltasync.Version) (rows []Row) {
			for range rapid.IntRange(1, 5).Draw(rt, "rows") {
				after += deltasync.Version(rapid.IntRange(1, 3).Draw(rt, "gap"))
				rows = append(rows, Row{after, rapid.SliceOfN(rapid.Byte(), 0, 120).Draw(rt, "data")})
			}
			return rows
		}
		add := func(rt *rapid.T, after deltasync.Version) {
			rows := draw(after)
			if err := a.Append(after, rows...); err != nil {
				rt.Fatal(err)
			}
			m.append(after, rows)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) { add(rt, a.Head()) },
			"branch": func(rt *rapid.T) {
				add(rt, deltasync.Version(rapid.Uint64Range(0, uint64(a.Head())).Draw(rt, "after")))
			},
			"sync": func(rt *rapid.T) {
				if err := a.Sync(); err != nil {
					rt.Fatal(err)
				}
			},
			"reopen": func(rt *rapid.T) {
				if err := a.Close(); err != nil {
					rt.Fatal(err)
				}
				a = opened(t, dir, o)
			},
			"rewrite": func(rt *rapid.T) {
				odd := func(r Row) []byte {
					if r.Version%2 == 1 {
						return []byte("x")
					}
					return slices.Clone(r.Data)
				}
				if _, err := a.Rewrite(context.Background(), func(r Row) ([]byte, error) { return odd(r), nil }); err != nil {
					rt.Fatal(err)
				}
				for _, list := range [][]Row{m.line, m.all} {
					for i := range list {
						list[i].Data = odd(list[i])
					}
				}
			},
			"": func(rt *rapid.T) {
				after := deltasync.Version(rapid.Uint64Range(0, uint64(a.Head())+2).Draw(rt, "from"))
				var got []Row
				keep := func(r Row) error { got = append(got, Row{r.Version, slices.Clone(r.Data)}); return nil }
				same := func(a, b Row) bool { return a.Version == b.Version && bytes.Equal(a.Data, b.Data) }
				if err := a.Rows(after, keep); err != nil {
					rt.Fatal(err)
				}
				i := slices.IndexFunc(m.line, func(r Row) bool { return r.Version > after })
				if i < 0 {
					i = len(m.line)
				}
				if want := m.line[i:]; !slices.EqualFunc(got, want, same) {
					rt.Fatalf("above %d it holds %v, not %v", after, got, want)
				}
				data, ok, err := a.Holds(after)
				j := slices.IndexFunc(m.line, func(r Row) bool { return r.Version == after })
				if err != nil || ok != (j >= 0) || ok && !bytes.Equal(data, m.line[j].Data) {
					rt.Fatalf("at %d it holds %q, %t, %v", after, data, ok, err)
				}
				l, err := Read(dir)
				if err != nil {
					rt.Fatal(err)
				}
				got = nil
				if err := l.All(keep); err != nil || !slices.EqualFunc(got, m.all, same) || l.Torn != 0 {
					rt.Fatalf("in its files it holds %v, not %v: %v", got, m.all, err)
				}
			},
		})
	})
}

// wounded calls fn with copies of an archive whose last segment was changed.
func wounded(t *testing.T, dir string, last string, as []byte) string {
	t.Helper()
	to := scratch(t)
	if err := os.CopyFS(filepath.Join(to, "a"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "a", last), as, 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(to, "a")
}

func segments(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "segment-*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	return paths
}

// Wherever a machine went down while the last rows were written, what was whole before is there, and the archive goes on.
func TestAnEndThatIsNotWholeIsCutOff(t *testing.T) {
	dir := scratch(t)
	filled(t, dir, 5, Options{Segment: 1 << 20})
	name := segments(t, dir)[0]
	whole, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	frame := frameHead + len(row(1).Data)
	for at := range whole {
		for tail, junk := range map[string][]byte{"": nil, "zeros": make([]byte, 40), "what stood on the disk": bytes.Repeat([]byte{0xa5, 1, 7}, 20)} {
			cut := append(bytes.Clone(whole[:at]), junk...)
			dir := wounded(t, dir, name, cut)
			if at < headerSize && len(cut) > headerSize {
				if _, err := Open(dir, "store", Options{}); !errors.Is(err, ErrDamaged) {
					t.Fatalf("cut at %d, then %s: %v", at, tail, err)
				}
				continue
			}
			a := opened(t, dir, Options{})
			want := deltasync.Version(max(0, at-headerSize) / frame)
			if a.Head() != want {
				t.Fatalf("cut at %d, then %s: it ends at %d, not %d", at, tail, a.Head(), want)
			}
			if err := a.Append(want, row(want+1)); err != nil {
				t.Fatal(err)
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			l, err := Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			got := versions(t, func(fn func(Row) error) error { return l.Rows(0, fn) })
			if len(got) != int(want)+1 || l.Torn != 0 {
				t.Fatalf("cut at %d, then %s: %v, %d bytes torn", at, tail, got, l.Torn)
			}
		}
	}
}

// A byte that is not as it was written is noticed, and never read as if it were. Only the very last row may be taken for one that was never finished: the store
// still has it, and archives it again.
func TestEveryWrongByteIsNoticed(t *testing.T) {
	dir := scratch(t)
	filled(t, dir, 7, Options{Segment: 150})
	names := segments(t, dir)
	if len(names) < 3 {
		t.Fatalf("%d segments", len(names))
	}
	for i, name := range names {
		whole, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		lastFrame := len(whole) - frameHead - len(row(1).Data)
		for at := range whole {
			for _, with := range []byte{0x01, 0x80, 0xff} {
				wrong := bytes.Clone(whole)
				wrong[at] ^= with
				dir := wounded(t, dir, name, wrong)
				if i == len(names)-1 && at >= lastFrame {
					l, err := Read(dir)
					if err != nil || l.Torn == 0 || l.Head() != 6 {
						t.Fatalf("%s, byte %d: %v, it ends at %d", name, at, err, l.Head())
					}
					continue
				}
				found := faults(t, dir)
				if len(found) != 1 || !strings.Contains(found[0], name) || !strings.Contains(found[0], "move the archive aside") {
					t.Fatalf("%s, byte %d: %q", name, at, found)
				}
			}
		}
	}
}

func TestWhatIsNoArchiveIsRefused(t *testing.T) {
	build := func(t *testing.T) string {
		dir := scratch(t)
		filled(t, dir, 7, Options{Segment: 150})
		return dir
	}
	for name, c := range map[string]struct {
		wound func(t *testing.T, dir string) error
		want  error
	}{
		"a segment is missing":         {func(_ *testing.T, dir string) error { return os.Remove(segmentPath(dir, 2)) }, ErrDamaged},
		"the first segment is missing": {func(_ *testing.T, dir string) error { return os.Remove(segmentPath(dir, 1)) }, ErrDamaged},
		"a segment by another's name":  {func(_ *testing.T, dir string) error { return os.Rename(segmentPath(dir, 3), segmentPath(dir, 4)) }, ErrDamaged},
		"two segments in each other's place": {func(_ *testing.T, dir string) error {
			return errors.Join(os.Rename(segmentPath(dir, 1), dir+"/x"), os.Rename(segmentPath(dir, 2), segmentPath(dir, 1)), os.Rename(dir+"/x", segmentPath(dir, 2)))
		}, ErrDamaged},
		"a name that is no segment's": {func(_ *testing.T, dir string) error { return os.WriteFile(dir+"/segment-2.log", nil, 0o600) }, ErrDamaged},
		"a segment of another store": {func(t *testing.T, dir string) error {
			other := scratch(t)
			a, err := Open(other, "another", Options{Segment: 150})
			if err != nil {
				return err
			}
			for v := deltasync.Version(1); v <= 7; v++ {
				err = errors.Join(err, a.Append(v-1, row(v)))
			}
			return errors.Join(err, a.Close(), os.Rename(segmentPath(other, 2), segmentPath(dir, 2)))
		}, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := build(t)
			if err := c.wound(t, dir); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir, "store", Options{}); !errors.Is(err, c.want) {
				t.Error(err)
			}
			if found := faults(t, dir); len(found) != 1 {
				t.Errorf("%q", found)
			}
		})
	}
	dir := build(t)
	if _, err := Open(dir, "another", Options{}); !errors.Is(err, ErrOtherStore) {
		t.Errorf("opened for another store: %v", err)
	}
	opened(t, dir, Options{})
	if _, err := Open(dir, "store", Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
}

func TestRowsThatCannotFollowAreRefused(t *testing.T) {
	a := opened(t, scratch(t), Options{})
	for name, rows := range map[string][]Row{
		"the same version":      {row(4)},
		"one below":             {row(3)},
		"not in order":          {row(6), row(5)},
		"no version":            {{Version: deltasync.MaxInteger + 1}},
		"more than a row holds": {{5, make([]byte, mostData+1)}},
	} {
		if err := a.Append(4, rows...); err == nil || a.Head() != 0 {
			t.Errorf("%s: %v, and it ends at %d", name, err, a.Head())
		}
	}
}
