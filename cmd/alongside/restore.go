package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"alongside/internal/admin"
)

type restoreCommand struct {
	folder
	File     string `arg:"" help:"The backup."`
	Identity string `type:"path" placeholder:"FILE" help:"The secret key of age that opens an encrypted backup."`
	Archive  string `type:"path" placeholder:"DIR" help:"The archive: what came after the backup is replayed from it."`
}

func (c *restoreCommand) Run(ctx context.Context, out *output) error {
	done := out.wait("restoring")
	r, err := admin.RestoreSealed(ctx, c.File, c.Data, c.Archive, c.Identity, admin.Options{})
	done()
	if err != nil {
		return err
	}
	return out.say(r, func(w io.Writer) {
		fmt.Fprintf(w, "restored %s into %s; epoch %s begins\n", c.File, c.Data, r.Epoch)
		if r.Aside != "" {
			fmt.Fprintf(w, "what was in the folder is now in %s\n", r.Aside)
		}
		if r.Undone == nil {
			fmt.Fprintf(w, "all that the archive holds after the backup stands again: %d entries of the log\n", r.Entries)
			return
		}
		tellUndone(w, r.Undone)
	})
}

// tellUndone says what an operator has to look at after a restore without the archive.
func tellUndone(w io.Writer, u *admin.Undone) {
	fmt.Fprintf(w, "What happened after %s may be undone. Phones send again what they still have.\n", u.Since.Format(time.RFC3339))
	if u.Unknown {
		fmt.Fprintln(w, "Nobody can tell what it was, since the former store cannot be read. These devices may have sent something:")
	}
	for _, d := range u.Devices {
		fmt.Fprintf(w, "  %s of %s", d.Device, d.User)
		if d.Entries > 0 {
			fmt.Fprintf(w, ": %d entries, the last at %s", d.Entries, d.Last.Format(time.RFC3339))
		}
		fmt.Fprintln(w)
	}
	for _, line := range u.Office {
		fmt.Fprintf(w, "  %s\n", line)
	}
	if u.Unknown || len(u.Office) > 0 {
		fmt.Fprintln(w, "Look through users and devices: who was made, cut off or disabled since then is as before.")
	}
	fmt.Fprintln(w, "With --archive DIR nothing would be undone.")
}
