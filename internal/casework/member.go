package casework

import deltasync "alongside/sync"

// A member is a user as the rest of the team sees them.
var _ = register(&deltasync.Kind{
	Name:  deltasync.KindMember,
	In:    deltasync.TeamScope,
	Write: deltasync.Server,
	Fields: []deltasync.Field{
		{Name: "name", Type: deltasync.Name, Required: true, Max: maxName, Write: deltasync.Server},
		{Name: "role", Type: deltasync.Choice, Choices: []string{"worker", "coordinator", "admin"}, Write: deltasync.Server},
	},
})
