package main

import (
	"context"

	"alongside/internal/admin"
)

type backupCommand struct {
	folder
	File      string      `arg:"" help:"Where to; a file that is there is replaced."`
	Recipient []recipient `placeholder:"age1…|@FILE" help:"Encrypt it so that only who has the secret key can open it; may be repeated."`
}

func (c *backupCommand) Validate() error {
	_, err := together(c.Recipient)
	return err
}

func (c *backupCommand) Run(ctx context.Context, out *output) error {
	to, err := together(c.Recipient)
	if err != nil {
		return err
	}
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	moved, finished := out.progress("backing up")
	b, err := admin.SealedBackupTo(ctx, office, c.Data, c.File, to, moved)
	finished()
	if err != nil {
		return err
	}
	return out.say(b, line("backed up and verified: %s, %d bytes, log %s", b.File, b.Size, b.Log))
}
