package bench

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// mark is one figure of a row, beside what it is to reach.
type mark struct {
	what       string // of the row's figures; empty: it is the only one
	got        float64
	least, aim float64
	as         func(float64) string
	higher     bool // more is better
}

func (m mark) reached() string {
	beyond := func(limit float64) bool { return m.higher && m.got >= limit || !m.higher && m.got <= limit }
	switch {
	case beyond(m.aim):
		return "aim"
	case beyond(m.least):
		return "least"
	}
	return "no"
}

// row is one line of work.
type row struct {
	work   string
	marks  []mark
	beside string // what else was seen
}

// table is what a run comes to.
type table struct {
	out  io.Writer
	rows []row
}

// add keeps a row, and says it at once: a run takes minutes.
func (t *table) add(r row) {
	t.rows = append(t.rows, r)
	var got []string
	for _, m := range r.marks {
		got = append(got, strings.TrimSpace(m.as(m.got)+" "+m.what))
	}
	fmt.Fprintf(t.out, "%s: %s (%s)\n", r.work, strings.Join(got, ", "), r.beside)
}

// write gives all rows, a line for each figure.
func (t *table) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "work\tfigure\tat least\taim\treached\tbeside")
	for _, r := range t.rows {
		for i, m := range r.marks {
			work, beside := r.work, r.beside
			if i > 0 {
				work, beside = "", ""
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", work, strings.TrimSpace(m.as(m.got)+" "+m.what), m.as(m.least), m.as(m.aim), m.reached(), beside)
		}
	}
	return w.Flush()
}

// machine says where and when.
func machine() string {
	model := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%s, %d × %s, %s %s, %s", time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), model,
		runtime.GOOS, strings.TrimSpace(string(kernel)), runtime.Version())
}

// How figures are written. Times are in milliseconds, sizes in bytes.
func inMillis(ms float64) string {
	switch {
	case ms >= 1000:
		return fmt.Sprintf("%.2f s", ms/1000)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.3f ms", ms)
}

func inBytes(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", n/1e6)
	case n >= 10e3:
		return fmt.Sprintf("%.1f kB", n/1e3)
	}
	return fmt.Sprintf("%.0f B", n)
}

func inKiB(n float64) string   { return fmt.Sprintf("%.1f KiB", n/1024) }
func aSecond(n float64) string { return fmt.Sprintf("%.0f/s", n) }
func times(n float64) string   { return fmt.Sprintf("%.2f×", n) }
func fsyncs(n float64) string  { return fmt.Sprintf("%.1f fsyncs", n) }

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantile is what so large a part of the values does not exceed.
func quantile[T int64 | float64 | time.Duration](all []T, part float64) T {
	if len(all) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(all))
	return s[min(int(part*float64(len(s))), len(s)-1)]
}

func median[T int64 | float64 | time.Duration](all []T) T { return quantile(all, 0.5) }
