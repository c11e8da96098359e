package casework

import deltasync "alongside/sync"

// A way is one by which a person is reached that nobody typed in: the browser of a phone on which they switched notifications on. Of a number
// that does not work it says since when.
var _ = register(&deltasync.Kind{
	Name:  KindWay,
	In:    deltasync.PersonScope,
	Write: deltasync.Server,
	Fields: []deltasync.Field{
		{Name: "kind", Type: deltasync.Choice, Required: true, Choices: []string{"sms", "webpush", "fcm"}, Write: deltasync.Server},
		{Name: "value", Type: deltasync.Text, Max: maxText, Required: true, Write: deltasync.Server},
		{Name: "failing_since", Type: deltasync.Time, Write: deltasync.Server},
		{Name: "why", Type: deltasync.Text, Write: deltasync.Server}, // a code
	},
})
