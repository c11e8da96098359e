package deltasync

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of what a kind does not limit itself.
const (
	maxFields     = 100 // in one op
	maxFieldName  = 64
	maxText       = 4000
	maxWord       = 64
	maxElement    = 200
	maxElements   = 200
	maxAnyElement = 500 // of an undeclared set, in one op
)

// check says what is wrong with an op by itself, whatever the store holds (PROTOCOL §5.6).
func (k *Kind) check(op *Op) *Fault {
	if op.Scope.Family() != k.In || !op.Scope.Valid() {
		return fault("wrong_scope", "A "+k.Name+" does not belong into that scope. Update the app.")
	}
	if k.Name == KindPerson && string(op.Record) != op.Scope.ID() {
		return fault("wrong_record", "A person's record has the id of its scope. Update the app.")
	}
	if op.Delete {
		switch {
		case len(op.Set)+len(op.Add)+len(op.Remove) > 0:
			return fault("bad_op", "A deletion carries no other change. Update the app.")
		case k.Keep != "":
			return fault("not_deleted", k.Keep)
		}
		return nil
	}
	switch n := len(op.Set) + len(op.Add) + len(op.Remove); {
	case n == 0:
		return fault("empty_op", "The entry changes nothing.")
	case n > maxFields:
		return fault("too_many_fields", "The entry has more than 100 fields. Split it.")
	}
	for name, raw := range op.Set {
		if op.Add[name] != nil || op.Remove[name] != nil {
			return fault("bad_op", "A field is set, and is a list, in one entry. Update the app.")
		}
		if f := k.checkSet(name, raw); f != nil {
			return f
		}
	}
	for _, g := range k.Groups {
		if f := k.checkGroup(g, op); f != nil {
			return f
		}
	}
	for _, m := range []map[string][]string{op.Add, op.Remove} {
		for name, texts := range m {
			if f := k.checkElements(name, texts); f != nil {
				return f
			}
		}
	}
	return nil
}

// checkGroup makes sure that writing one member of a group, which clears those that are absent, clears none that is
// required.
func (k *Kind) checkGroup(group []string, op *Op) *Fault {
	missing, written := "", false
	for _, name := range group {
		if f, _ := k.Field(name); op.Set[name] != nil {
			written = true
		} else if f.Required {
			missing = name
		}
	}
	if written && missing != "" {
		return fault("required", missing+" cannot be left empty: it is written together with "+strings.Join(group, ", ")+".")
	}
	return nil
}

func (k *Kind) checkSet(name string, raw json.RawMessage) *Fault {
	if name == "" || len(name) > maxFieldName {
		return fault("bad_field", "A field's name is empty or longer than 64 characters. Update the app.")
	}
	f, _ := k.Field(name)
	if f.Type == Set {
		return fault("field_is_a_set", name+" is a set: it takes add and remove. Update the app.")
	}
	if string(raw) == "null" {
		if f.Required {
			return fault("required", name+" cannot be left empty.")
		}
		return nil
	}
	return f.check(raw)
}

func (k *Kind) checkElements(name string, texts []string) *Fault {
	if name == "" || len(name) > maxFieldName {
		return fault("bad_field", "A field's name is empty or longer than 64 characters. Update the app.")
	}
	f, declared := k.Field(name)
	if declared && f.Type != Set {
		return fault("field_is_no_set", name+" holds one value: it takes set. Update the app.")
	}
	if len(texts) > maxAnyElement {
		return fault("too_many", "An entry adds more than 500 elements. Split it.")
	}
	for _, t := range texts {
		if strings.TrimSpace(t) == "" {
			return fault("bad_value", "An element of a list is empty.")
		}
		if utf8.RuneCountInString(t) > maxElement {
			return fault("too_long", "An element of a list is longer than 200 characters. Shorten it.")
		}
	}
	return nil
}

// check holds a value against the field's type.
func (f Field) check(raw json.RawMessage) *Fault {
	if f.Type == Anything {
		return nil
	}
	wrong := func(want string) *Fault { return fault("bad_value", f.Name+" is to be "+want+".") }
	var text string
	isText := raw[0] == '"' && json.Unmarshal(raw, &text) == nil
	limit := func(n int) *Fault {
		if f.Max > 0 {
			n = f.Max
		}
		if utf8.RuneCountInString(text) > n {
			return fault("too_long", f.Name+" is longer than "+strconv.Itoa(n)+" characters. Shorten it.")
		}
		return nil
	}
	switch f.Type {
	case Flag:
		if string(raw) != "true" && string(raw) != "false" {
			return wrong("true or false")
		}
		return nil
	case Count:
		n, err := strconv.ParseUint(string(raw), 10, 53)
		if err != nil || f.Max > 0 && n > uint64(f.Max) {
			return wrong("a whole number" + upTo(f.Max))
		}
		return nil
	case Scalar:
		if bytes.ContainsAny(raw[:1], "{[") {
			return wrong("a text, a number, true or false")
		}
		return limit(maxText)
	}
	if !isText {
		return wrong("a text")
	}
	switch f.Type {
	case Name:
		if strings.TrimSpace(text) == "" {
			return fault("required", f.Name+" cannot be left empty.")
		}
	case Date:
		if !isDate(text) {
			return wrong("a date such as 2026-11-22")
		}
	case Time:
		if !isTime(text) {
			return wrong("a time such as 2026-11-22T09:15:00Z")
		}
	case Day:
		if !isDate(text) && !isTime(text) {
			return wrong("a date such as 2026-11-22, or a time such as 2026-11-22T09:15:00Z")
		}
	case Choice, Ref:
		if text == "" {
			return wrong("one of the known values")
		}
		return limit(maxWord)
	}
	return limit(maxText)
}

func upTo(n int) string {
	if n == 0 {
		return ""
	}
	return " up to " + strconv.Itoa(n)
}

func isDate(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }
func isTime(s string) bool { _, err := time.Parse(time.RFC3339, s); return err == nil }
