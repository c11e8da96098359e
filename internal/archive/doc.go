// Package archive keeps a store's log a second time, as segments to which only ever something is added, best on another
// disk. With it a restore of an older backup undoes nothing: what came after the backup is replayed.
//
// Its choices:
//
//   - A row is what the store keeps of an entry, opaque here. That the log is kept, and not what commits changed in tables, makes the
//     archive as small as it can be, lets another version of the program replay it, and leaves one form to erase.
//   - A segment is a file: a header that names the store, the segment's number and the version that stands before it in the log,
//     then frames. A frame's checksum is over its version and its segment's header too, so that none passes in another place.
//   - A store that was restored without its archive goes another way from some version on. Then a segment begins whose
//     header names that version: what stands above it in earlier segments is no longer part of the line. It stays, since it was
//     written down by somebody, and an erasure reaches it.
//   - Only the last segment may end in a frame that is not whole: the machine went down before Sync. Such an end is cut off, if no whole frame
//     follows it. Everything else that is not as it was written is damage, and is left as it is.
//   - An erasure alone rewrites: a segment is written anew beside itself, put in its place, and what stood there is overwritten before it
//     is let go.
package archive
