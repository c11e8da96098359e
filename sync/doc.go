// Package deltasync is what is true in Alongside: the protocol by which phones and the office converge, and the merge
// of what they wrote apart. PROTOCOL.md beside it says the same for people who write a client.
//
// Its choices:
//
//   - It is pure. It reads the clock only through Engine.Now, holds no lock, starts no goroutine and does no I/O; a small
//     Store gives it transactions. So the same code runs over bbolt in the server, over maps in tests, and inside a
//     simulated day.
//   - One sequence for the whole store. Each durable fact takes the next Version of the log, and each record stands in
//     its scope's index once, at its latest version: a pull costs what changed, not what exists.
//   - Concurrency is found per field, by comparing versions with what the person was looking at (an op's base). Clocks
//     are shown to people and pick which of two values stands first; they order nothing.
//   - Both values are kept. An op that cannot take effect is kept too, as a record that a coordinator can open. So the
//     engine has no path on which words are dropped.
//   - Access is worked out from the log, in the transaction that reads. A cursor says where a client stands, never what
//     it may see.
package deltasync
