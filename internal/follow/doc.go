// Package follow reads the log of a store as it grows: the log is the queue of everything that happens after a write.
//
// Its choices:
//
//   - A follower reads, it is not called. No writer waits for one, and one that was down finds everything where it
//     left off.
//   - An entry is handed over after the read transaction has ended, as a copy, so that whoever follows may take its
//     time, write, and reach over the network.
//   - Where a follower stands is its own to keep, in the same transaction as what it makes of the entries: then a
//     crash neither loses nor repeats an effect. One that keeps no place starts at the head.
package follow
