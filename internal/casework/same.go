package casework

import deltasync "alongside/sync"

// A same says that two entries are of one person, whom two workers met apart. It stands in each of the two, and moves no record: screens
// join what is in both. Access is by ordinary assignments; those that it was made with are named in it, so that undoing it ends them.
var _ = register(&deltasync.Kind{
	Name:  KindSame,
	In:    deltasync.PersonScope,
	Write: deltasync.Coordinators,
	Fields: []deltasync.Field{
		{Name: "person", Type: deltasync.Ref, Required: true, Fixed: true, Write: deltasync.Coordinators},
		{Name: "made", Type: deltasync.Set, Max: maxSet, Write: deltasync.Coordinators},
		{Name: "ended_at", Type: deltasync.Time, Write: deltasync.Coordinators},
	},
})
