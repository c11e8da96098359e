// Package casework is what a partnership writes down: the kinds of records, their fields, and who may write what.
//
// Its choices:
//
//   - A kind is data, in a file of its own that registers it. A new kind is one new file; nothing else changes.
//   - What is released stays valid for ever, so limits start wide. An op of 64 KiB bounds everything anyway; the limits
//     here only keep a screen readable: a name fits a line, a text a screen, a note a few pages. Where nobody has said
//     what a field looks like it is a text.
//   - A Choice lists what is known today. A value of a later version is kept and shown as it is, so a list may grow
//     without a new schema.
//   - A kind's Write says who may create and delete its records; a field's Write says who may set that field in a record
//     that exists. Each field of a kind that not everybody writes says its own.
//   - What two people wrote apart is read restrictively until somebody has settled it: Withdrawn and Stopped look at
//     every value that stands, not only at the one shown.
package casework

import (
	"fmt"
	"maps"

	deltasync "alongside/sync"
)

// Limits, in characters, of what people type; maxSet is in elements.
const (
	maxName = 200
	maxText = 4_000
	maxNote = 20_000
	maxSet  = 50
	maxRef  = 64
)

var registered = deltasync.Kinds{}

// register makes a kind known. It panics where two files declare the same one.
func register(k *deltasync.Kind) *deltasync.Kind {
	if registered[k.Name] != nil {
		panic(fmt.Sprintf("casework: kind %q is declared twice", k.Name))
	}
	registered[k.Name] = k
	return k
}

// Kinds are all that this version knows. The map is the caller's; the declarations are not to be changed.
func Kinds() deltasync.Kinds { return maps.Clone(registered) }
