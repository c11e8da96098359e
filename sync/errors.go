package deltasync

import (
	"errors"
	"fmt"
)

// Errors of the envelope. Each means that nothing was committed (PROTOCOL §5.2); whatever else is wrong with an op is
// that op's own Result.
var (
	ErrNumberReused = errors.New("an op number was used again for another op")
	ErrMalformed    = errors.New("malformed request")
	ErrTooMany      = errors.New("too many ops in one request")
)

// GapError says that op numbers are not consecutive from Through on.
type GapError struct{ Through uint64 }

func (e *GapError) Error() string { return fmt.Sprintf("op numbers have a gap after %d", e.Through) }

// BehindError says that the client has given out fewer numbers than the store holds: a copied or restored phone.
type BehindError struct{ Through uint64 }

func (e *BehindError) Error() string { return fmt.Sprintf("the store holds ops up to %d", e.Through) }

// SchemaError says that the request's schema is not known.
type SchemaError struct{ Schema int }

func (e *SchemaError) Error() string { return fmt.Sprintf("unknown schema %d", e.Schema) }

// Supported lists the schemas that this version understands.
var Supported = []int{1}

// Fault is why an op was not applied: a stable code, and words for the person who wrote it.
type Fault struct {
	Code   string
	Detail string
}

func (f *Fault) Error() string { return f.Code + ": " + f.Detail }

func fault(code, detail string) *Fault { return &Fault{Code: code, Detail: detail} }

// RefusedError says that a writer inside the server wrote what the rules do not let stand.
type RefusedError struct {
	As           UserID
	Code, Detail string
}

func (e *RefusedError) Error() string { return string(e.As) + ": " + e.Code + ": " + e.Detail }
