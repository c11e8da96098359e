// Package bench measures the program as phones meet it: the built binary in a process of its own, over HTTP. It prints
// figures and judges none; `make bench` runs it.
//
// Its choices:
//
//   - The processor time is the server's alone, read from /proc, so that what the load costs does not count.
//   - Requests are prepared before the clock starts, and of a response only what the next request needs is looked at.
//   - Each run says how long the disk takes to make an append of a batch's size durable, without which no rate means
//     anything.
package bench
