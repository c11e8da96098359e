package simulate

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "tell the story of this seed alone, and print it")
	stepsFlag = flag.Int("steps", 30, "how many steps a story has")
	countFlag = flag.Int("seeds", 0, "how many fresh seeds to run; 0: some hundred")
	firstFlag = flag.Uint64("first", 0, "the first of them; 0: by the clock")
)

// scratch is a folder in memory, if there is one: what is proved here is not that a disk keeps what it was told to.
func scratch(t testing.TB) string {
	t.Helper()
	const memory = "/dev/shm"
	if _, err := os.Stat(memory); err != nil {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "alongside-sim-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// tell tells a story to its end in a bubble of its own, and gives what was wrong.
func tell(t *testing.T, seed uint64, lines []string) (digest string, wrong error) {
	dir, err := os.MkdirTemp(scratch(t), "story-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(seed, dir)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if wrong = s.Tell(lines...); wrong == nil {
			wrong = s.Rest()
		}
		if wrong == nil {
			digest = s.digest()
		}
		if err := s.Close(); err != nil && wrong == nil {
			wrong = fmt.Errorf("in the end: %w", err)
		}
	})
	return digest, wrong
}

func story(seed uint64, steps int) []string {
	return append(append([]string{}, Cast...), Lines(seed, steps)...)
}

// Whatever a seed brings about: phones agree with the store, nothing is lost, nobody gets what is not theirs.
func TestFreshSeeds(t *testing.T) {
	if *seedFlag != 0 {
		lines := story(*seedFlag, *stepsFlag)
		t.Logf("the story of seed %d:\n%s", *seedFlag, strings.Join(lines, "\n"))
		if digest, wrong := tell(t, *seedFlag, lines); wrong != nil {
			t.Fatalf("%v\n\n%s", wrong, report(t, *seedFlag, lines))
		} else {
			t.Log("all is well; the log has the digest ", digest)
		}
		return
	}
	first, count := *firstFlag, *countFlag
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	if count == 0 {
		count = 200
	}
	t.Logf("%d seeds from %d on", count, first)
	seeds := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for seed := range seeds {
				lines := story(seed, *stepsFlag)
				if _, wrong := tell(t, seed, lines); wrong != nil {
					t.Errorf("seed %d: %v\n\n%s", seed, wrong, report(t, seed, lines))
				}
			}
		})
	}
	go func() {
		defer close(seeds)
		for i := range uint64(count) {
			seeds <- first + i
		}
	}()
}

// Stories that once showed a fault, or a judge who saw one where there was none, are told for ever.
func TestStoriesThatOnceFailed(t *testing.T) {
	raw, err := os.ReadFile("testdata/stories.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, stories, _ := strings.Cut(string(raw), "-- ")
	for _, told := range strings.Split(stories, "\n-- ") {
		name, lines, _ := strings.Cut(told, "\n")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seed uint64
			if _, err := fmt.Sscanf(name, "seed %d", &seed); err != nil {
				t.Fatal(err)
			}
			if _, wrong := tell(t, seed, append(slices.Clone(Cast), strings.Split(lines, "\n")...)); wrong != nil {
				t.Error(wrong)
			}
		})
	}
}

// The same seed brings about the same log, byte for byte.
func TestASeedIsTheSameEachTime(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		var lines []string
		for _, line := range story(seed, 30) {
			if !strings.HasPrefix(line, "together") { // what happens at the same time is for the scheduler to order
				lines = append(lines, line)
			}
		}
		first, _ := tell(t, seed, lines)
		for range 2 {
			if again, _ := tell(t, seed, lines); again != first {
				t.Errorf("seed %d: %s, and %s when it was told again", seed, first, again)
			}
		}
	}
}

func report(t *testing.T, seed uint64, lines []string) string {
	short := Shrink(lines, len(Cast), func(lines []string) bool {
		_, wrong := tell(t, seed, lines)
		return wrong != nil && !errors.Is(wrong, ErrLine)
	})
	_, wrong := tell(t, seed, short)
	return fmt.Sprintf("%v\n\n%s\n\nAgain: make sim SEED=%d STEPS=%d", wrong, strings.Join(short, "\n"), seed, *stepsFlag)
}
