// Package client is a phone's whole side of the sync (PROTOCOL §2 to §7): what it wrote and has not sent, what it knows, and
// the exchange between the two. A Phone is one folder; everything that a call has said is done stands in it.
//
// Its choices:
//
//   - An edit is durable before Edit returns, with its number, its id and the version that the person was looking at.
//     Nothing takes it out again but an answer of the server, and what was held or rejected stays listed after that.
//   - An op that the server holds but no backup of it does is kept, and offered again to a server that was restored.
//     So the phones of a partnership are a backup of its last days.
//   - Pages are staged on disk, whole ones only, and the view changes in one transaction when a run is complete. A
//     phone that has never completed one shows each scope as soon as it is whole.
//   - After each run the phone counts what it stores, not what it was sent, and compares. What differs is fetched again
//     within the same Sync, and counted, since it is a fault.
//   - Sync returns when phone and server agree, or says why they do not. Whatever stopped it, calling it again goes on
//     from there.
//   - Frames are kept as the bytes that came, so that what this version does not know survives it.
package client
