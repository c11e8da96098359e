// Package boltstore keeps the store in one file, on bbolt: what deltasync and auth ask for, and what an operator needs,
// which is to check it, back it up and put a backup in its place.
//
// Its choices:
//
//   - What is written in bulk goes where keys only grow: the log, by version, packed full. Client-made ids, which would
//     scatter writes over the file, stand only in small lookups.
//   - A record stands at its scope and version with its wire body in the same row, as its row's end. So a pull is a scan
//     that decodes nothing, and an unchanged scope is one comparison with what memory holds of it.
//   - A row says beside the body only what the body does not: whose edit each value is, where that is not the usual one.
//   - One goroutine writes. Whatever has come while one commit ran shares the next; there is no timer. After a commit
//     that failed nobody knows what the disk holds, so the store closes to all.
//   - Every row begins with a checksum of its key and value, and before bbolt may open a file a walk sees that each page
//     is one that bbolt would have written: bbolt itself would follow a flipped bit out of the mapping.
//   - bbolt's list of free pages is not written with each commit, but found at Open, which walks the file anyway.
//
// The tables:
//
//	meta      format, store, secret, numbers, head with the epoch, and which entry told of the last backup
//	log       version → entry
//	records   scope number, version → head, origins, wire body
//	where     record → scope number, version
//	numbers   class, name → number; names the reverse. Scopes, clients and users have numbers.
//	opids     user number, op id or group → version
//	opnums    client number, last op number of a run → its first, and a version for each
//	counters  client → through, safe
//	access    scope → JSON;  grants: principal, scope → generation;  grantlog: principal, version → scope, generation, end
//	due       moment, scope → nothing
//	held      scope, record, client, op number → what was held
//	derived   follower's table, key → scope, value;  derivedof: scope, key of derived → nothing
//	pulls     client → how far it has confirmed and was served, in which epoch: seen, not a fact of the log
//	users clients codes families keys    id → JSON, which is the fact of the entry that put it
//
// All that a table holds beside log and meta follows from the log, and Check holds one against the other.
package boltstore
