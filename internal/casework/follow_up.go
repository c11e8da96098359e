package casework

import deltasync "alongside/sync"

// A follow-up is something that is still to be done, such as asking after a missed appointment. Those of the ladder say in step what
// is to be done (StepOutcome and those after it), and in appointment after which one. It is open until done_at or ended says otherwise; ended says how it came
// to an end, and outcome why, in words.
var _ = register(&deltasync.Kind{
	Name: "follow_up",
	In:   deltasync.PersonScope,
	Fields: []deltasync.Field{
		{Name: "about", Type: deltasync.Name, Required: true, Max: maxText},
		{Name: "due", Type: deltasync.Day, Required: true},
		{Name: "step", Type: deltasync.Text, Max: maxText},
		{Name: "appointment", Type: deltasync.Ref, Max: maxRef},
		{Name: "done_at", Type: deltasync.Time},
		{Name: "ended", Type: deltasync.Choice, Choices: []string{"done", "skipped", "stopped"}},
		{Name: "outcome", Type: deltasync.Text, Max: maxNote},
	},
})
