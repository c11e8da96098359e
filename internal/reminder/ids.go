package reminder

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	deltasync "alongside/sync"
)

// names derives the ids of what reminders write about one person. The same thing has the same id, so that it is written once, and
// nobody who lacks the store's secret can take it first, or tell from it what it is about.
type names struct {
	key   string
	scope deltasync.Scope
}

func namesOf(secret []byte, scope deltasync.Scope) names {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("alongside reminder 1"))
	return names{key: string(h.Sum(nil)), scope: scope}
}

func (n names) id(parts ...string) string {
	return deltasync.NamedID(append([]string{n.key, string(n.scope)}, parts...)...)
}

// short is an opaque word of n characters, at most 43, of those that any provider takes.
func (n names) short(chars int, parts ...string) string {
	h := hmac.New(sha256.New, []byte(n.key))
	for _, p := range append([]string{string(n.scope)}, parts...) {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))[:chars]
}

// reminder names what is said once: this appointment, at this time, this long before.
func (n names) reminder(appointment deltasync.RecordID, start time.Time, lead string) string {
	return n.short(16, "reminder", string(appointment), millis(start), lead)
}

// step is the id of the follow-up that is one step after, or before, an appointment at its time.
func (n names) step(step string, appointment deltasync.RecordID, start time.Time) deltasync.RecordID {
	return deltasync.RecordID(n.id("step", step, string(appointment), millis(start)))
}

// check is the id of the follow-up that asks to check a way of contact.
func (n names) check(what string) deltasync.RecordID {
	return deltasync.RecordID(n.id("check", what))
}

// number is the id of the record that says that a number does not work.
func (n names) number(number string) deltasync.RecordID {
	return deltasync.RecordID(n.id("number", number))
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
