package casework

import deltasync "alongside/sync"

// A follow-up is something that is still to be done, such as asking after a missed appointment.
var _ = register(&deltasync.Kind{
	Name: "follow_up",
	In:   deltasync.PersonScope,
	Fields: []deltasync.Field{
		{Name: "about", Type: deltasync.Name, Required: true, Max: maxText},
		{Name: "due", Type: deltasync.Day, Required: true},
		{Name: "step", Type: deltasync.Text, Max: maxText},
		{Name: "done_at", Type: deltasync.Time},
		{Name: "outcome", Type: deltasync.Text, Max: maxNote},
	},
})
