package main

import (
	"context"
	"fmt"
	"io"

	"alongside/internal/admin"
)

type eraseCommand struct {
	folder
	Person string `arg:"" name:"person-id" help:"Whom: the id of a person."`
}

func (c *eraseCommand) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	stop := out.wait("erasing")
	e, err := office.Erase(ctx, c.Person)
	stop()
	if err != nil {
		return err
	}
	return out.say(e, func(w io.Writer) {
		if e.Records == 0 && e.Entries == 0 {
			fmt.Fprintln(w, "this person was erased before")
		} else {
			fmt.Fprintf(w, "erased: %d records taken away, %d entries of the log emptied\n", e.Records, e.Entries)
		}
		for _, d := range e.Devices {
			fmt.Fprintf(w, "%s of %s may hold the data until it next syncs\n", d.Device, d.Name)
		}
		fmt.Fprintln(w, "Backups made before, and folders that a restore moved aside, still hold it: delete them when newer backups stand. One that is restored with --archive lets it go again.")
	})
}
