// Package simulate has phones at work against a server: Load over real HTTP, for `alongside simulate`; and, in its tests, phones,
// desks and a whole server that live through bad weeks, where what is left is held against a store that is obviously right.
//
// Its choices:
//
//   - A run is a story: lines in the language of the protocol's scripts (storetest), made from a seed. So a run can be read,
//     told again, and cut down to what matters, and what is left of a failure is a script.
//   - Phones are the Go client with its own file, the server is the real one with its real store and archive behind
//     net/http, over connections in memory. All of it lives in a testing/synctest bubble, where weeks take milliseconds.
//   - What leaves the server is looked at byte by byte: nothing of a person reaches who may not see them at that moment.
//   - In the end all faults cease and everybody syncs. Then each phone is held against storetest.Maps, to which the log has been replayed,
//     and each acknowledged op is to stand in a field, a kept value or the history, or to wait.
//   - Lines run one after another, but for "together". So the same seed gives the same run, byte for byte.
package simulate
