package casework

import deltasync "alongside/sync"

// A held record stands for an op that did not take effect. The server makes it; a coordinator settles it.
var _ = register(&deltasync.Kind{
	Name:  deltasync.KindHeld,
	In:    deltasync.CoordinationScope,
	Write: deltasync.Server,
	Fields: []deltasync.Field{
		{Name: "client", Type: deltasync.Ref, Write: deltasync.Server},
		{Name: "user", Type: deltasync.Ref, Write: deltasync.Server},
		{Name: "op", Type: deltasync.Anything, Write: deltasync.Server},
		{Name: "status", Type: deltasync.Choice, Choices: []string{"held", "rejected"}, Write: deltasync.Server},
		{Name: "reason", Type: deltasync.Text, Max: maxText, Write: deltasync.Server},
		{Name: "detail", Type: deltasync.Text, Max: maxText, Write: deltasync.Server},
		{Name: "at", Type: deltasync.Time, Write: deltasync.Server},
		{Name: "entry", Type: deltasync.Count, Write: deltasync.Server},
		{Name: "settled", Type: deltasync.Choice, Choices: []string{"accepted", "set_aside"}, Write: deltasync.Coordinators},
		{Name: "settled_reason", Type: deltasync.Text, Max: maxText, Write: deltasync.Coordinators},
	},
})
