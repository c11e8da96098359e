package bench

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// size says how much is sent.
type size struct {
	clients, people, records, batch int // records: of each person, the person among them
	connections, idle               int // idle: syncs of each connection with nothing new
	rounds                          int // of pushing a little and pulling a little
}

var (
	full  = size{clients: 20, people: 30, records: 33, batch: 100, connections: 50, idle: 60, rounds: 20}
	small = size{clients: 2, people: 3, records: 5, batch: 4, connections: 3, idle: 2, rounds: 2}
)

// BenchmarkServer is one run of all measures, whose table is its result.
func BenchmarkServer(b *testing.B) {
	for range b.N {
		if err := run(b, full, os.Stdout); err != nil {
			b.Fatal(err)
		}
	}
}

// TestRunMeasuresEverything keeps the benchmark running, with a load that means nothing.
func TestRunMeasuresEverything(t *testing.T) {
	var out strings.Builder
	if err := run(t, small, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"append and fsync", "first push", "gzip", "zstd", "nothing new", "push 3"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table does not have %q:\n%s", want, &out)
		}
	}
}

// measure is one row: what was done, how often, and what it took.
type measure struct {
	name     string
	each     string // what the processor time is given for
	times    int    // how many of those there were
	requests int
	took     time.Duration
	cpu      time.Duration
	up, down int64 // bytes of bodies, as packed
}

func run(tb testing.TB, s size, out io.Writer) error {
	srv, err := start(tb)
	if err != nil {
		return err
	}
	defer srv.stop()
	phones, err := srv.enrolled(s.clients)
	if err != nil {
		return err
	}
	load := &load{size: s, server: srv, phones: phones}
	steps := []func() (measure, error){
		load.firstPush,
		func() (measure, error) { return load.firstPull("gzip") },
		func() (measure, error) { return load.firstPull("zstd") },
		load.nothingNew,
		load.littleByLittle,
	}
	head(out)
	bytes, median, worst, err := disk(tb.TempDir(), s.batch)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "append and fsync of %s on the same disk: median %s, slowest of ten %s\n\n", amount(int64(bytes)), brief(median), brief(worst))
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\trequests\t\ttook\ta second\tserver CPU each\tup\tdown\t")
	for _, step := range steps {
		m, err := step()
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(t, "%s\t%d\t%d %s\t%s\t%.0f\t%s\t%s\t%s\t\n", m.name, m.requests, m.times, m.each, brief(m.took),
			float64(m.times)/m.took.Seconds(), brief(m.cpu/time.Duration(m.times)), amount(m.up), amount(m.down))
	}
	return t.Flush()
}

// head says where and when.
func head(out io.Writer) {
	machine := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				machine = strings.TrimSpace(value)
				break
			}
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	fmt.Fprintf(out, "%s, %d × %s, %s %s, %s\n", time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), machine,
		runtime.GOOS, strings.TrimSpace(string(kernel)), runtime.Version())
}

func brief(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(100 * time.Nanosecond).String()
}

func amount(bytes int64) string {
	switch {
	case bytes >= 1_000_000:
		return fmt.Sprintf("%.2f MB", float64(bytes)/1e6)
	case bytes >= 1000:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%d B", bytes)
}
