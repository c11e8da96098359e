package bench

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// size says how much is sent.
type size struct {
	clients, people, perPerson, batch int // perPerson: records of each person, the person among them
	connections, idle                 int // idle: syncs of each connection with nothing new
	rounds                            int // of pushing a little and pulling a little
	appends                           int // by which the disk is judged
	rate                              int // round trips a second that are offered
	lasts                             time.Duration
	mondayPhones, mondayOps           int
	liveConnections, reached          int
	settles                           time.Duration // until memory is looked at

	// Of the store that grows, whose workers are few, so that its first size is small:
	growers     int
	sizes       []int // records
	fillPeople  int   // of each worker who fills it
	coordinated int   // people whom a coordinator sees, beside those of the measured workers
}

var (
	full = size{clients: 20, people: 30, perPerson: 33, batch: 100, connections: 50, idle: 60, rounds: 20, appends: 200, rate: 200, lasts: 20 * time.Second,
		mondayPhones: 40, mondayOps: 200, liveConnections: 10_000, reached: 100, settles: 5 * time.Second,
		growers: 10, sizes: []int{9_900, 100_000, 1_000_000, 2_000_000}, fillPeople: 300, coordinated: 4700}
	quick = size{clients: 20, people: 30, perPerson: 33, batch: 100, connections: 50, idle: 30, rounds: 10, appends: 100, rate: 200, lasts: 5 * time.Second,
		mondayPhones: 40, mondayOps: 200, liveConnections: 1000, reached: 100, settles: 2 * time.Second,
		growers: 10, sizes: []int{9_900, 50_000, 150_000}, fillPeople: 300, coordinated: 4700}
	tiny = size{clients: 2, people: 3, perPerson: 5, batch: 4, connections: 3, idle: 2, rounds: 2, appends: 5, rate: 50, lasts: 200 * time.Millisecond,
		mondayPhones: 2, mondayOps: 8, liveConnections: 8, reached: 4, settles: 0,
		growers: 2, sizes: []int{30, 60}, fillPeople: 2, coordinated: 2}
)

var into = flag.String("into", "", "folder for the table (bench.txt) and the chart (bench.svg); empty: they are printed alone")

var steps = flag.Int("steps", 0, "only so many of the first measures, to look into them; 0: all")

// BenchmarkServer is one run of all measures, whose table is its result.
func BenchmarkServer(b *testing.B) { benchmark(b, full) }

// BenchmarkQuick is BenchmarkServer with a smaller store.
func BenchmarkQuick(b *testing.B) { benchmark(b, quick) }

func benchmark(b *testing.B, s size) {
	for range b.N {
		text, svg, err := run(b, s, os.Stdout)
		fmt.Print("\n", text)
		if err != nil {
			b.Fatal(err)
		}
		if *into == "" {
			continue
		}
		for name, content := range map[string]string{"bench.txt": text, "bench.svg": svg} {
			if err := os.WriteFile(filepath.Join(*into, name), []byte(content), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// TestRunMeasuresEverything keeps the benchmark running, with a load that means nothing.
func TestRunMeasuresEverything(t *testing.T) {
	text, svg, err := run(t, tiny, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bare Echo handler", "first push", "gzip", "zstd", "nothing new, 3", "push 3", "p99", "Monday", "three times", "live connections",
		"one op in each", "records in the store", "coordinator with", "bytes on disk", "start with", "memory, idle"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not have %q:\n%s", want, text)
		}
	}
	if !strings.Contains(svg, "</svg>") || strings.Contains(svg, "NaN") {
		t.Errorf("the chart is none:\n%s", svg)
	}
}

// run takes all measures, on two stores: one of the size that a partnership starts with, and one that grows.
func run(tb testing.TB, s size, out io.Writer) (text, svg string, err error) {
	l, err := measureLimits(tb, s)
	if err != nil {
		return "", "", err
	}
	head := machine() + "\n" + l.String() + "\n"
	fmt.Fprint(out, head)
	t := &table{out: out}
	points, err := t.measure(tb, s, l)
	var b strings.Builder
	fmt.Fprint(&b, head, "\n")
	if e := t.write(&b); err == nil {
		err = e
	}
	return b.String(), chart(points), err
}

func (t *table) measure(tb testing.TB, s size, l limits) ([]point, error) {
	w, err := newWorld(tb, s, l)
	if err != nil {
		return nil, err
	}
	err = w.young(t)
	w.server.stop()
	if err != nil {
		return nil, err
	}
	if *steps > 0 {
		return nil, nil
	}
	s.clients = s.growers
	if w, err = newWorld(tb, s, l); err != nil {
		return nil, err
	}
	defer func() { w.server.stop() }()
	points, err := w.growth(t)
	if err != nil {
		return points, err
	}
	return points, w.standing(t)
}

// young is what is measured of a store that is not large.
func (w *world) young(t *table) error {
	for i, step := range []func() (row, error){w.firstPush, w.firstPull, w.nothingNewRow, w.shared, w.offered, w.monday, w.overload, w.live} {
		if *steps > 0 && i >= *steps {
			break
		}
		if err := w.server.quiet(); err != nil {
			return err
		}
		r, err := step()
		if err != nil {
			return fmt.Errorf("%s: %w", r.work, err)
		}
		t.add(r)
	}
	return nil
}

// shared has caseloads shared before it measures what is done to them.
func (w *world) shared() (row, error) {
	if err := w.share(); err != nil {
		return row{}, err
	}
	return w.littleRow()
}
