package casework

import deltasync "alongside/sync"

// A notice tells a user that something has happened, without saying about whom. Only its reader says that it was seen.
var _ = register(&deltasync.Kind{
	Name:  deltasync.KindNotice,
	In:    deltasync.UserScope,
	Write: deltasync.Server,
	Fields: []deltasync.Field{
		{Name: "about", Type: deltasync.Text, Max: maxText, Write: deltasync.Server},
		{Name: "op", Type: deltasync.Text, Write: deltasync.Server}, // an id; empty where the op had none
		{Name: "at", Type: deltasync.Time, Write: deltasync.Server},
		{Name: "seen", Type: deltasync.Scalar, Write: deltasync.Seers},
	},
})
