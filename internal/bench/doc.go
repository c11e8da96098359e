// Package bench measures the program as phones meet it: the built binary in a process of its own, over HTTP. It prints
// figures and holds them against what they are to reach, but fails nothing by them; `make bench` runs it.
//
// Its choices:
//
//   - The processor time is the server's alone, read from /proc, so that what the load costs does not count. Where the
//     time on the wall is what somebody waits for, that is taken, with the load on the same processors.
//   - Requests are prepared before the clock starts, and of a response only what the next request needs is looked at.
//   - Each run says what the machine itself gives: how long an append of a batch's size takes to be durable, what a bare
//     Echo handler takes, and what bbolt takes for puts of the same size. Without them no figure means anything.
//   - What differs from run to run is measured several times, and the median is given.
package bench
