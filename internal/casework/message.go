package casework

import deltasync "alongside/sync"

// A message is one that the server has sent to a person, or means to: about which appointments, by which way, and what became of it. It never
// holds what was said.
var _ = register(&deltasync.Kind{
	Name:  KindMessage,
	In:    deltasync.PersonScope,
	Write: deltasync.Server,
	Fields: []deltasync.Field{
		{Name: "about", Type: deltasync.Choice, Required: true, Write: deltasync.Server,
			Choices: []string{"coming", "missed", "answer"}}, // an appointment ahead; one that was missed; a thank-you for an answer by text
		{Name: "appointments", Type: deltasync.Set, Max: maxSet, Write: deltasync.Server},
		{Name: "keys", Type: deltasync.Set, Max: maxSet, Write: deltasync.Server}, // one for each appointment at its time and lead, so that nothing is said twice; opaque
		{Name: "lead", Type: deltasync.Text, Write: deltasync.Server},             // how long before, as 48h
		{Name: "way", Type: deltasync.Choice, Choices: []string{"sms", "webpush", "fcm", "log"}, Write: deltasync.Server},
		{Name: "status", Type: deltasync.Choice, Required: true, Write: deltasync.Server,
			Choices: []string{"claimed", "sent", "delivered", "failed", "unknown", "dropped"}},
		{Name: "why", Type: deltasync.Text, Write: deltasync.Server}, // a code, of failed, unknown and dropped
		{Name: "claimed_at", Type: deltasync.Time, Write: deltasync.Server},
		{Name: "sent_at", Type: deltasync.Time, Write: deltasync.Server},
		{Name: "delivered_at", Type: deltasync.Time, Write: deltasync.Server},
		{Name: "answered_at", Type: deltasync.Time, Write: deltasync.Server},
	},
})
