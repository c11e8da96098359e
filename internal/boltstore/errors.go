package boltstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

var (
	// ErrDamaged says that the file is not as the store left it. What wraps it names the command that helps.
	ErrDamaged = errors.New("the store is damaged")
	// ErrInUse says that another process has the store open.
	ErrInUse = errors.New("another server is using this folder")
	// ErrSuspect says that a commit failed, so that nobody knows what the disk holds. The store has to be opened anew,
	// which checks it.
	ErrSuspect = errors.New("the store cannot be trusted since a commit failed; restart the server")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("the store is closed")
	// ErrReadOnly says that a reading transaction was asked to write.
	ErrReadOnly = errors.New("this transaction only reads")
	// ErrNewer says that the file was written by a newer program.
	ErrNewer = errors.New("the store belongs to a newer version of this program; install that, or restore a backup of this one")
)

// PanicError is what a function that panicked inside a transaction comes to, for its caller alone. Its text does not
// say the value, which may hold what people wrote.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	if err, ok := e.Value.(runtime.Error); ok {
		return "a function panicked in its transaction: " + err.Error()
	}
	return "a function panicked in its transaction"
}

// caught tells a panic that a damaged file brought about from one of the caller's function. It is to be called while
// the panic is being recovered.
func caught(path string, p any) error {
	if _, ok := p.(interface{ Addr() uintptr }); ok { // of a fault in mapped memory
		return damaged(path, "a page cannot be read")
	}
	if panickedInBolt() {
		return damaged(path, fmt.Sprint(p))
	}
	return &PanicError{Value: p, Stack: debug.Stack()}
}

// panickedInBolt reports whether the innermost function of the panicking stack is bbolt's.
func panickedInBolt() bool {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	panicking := false
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, "runtime.gopanic"):
			panicking = true
		case panicking && !strings.HasPrefix(f.Function, "runtime."):
			return strings.HasPrefix(f.Function, "go.etcd.io/bbolt")
		}
		if !more {
			return false
		}
	}
}

// damaged wraps what was found in the store at path, and says what helps.
func damaged(path, what string) error {
	dir := filepath.Dir(path)
	return fmt.Errorf("%w: %s: see `alongside check --data %s`, then `alongside restore FILE --data %s` with the newest good backup",
		ErrDamaged, what, dir, dir)
}
