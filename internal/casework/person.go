package casework

import deltasync "alongside/sync"

var person = register(&deltasync.Kind{
	Name: deltasync.KindPerson,
	In:   deltasync.PersonScope,
	Keep: "A person is closed, not deleted: set state to closed.",
	Fields: []deltasync.Field{
		{Name: "name", Type: deltasync.Name, Required: true, Max: maxName},
		{Name: "preferred_name", Type: deltasync.Text, Max: maxText},
		{Name: "phone", Type: deltasync.Text, Max: maxText},
		{Name: "phone_confirmed_on", Type: deltasync.Date},
		{Name: "contact_by", Type: deltasync.Set, Max: maxSet},
		{Name: "safe_times", Type: deltasync.Text, Max: maxText},
		{Name: "safe_hours", Type: deltasync.Text, Max: maxText},    // when messages may come, as 10:00-16:00
		{Name: "remind_before", Type: deltasync.Text, Max: maxText}, // how long before, as 48h,3h; absent: as the partnership does; none: never
		{Name: "safe_words", Type: deltasync.Text, Max: maxText},
		{Name: "safe_to_show", Type: deltasync.Set, Max: maxSet},
		{Name: "message_words", Type: deltasync.Text, Max: maxName}, // what a message calls what is coming; absent: something
		{Name: "language", Type: deltasync.Text, Max: maxText},
		{Name: "interests", Type: deltasync.Set, Max: maxSet},
		{Name: "needs", Type: deltasync.Set, Max: maxSet},
		{Name: "goals", Type: deltasync.Text, Max: maxNote},
		{Name: "safety_note", Type: deltasync.Text, Max: maxNote},
		{Name: "state", Type: deltasync.Choice, Choices: []string{"open", "paused", "closed", "died"}},
		{Name: "team", Type: deltasync.Ref, Write: deltasync.Coordinators},
	},
})
