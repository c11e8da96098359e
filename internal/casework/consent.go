package casework

import deltasync "alongside/sync"

var _ = register(&deltasync.Kind{
	Name: "consent",
	In:   deltasync.PersonScope,
	Fields: []deltasync.Field{
		{Name: "purpose", Type: deltasync.Choice, Required: true, Choices: []string{"reminders", "share", "forum"}},
		{Name: "organisation", Type: deltasync.Text, Max: maxText},
		{Name: "given_on", Type: deltasync.Date},
		{Name: "withdrawn_on", Type: deltasync.Date},
		{Name: "how", Type: deltasync.Text, Max: maxText},
	},
})
