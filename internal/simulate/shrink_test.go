package simulate

import "slices"

// Shrink cuts lines out of a story for as long as it still fails, but for the first few, and gives what is left.
func Shrink(lines []string, keep int, fails func([]string) bool) []string {
	rest := slices.Clone(lines[keep:])
	for size := len(rest) / 2; size > 0; {
		cut := false
		for at := 0; at+size <= len(rest); {
			shorter := slices.Delete(slices.Clone(rest), at, at+size)
			if fails(append(slices.Clone(lines[:keep]), shorter...)) {
				rest, cut = shorter, true
			} else {
				at += size
			}
		}
		if !cut || size > 1 {
			size /= 2
		}
		if size == 0 && cut {
			size = 1
		}
	}
	return append(slices.Clone(lines[:keep]), rest...)
}
