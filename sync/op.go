package deltasync

import (
	"encoding/json"
	"time"
)

// Limits of a push (PROTOCOL §5.2).
const (
	MaxOps      = 500     // in a request
	MaxBody     = 1 << 20 // bytes of a request, unpacked
	MaxOp       = 64 << 10
	MaxRecord   = 512 << 10 // bytes of all that stands in a record
	MaxGroup    = 100       // ops that take effect together
	MaxDepth    = 32        // nesting of a value
	MaxRefetch  = 32        // scopes asked for again in one request
	MinPage     = 8 << 10
	MaxPage     = 4 << 20
	DefaultPage = 256 << 10
)

// Op is one edit of one record, as the device wrote it.
type Op struct {
	N      uint64 // 1, 2, 3 … per client, without gaps
	ID     OpID
	Group  string    // not empty: takes effect together with its neighbours of the same group
	At     time.Time // the device's clock at the edit
	Scope  Scope
	Kind   string
	Record RecordID
	Base   Version // the version that the person was looking at; 0: none
	Set    map[string]json.RawMessage
	Add    map[string][]string
	Remove map[string][]string
	Delete bool

	Raw json.RawMessage // as sent
}

// Status is what became of an op (PROTOCOL §5.5).
type Status string

const (
	Applied  Status = "applied"
	Conflict Status = "conflict" // applied, and something wants settling
	Held     Status = "held"     // kept for a coordinator
	Rejected Status = "rejected" // invalid; its payload is kept
)

// Took reports whether the op changed its record.
func (s Status) Took() bool { return s == Applied || s == Conflict }

// Result is the server's lasting answer to an op: a repeat gets the same.
type Result struct {
	N       uint64  `json:"n"`
	ID      OpID    `json:"id"`
	Status  Status  `json:"status"`
	Version Version `json:"version,omitempty"`
	Code    string  `json:"code,omitempty"`
	Detail  string  `json:"detail,omitempty"`
}

// Request is a push and a pull in one round trip (PROTOCOL §4).
type Request struct {
	Schema    int
	Cursor    string
	LastN     uint64
	LostBelow uint64
	SentAt    time.Time // zero: the arrival
	MaxBytes  int
	Audit     bool
	Refetch   []Scope
	Ops       []json.RawMessage
}

// Page closes a response.
type Page struct {
	Cursor   string
	Complete bool
	Reset    bool
	Head     Version
	Epoch    string
	Through  uint64
	Safe     uint64
	Time     time.Time
	Total    Sum           // where Complete
	Sums     map[Scope]Sum // where Complete and audited
}

// Sink takes the frames of one response in their order. What it is handed is valid only during the call. Size is how
// many bytes the frames so far make, before compression.
type Sink interface {
	Ack(through uint64, results []Result)
	Scope(s Scope, gen Version, mark Mark)
	Record(s Scope, gen Version, c Change)
	Gone(s Scope, gen Version, c Change)
	Drop(s Scope, gen Version)
	Page(p Page)
	Size() int
}

// Mark is what a scope frame announces.
type Mark int

const (
	Backfill Mark = iota // its records follow from nothing
	Done                 // they are all here
)
