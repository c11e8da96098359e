// Package hostile holds tests in which the real program meets callers who mean it no good: while they are at it honest
// phones get through, and memory stays bounded. Each attack is bounded in count and time, and stays on this machine.
package hostile
