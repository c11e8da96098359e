package casework

import deltasync "alongside/sync"

var _ = register(&deltasync.Kind{
	Name:  deltasync.KindTeam,
	In:    deltasync.TeamScope,
	Write: deltasync.Server,
	Fields: []deltasync.Field{
		{Name: "name", Type: deltasync.Name, Required: true, Max: maxName, Write: deltasync.Server},
	},
})
