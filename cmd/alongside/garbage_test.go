package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

func TestHeapGrowsByMoreWhileItIsSmall(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 10 << 20: 400, 48 << 20: 200, 96 << 20: 100, 4 << 30: 100} {
		if got := growth(live); got != want {
			t.Errorf("with %d MB live it may grow by %d %%, want %d", live>>20, got, want)
		}
	}
}

func TestGrowthFollowsWhatIsLive(t *testing.T) {
	t.Setenv("GOGC", "")
	percent := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	until := func(want func(uint64) bool) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); !want(percent()); {
			if time.Now().After(end) {
				t.Fatalf("the heap may grow by %d %%", percent())
			}
			runtime.GC()
			time.Sleep(time.Millisecond)
		}
	}
	tuneGarbage()
	until(func(p uint64) bool { return p > 100 })
	held := make([][]byte, 128)
	for i := range held {
		held[i] = make([]byte, 1<<20)
	}
	until(func(p uint64) bool { return p == 100 })
	runtime.KeepAlive(held)
	held = nil
	until(func(p uint64) bool { return p > 100 })
}
