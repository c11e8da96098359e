package casework

import deltasync "alongside/sync"

// A support is what somebody did with or for the person.
var _ = register(&deltasync.Kind{
	Name: "support",
	In:   deltasync.PersonScope,
	Fields: []deltasync.Field{
		{Name: "what", Type: deltasync.Choice, Required: true, Choices: []string{
			"accompanied", "visit", "call", "message", "advocacy", "transport", "paperwork", "signposting", "other"}},
		{Name: "at", Type: deltasync.Time, Required: true},
		{Name: "minutes", Type: deltasync.Count, Max: 100_000},
		{Name: "formal", Type: deltasync.Flag},
		{Name: "with", Type: deltasync.Text, Max: maxText},
		{Name: "place", Type: deltasync.Text, Max: maxText},
		{Name: "note", Type: deltasync.Text, Max: maxNote},
		{Name: "appointment", Type: deltasync.Ref, Max: maxRef},
	},
})
