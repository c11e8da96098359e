package deltasync

import "errors"

// ErrNoEntry says that the log has no entry at a version.
var ErrNoEntry = errors.New("no such entry in the log")
