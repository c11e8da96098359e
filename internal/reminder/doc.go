// Package reminder reaches people before an appointment and after one that was missed, brings their answers into the worker's day, and sees to
// it that a missed appointment ends with somebody acting.
//
// Its choices:
//
//   - All of it is a follower of the log. What it makes of a person (their agenda) and when they are next to be looked at (the due queue) stand
//     in the same store, in the commit that says how far it has read: nothing is forgotten in a crash, and nothing is done twice.
//   - The queue holds one moment for each person. At that moment everything is looked at again, in the transaction that claims a message: what
//     was planned is never believed, only what stands.
//   - What is sent, asked or put on a worker's list is a record of the person, written through the engine as "system/reminder", with an id that
//     follows from what it is about. So a repeat is no second message, phones see what was sent, and an erasure takes it away.
//   - A message is claimed before it is sent, and what became of it is written after. Where the process ended between, a way whose provider can be
//     asked is asked; a way on which a repeat takes the first one's place repeats; else it is unknown, and is not sent again.
//   - Nothing is sent late. What could not be sent in its time is written down as dropped.
//   - What two people wrote apart is read restrictively: any cancelled, closed, died or withdrawn that stands ends every message.
//   - The person answers as themselves, "person/ID". An answer that wants something stays open until a worker has dealt with it.
//   - The ladder ends with a named human being acting, never with a discharge.
package reminder
