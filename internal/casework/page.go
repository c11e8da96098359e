package casework

import deltasync "alongside/sync"

// A page is where a person answers. Who has its token sees it, so whoever works with the person may
// end one that somebody else has got hold of; another is made then.
var _ = register(&deltasync.Kind{
	Name:  KindPage,
	In:    deltasync.PersonScope,
	Write: deltasync.Server,
	Fields: []deltasync.Field{
		{Name: "token", Type: deltasync.Text, Required: true, Fixed: true, Write: deltasync.Server},
		{Name: "made_at", Type: deltasync.Time, Write: deltasync.Server},
		{Name: "ended_at", Type: deltasync.Time},
	},
})
