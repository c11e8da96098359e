package casework

import deltasync "alongside/sync"

// An assignment gives a worker access to the person, from when to when. A worker changes none of it, and nobody the worker:
// who it was stays on record.
var _ = register(&deltasync.Kind{
	Name:  deltasync.KindAssignment,
	In:    deltasync.PersonScope,
	Write: deltasync.Coordinators,
	Fields: []deltasync.Field{
		{Name: "worker", Type: deltasync.Ref, Required: true, Fixed: true, Write: deltasync.Coordinators},
		{Name: "part", Type: deltasync.Choice, Choices: []string{"lead", "cover"}, Write: deltasync.Coordinators},
		{Name: "from", Type: deltasync.Time, Write: deltasync.Coordinators},
		{Name: "until", Type: deltasync.Time, Write: deltasync.Coordinators},
	},
})
