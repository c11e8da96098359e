package main

import (
	"context"
	"fmt"
	"io"

	"alongside/internal/admin"
)

type restoreCommand struct {
	folder
	File string `arg:"" help:"The backup."`
}

func (c *restoreCommand) Run(ctx context.Context, out *output) error {
	done := out.wait("restoring")
	r, err := admin.Restore(ctx, c.File, c.Data, admin.Options{})
	done()
	if err != nil {
		return err
	}
	return out.say(r, func(w io.Writer) {
		fmt.Fprintf(w, "restored %s into %s; epoch %s begins\n", c.File, c.Data, r.Epoch)
		if r.Aside != "" {
			fmt.Fprintf(w, "what was in the folder is now in %s\n", r.Aside)
		}
		fmt.Fprintln(w, "What happened after the backup may be undone. Phones send again what they still have.")
		fmt.Fprintln(w, "Look through users and devices: who was made, cut off or disabled since then is as before.")
	})
}
