// Package crash holds tests that end the real program from outside, at moments that nobody chose, and look at what is
// left: every op that a phone was told to be there is there, the store is without a fault, and phones go on.
//
// Its choices:
//
//   - SIGKILL at random moments under load (make crash) tests the order of writes, not the disk: the system keeps what a
//     killed process has written. The same at each system call of a commit, by strace, leaves no moment out.
//   - Power loss (make powerloss) is a file system of our own on a loop device that is shut down under the server
//     (EXT4_IOC_SHUTDOWN, without flushing its journal): what was not synced is gone. A control runs the same with a
//     store that does not wait for the disk, and has to lose: else the method would prove nothing.
//   - Where a tool or a right is missing a test says "not run". It never passes for want of them.
package crash
