package client

import (
	"errors"
	"fmt"
	"time"
)

// Errors that callers tell apart. No error holds a value of a field, a name or a token.
var (
	ErrInUse       = errors.New("another program has this phone's folder open")
	ErrClosed      = errors.New("the phone is closed")
	ErrNotEnrolled = errors.New("the phone is not enrolled")
	ErrOtherUser   = errors.New("the folder holds another user's work; enrol in an empty one")
	ErrSignedOut   = errors.New("the phone is signed out; enrol it again, nothing written on it is lost")
	ErrRevoked     = errors.New("the device was cut off; what it had not sent is with the coordinator, and it is erased")
	ErrOutdated    = errors.New("the server does not understand the app; update the app")
	ErrUnavailable = errors.New("the server cannot be reached")
	ErrDiffers     = errors.New("phone and server differ, also after everything was fetched anew")
	ErrTooLarge    = errors.New("the entry is larger than 64 KiB, or a group of them than 900 kB")
	ErrBadEdit     = errors.New("the edit cannot be sent")
)

var (
	errCut    = errors.New("the reply was cut")
	errStuck  = errors.New("the server neither takes what is sent nor gives what is new")
	errPortal = errors.New("something between phone and server answered in its place")
)

// Problem is an answer of the server that is none (RFC 9457).
type Problem struct {
	Status  int     `json:"status"`
	Code    string  `json:"code"` // stable
	Detail  string  `json:"detail"`
	Through *uint64 `json:"through"` // of op_number_gap and client_behind

	after time.Duration // not to be asked again before
}

func (p *Problem) Error() string {
	if p.Code == "" {
		return fmt.Sprintf("the server answered %d", p.Status)
	}
	return fmt.Sprintf("the server answered %d %s: %s", p.Status, p.Code, p.Detail)
}

// is reports whether err is a problem of that code.
func is(err error, code string) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}
