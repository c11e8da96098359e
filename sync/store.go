package deltasync

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
)

// Store keeps the log and what follows from it. storetest holds the suite that each implementation passes.
type Store interface {
	// View runs fn on one consistent state.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn alone. Nil: what it wrote is durable. Else the store is untouched. fn may run again.
	Update(ctx context.Context, fn func(WriteTx) error) error
}

// Tx reads one state of the store. Bytes and records that it hands out are valid until the transaction ends, and
// records are the caller's to change.
type Tx interface {
	Head() Version
	Epoch() Epoch
	Secret() []byte // 32 bytes made with the store, from which keys are derived

	Record(id RecordID) (*Record, error) // nil: there never was one
	ScopeHead(s Scope) (ScopeHead, error)
	// Changes calls fn for the records of a scope whose latest version is above after, in the order of versions,
	// until fn returns false.
	Changes(s Scope, after Version, fn func(Change) bool) error

	Counter(c ClientID) (Counter, error)
	OpByNumber(c ClientID, n uint64) (Version, error)             // 0: none
	OpByID(u UserID, id OpID) (Version, error)                    // 0: none
	GroupUsed(u UserID, group string) (bool, error)               // by an op of an earlier request
	Entry(v Version) (Entry, error)                               // ErrNoEntry where the log has none
	Entries(after Version, fn func(Entry) bool) error             // the log, in order, until fn returns false
	HeldOf(s Scope, id RecordID, fn func(HeldOp) bool) error      // those of HeldOps that were meant for one record
	HeldOps(s Scope, fn func(HeldOp) bool) error                  // what was held or rejected for a scope, in no order
	Access(s Scope) (Access, error)                               // of a person's scope
	Granted(p Principal, fn func(Scope, Version) bool) error      // scopes in force in the order of their names, each with its generation
	Grants(p Principal, after Version, fn func(Grant) bool) error // starts and ends, in order
	NextDue() (time.Time, Scope, error)                           // the earliest moment at which access changes by the calendar; zero: none
	User(id UserID) (Client, bool, error)                         // who a user is: User, Role, Team and Since
}

// WriteTx writes. Everything goes through Append; the other methods keep what follows from the entries.
type WriteTx interface {
	Tx
	// Append gives the entry the next version.
	Append(e Entry) (Version, error)
	// Put places a record at its version, taking it from its former place.
	Put(r *Record) error
	PutCounter(c ClientID, n Counter) error
	PutAccess(s Scope, a Access) error
	PutHeld(h HeldOp) error
	// Place gives an entry of the log the version that it carries: the next one, or for the start of an epoch, any above the
	// head. What the store itself keeps of the fact of other types follows from it.
	Place(e Entry) error
	// EraseScope takes away the records of a scope, what was held for it, and who sees it, and says how many records they were.
	EraseScope(s Scope) (records int, err error)
	// Empty leaves an entry as Entry.Emptied says. It is still found by its number and id.
	Empty(v Version) error
	// NewEpoch makes the next version the first of a new epoch, above the head and above seen, and says it in the log.
	NewEpoch(seen Version, now time.Time) error
}

// Epoch is one unbroken life of the log. Each restore begins another (PROTOCOL §7).
type Epoch struct {
	ID    string
	First Version
}

// FirstVersion is where an epoch starts: the smallest multiple of 2^24 above both the last known head and the minutes
// since 1970 times 2^24, so that no version is ever given twice.
func FirstVersion(head Version, now time.Time) Version {
	const step = 1 << 24
	minutes := Version(max(now.Unix(), 0) / 60)
	return max(head/step+1, minutes+1) * step
}

// Change is a record at its latest version, as its scope's index holds it.
type Change struct {
	Kind    string
	ID      RecordID
	Version Version
	Gone    bool
	Body    []byte // the members of a record frame from "user" on; empty where Gone
}

// ScopeHead is what a scope comes to.
type ScopeHead struct {
	Latest Version // the highest version in it; 0: there is nothing
	Sum    Sum
}

// Sum lets two sides see that they agree (PROTOCOL §6.6).
type Sum struct {
	Count int
	Sum   uint64
}

