package casework

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	deltasync "alongside/sync"
)

// Withdrawn reports whether a consent has been withdrawn: any withdrawn_on that stands beats given_on, and so does a
// deletion, also one that lost to an edit (PROTOCOL §8.4). It says nothing of whether consent was ever given. What there
// never was counts as withdrawn.
func Withdrawn(r *deltasync.Record) bool {
	if r == nil || r.Gone || len(r.Deletes) > 0 {
		return true
	}
	return slices.ContainsFunc(r.Values("withdrawn_on"), func(raw json.RawMessage) bool { return raw != nil })
}

// Stopped reports whether nobody may be written to because of this appointment or about this person: any cancelled
// that stands, any closed or died (PROTOCOL §8.4). What is deleted, or never was, counts as stopped.
func Stopped(r *deltasync.Record) bool {
	if r == nil || r.Gone {
		return true
	}
	switch r.Kind {
	case appointment.Name:
		return stands(r, "status", "cancelled")
	case person.Name:
		return stands(r, "state", "closed", "died")
	}
	return false
}

func stands(r *deltasync.Record, field string, words ...string) bool {
	return slices.ContainsFunc(r.Values(field), func(raw json.RawMessage) bool {
		var text string
		return json.Unmarshal(raw, &text) == nil && slices.Contains(words, text)
	})
}

// Soon finds when an appointment that may still take place starts, from its wire body. It looks for the field's name
// instead of decoding, so a field of a later version that has such a name inside it may mislead it: use it to bring
// what is soon first, and for nothing else.
func Soon(kind string, body []byte) (time.Time, bool) {
	if kind != appointment.Name {
		return time.Time{}, false
	}
	switch text, _ := textAfter(body, `"status":"`); string(text) {
	case "attended", "missed", "cancelled", "moved":
		return time.Time{}, false
	}
	text, ok := textAfter(body, `"starts_at":"`)
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, string(text))
	return at, err == nil
}

// textAfter is what follows the name up to the next quotation mark.
func textAfter(body []byte, name string) ([]byte, bool) {
	_, rest, ok := bytes.Cut(body, []byte(name))
	if !ok {
		return nil, false
	}
	text, _, ok := bytes.Cut(rest, []byte(`"`))
	return text, ok
}
