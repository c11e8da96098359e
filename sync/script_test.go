package deltasync_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

var update = flag.Bool("update", false, "write what happened into the scripts")

// The protocol as scripts: what each says is what happens.
func TestScriptsSayWhatHappens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld()
			got, err := w.Play(string(want))
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Replayed(t.Context()); err != nil {
				t.Error(err)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want) {
				t.Errorf("it happened otherwise:\n%s", diff(string(want), got))
			}
		})
	}
}

func newWorld() *storetest.World {
	return storetest.NewWorld(casework.Kinds(), func(now func() time.Time) storetest.Book { return storetest.NewMaps(now) })
}

// diff shows the first lines in which two texts differ.
func diff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	part := func(s []string) string { return strings.Join(s[max(0, i-3):min(len(s), i+8)], "\n") }
	return "want:\n" + part(w) + "\ngot:\n" + part(g)
}

var _ deltasync.Store = (*storetest.Maps)(nil)