// Add counts a live record in, Take counts it out.
func (s *Sum) Add(id RecordID, v Version)  { s.Count++; s.Sum += sumOf(id, v) }
func (s *Sum) Take(id RecordID, v Version) { s.Count--; s.Sum -= sumOf(id, v) }
func (s *Sum) Join(o Sum)                  { s.Count += o.Count; s.Sum += o.Sum }

// sumOf is FNV-1a-64 over id ":" version.
func sumOf(id RecordID, v Version) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := 0; i < len(id); i++ {
		h = (h ^ uint64(id[i])) * 0x100000001b3
	}
	h = (h ^ ':') * 0x100000001b3
	var digits [20]byte
	for _, d := range strconv.AppendUint(digits[:0], uint64(v), 10) {
		h = (h ^ uint64(d)) * 0x100000001b3
	}
	return h
}

// Counter is how far a client has come.
type Counter struct {
	Through uint64 `json:"through"` // the highest op number that the store holds
	Safe    uint64 `json:"safe"`    // the highest that stands in a backup
}

// HeldOp is where an op that did not take effect waits.
type HeldOp struct {
	Scope  Scope    // that the op was meant for
	Record RecordID // that the op was meant for
	Client ClientID
	N      uint64
	User   UserID
	Status Status
	Held   RecordID // the record of kind held that stands for it
	Entry  Version  // the op in the log
	Open   bool     // nobody has settled it
}

// Access is who sees a person's scope, and why.
type Access struct {
	Exists      bool         `json:"exists"`
	Team        TeamID       `json:"team"`
	Assignments []Assignment `json:"assignments,omitempty"`
	Grants      []Granted    `json:"grants,omitempty"` // in force
	Next        time.Time    `json:"next,omitzero"`    // when it changes by the calendar
	Erased      bool         `json:"erased,omitempty"` // the person was, and nothing more is written
	Hold        string       `json:"hold,omitempty"`   // why the person must not be erased; empty: they may be
}

// Assignment is what a record of that kind says about access, read restrictively (PROTOCOL §8.4).
type Assignment struct {
	ID     RecordID  `json:"id"`
	Worker UserID    `json:"worker"`
	From   time.Time `json:"from,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Ended  bool      `json:"ended,omitempty"` // deleted, also where an edit stands beside the deletion
}

// Granted is one principal's unbroken access.
type Granted struct {
	Principal Principal `json:"principal"`
	Gen       Version   `json:"gen"`
}

// Grant is the start or the end of a principal's access to a scope, an entry in the log.
type Grant struct {
	Version   Version // of this entry
	Principal Principal
	Scope     Scope
	Gen       Version // where the access began; for a start the entry's own version
	End       bool
}

// EntryType says what an entry is. Types that deltasync does not know pass through it unharmed.
type EntryType string

const (
	EntryOp    EntryType = "op"
	EntryGrant EntryType = "grant"
	EntryEpoch EntryType = "epoch"
	EntryLost  EntryType = "lost" // a client declared ops gone
)

// Entry is one fact in the log.
type Entry struct {
	Version Version
	At      time.Time // the server's clock
	Type    EntryType
	Op      *OpEntry        // of EntryOp
	Grant   *Grant          // of EntryGrant
	Fact    json.RawMessage // of other types
}

// OpEntry is an op as the log keeps it, with all that is needed to answer a repeat, to show history, and to merge it
// later if a coordinator accepts it.
//
// What a store looks up by it: OpByNumber finds every entry but those with Settles; OpByID finds the first entry of a
// user with that ID, whatever comes after; GroupUsed knows each Group of an entry that has one.
type OpEntry struct {
	Client     ClientID
	User       UserID
	N          uint64
	ID         OpID // empty: it had none that could be used
	Group      string
	Scope      Scope
	Kind       string
	Record     RecordID
	At         time.Time // corrected
	Digest     [16]byte  // of the content, to tell a repeat from a reuse
	Status     Status
	Code       string
	Detail     string
	Prev       Version // the entry before this one about the same record; 0: the first
	AcceptedBy UserID  // not empty: a held op of Settles that this coordinator let in
	Settles    Version // the entry of the held op that this one lets in
	As         Version // the entry of the same op under another client of the user, whose result this repeats
	Erased     bool    // what it held was erased: it has no Raw, Digest or Detail
	Raw        []byte  // the op as it was sent; empty where Settles or As is set
}
