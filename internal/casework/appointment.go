package casework

import deltasync "alongside/sync"

var appointment = register(&deltasync.Kind{
	Name: "appointment",
	In:   deltasync.PersonScope,
	Fields: []deltasync.Field{
		{Name: "title", Type: deltasync.Name, Required: true, Max: maxName},
		{Name: "starts_at", Type: deltasync.Time, Required: true},
		{Name: "ends_at", Type: deltasync.Time},
		{Name: "place", Type: deltasync.Text, Max: maxText},
		{Name: "with", Type: deltasync.Text, Max: maxText},
		{Name: "service", Type: deltasync.Text, Max: maxText},
		{Name: "status", Type: deltasync.Choice, Required: true,
			Choices: []string{"planned", "confirmed", "attended", "missed", "cancelled", "moved"}},
		{Name: "missed_reason", Type: deltasync.Text, Max: maxText},
		{Name: "accompany", Type: deltasync.Scalar},
		{Name: "travel", Type: deltasync.Text, Max: maxText},
		{Name: "reply", Type: deltasync.Choice, Choices: []string{"none", "coming", "cannot", "new_time", "come_with_me"}},
		{Name: "reply_note", Type: deltasync.Text, Max: maxNote},
		{Name: "reply_time", Type: deltasync.Time},     // another time that the person has picked
		{Name: "reply_at", Type: deltasync.Time},       // when the person answered
		{Name: "reply_dealt_at", Type: deltasync.Time}, // when a worker has dealt with the answer; absent: it waits, if it wants anything
		{Name: "outcome_note", Type: deltasync.Text, Max: maxNote},
	},
	Groups: [][]string{{"status", "missed_reason"}, {"starts_at", "ends_at"}, {"reply", "reply_note"}},
})
