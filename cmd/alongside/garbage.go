package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// What a server holds is small, some tens of megabytes, and Go by itself collects garbage when the heap has doubled: many
// times a second. So it may grow by more while it is small, and by no more than itself once it is not.
const (
	spare = 96 << 20 // bytes of garbage that nobody minds
	most  = 400      // percent, by which even the smallest heap grows at most
)

// growth is by how much of what is live the heap may grow, in percent.
func growth(live uint64) int {
	return int(min(max(100*spare/max(live, 1), 100), most))
}

// tuneGarbage holds the growth to what is live, anew after each collection. Who has set GOGC has decided.
func tuneGarbage() {
	if os.Getenv("GOGC") != "" {
		return
	}
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := 0
	var again func(*cycle)
	again = func(c *cycle) {
		metrics.Read(sample)
		if now := growth(sample[0].Value.Uint64()); now != set {
			set = now
			debug.SetGCPercent(now)
		}
		runtime.SetFinalizer(c, again)
	}
	again(&cycle{})
}

// cycle is garbage that a collection finds, which tells that there was one.
type cycle struct{ _ [4]uint64 }
