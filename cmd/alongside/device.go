package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"alongside/internal/admin"
)

type deviceCommand struct {
	List   deviceList   `cmd:"" help:"List all devices."`
	Revoke deviceRevoke `cmd:"" help:"Cut off a device, and whatever was copied from it."`
	Report deviceReport `cmd:"" help:"List the people whose data a lost device may hold."`
}

type deviceList struct{ folder }

func (c *deviceList) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	devices, err := office.Devices(ctx)
	if err != nil {
		return err
	}
	return out.say(struct {
		Devices []admin.Device `json:"devices"`
	}{devices}, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "CLIENT\tUSER\tDEVICE\tSINCE\tLAST SEEN\t")
		for _, d := range devices {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", d.Client, d.Name, d.Device, shortTime(d.Created), shortTime(d.LastSeen), standing(d))
		}
		_ = t.Flush()
	})
}

// standing says whether a device may come in.
func standing(d admin.Device) string {
	switch {
	case d.Revoked != nil:
		return "revoked " + shortTime(*d.Revoked)
	case d.Disabled:
		return "user disabled"
	case d.Expires != nil && time.Now().After(*d.Expires):
		return "expired " + shortTime(*d.Expires)
	}
	return ""
}

func shortTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

type deviceRevoke struct {
	folder
	Client string `arg:"" name:"client-id" help:"Which, as the list says."`
}

func (c *deviceRevoke) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	off, err := office.Revoke(ctx, c.Client)
	if err != nil {
		return err
	}
	return out.say(cutOff{off}, cutOff{off}.print)
}

type deviceReport struct {
	folder
	Client string `arg:"" name:"client-id" help:"Which, as the list says."`
}

func (c *deviceReport) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	r, err := office.Report(ctx, c.Client)
	if err != nil {
		return err
	}
	return out.say(r, func(w io.Writer) {
		fmt.Fprintf(w, "%s of %s, last seen %s", r.Device.Device, r.Name, shortTime(r.LastSeen))
		if s := standing(r.Device); s != "" {
			fmt.Fprintf(w, ", %s", s)
		}
		fmt.Fprintf(w, "\npeople whose data it may hold: %d", len(r.People))
		for _, id := range r.People {
			fmt.Fprintf(w, "\n  %s", id)
		}
		if len(r.Dropped) > 0 {
			fmt.Fprintf(w, "\npeople whose data it held, and has dropped: %d", len(r.Dropped))
		}
		for _, id := range r.Dropped {
			fmt.Fprintf(w, "\n  %s", id)
		}
		fmt.Fprintln(w)
	})
}
