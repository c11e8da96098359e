package main

import (
	"context"

	"alongside/internal/admin"
)

type backupCommand struct {
	folder
	File string `arg:"" help:"Where to; a file that is there is replaced."`
}

func (c *backupCommand) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	moved, finished := out.progress("backing up")
	b, err := admin.BackupTo(ctx, office, c.Data, c.File, moved)
	finished()
	if err != nil {
		return err
	}
	return out.say(b, line("backed up and verified: %s, %d bytes", b.File, b.Size))
}
