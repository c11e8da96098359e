package casework

import deltasync "alongside/sync"

// A contact is somebody in the person's life: family, a friend, another professional.
var _ = register(&deltasync.Kind{
	Name: "contact",
	In:   deltasync.PersonScope,
	Fields: []deltasync.Field{
		{Name: "name", Type: deltasync.Name, Required: true, Max: maxName},
		{Name: "relation", Type: deltasync.Text, Max: maxText},
		{Name: "organisation", Type: deltasync.Text, Max: maxText},
		{Name: "phone", Type: deltasync.Text, Max: maxText},
		{Name: "may_share", Type: deltasync.Flag},
	},
})
