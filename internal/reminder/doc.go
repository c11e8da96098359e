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
//
// When a reminder goes:
//
//   - At its lead, or where quiet time falls on that, at the last allowed minute before: an evening early is better than a night. If that has
//     passed when the appointment becomes known, a longer lead is left out, and the last one goes at the next allowed minute, if that is an hour or more
//     before; else it is written down as dropped.
//   - Late by half its lead at most, and no more than 12 hours; the last one, where quiet time has moved it, up to an hour before.
//   - What is due within 15 minutes goes as one. The last message that a day allows takes along what the rest of the day would have brought.
//   - To who has said that they are coming, the last one alone. To who has said that they can't, or want another time, none for that time until a worker
//     has dealt with it or moved it.
//   - While a person is paused only what was planned since: an appointment from before may be meant or not, one from after is.
//   - A consent counts from when the server has it, and not if a withdrawal in any other record came after it.
//   - What a person has said of hours and cannot be read stops everything, and a worker is asked to write it otherwise.
//
// How it is known what was said: each message lists keys, one for each appointment at its time and lead. A key that is on a message which was sent, may have
// been, or was dropped is never claimed again; so what messages are joined with, and by which way they go, changes nothing. A moved
// appointment has other keys. While a message is under way its person is looked at again every minute, which finds what a process that ended
// has left behind.
//
// What the steps after a miss say to each other: one that is done has reached the person, and ends the ladder; one that is skipped, or has
// expired, brings the next. A step that reminders have ended themselves opens again if what had ended it is written otherwise. Contact is a support
// at a time after the appointment began, any answer or text that came after the miss was noted, and a later appointment that they came to.
package reminder
