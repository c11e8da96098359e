package demo

import (
	"math/rand/v2"
	"time"
)

// dice is where all chance comes from. A day has its own.
type dice struct{ *rand.Rand }

func diceOf(day time.Time) dice {
	y, m, d := day.Date()
	return dice{rand.New(rand.NewPCG(uint64(y)*10_000+uint64(m)*100+uint64(d), 20231))}
}

// chance is true p times of 100.
func (d dice) chance(p int) bool { return d.IntN(100) < p }

// between gives a number from low to high.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// some gives n different ones.
func some[T any](d dice, from []T, n int) []T {
	out := make([]T, 0, n)
	for _, i := range d.Perm(len(from))[:min(n, len(from))] {
		out = append(out, from[i])
	}
	return out
}
