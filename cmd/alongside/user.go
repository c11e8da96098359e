package main

import (
	"context"
	"fmt"
	"io"

	"alongside/internal/admin"
	"alongside/internal/auth"
)

type userCommand struct {
	Add     userAdd     `cmd:"" help:"Make a user of a team."`
	Disable userDisable `cmd:"" help:"Cut off a user and all their devices, for good."`
}

type userAdd struct {
	folder
	Name string `required:"" help:"Their name."`
	Role string `required:"" enum:"worker,coordinator,admin" help:"worker, coordinator or admin."`
	Team string `required:"" placeholder:"TEAM_ID" help:"Their team."`
}

func (c *userAdd) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	id, err := office.AddUser(ctx, admin.NewUser{Name: c.Name, Role: auth.Role(c.Role), Team: c.Team})
	if err != nil {
		return err
	}
	return out.say(struct {
		ID string `json:"user_id"`
	}{id}, line("%s", id))
}

type userDisable struct {
	folder
	User string `arg:"" name:"user-id" help:"Whom."`
}

func (c *userDisable) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	off, err := office.DisableUser(ctx, c.User)
	if err != nil {
		return err
	}
	return out.say(cutOff{off}, cutOff{off}.print)
}

// cutOff are devices that may not come in any more.
type cutOff struct {
	Devices []admin.Device `json:"cut_off"`
}

func (c cutOff) print(w io.Writer) {
	if len(c.Devices) == 0 {
		fmt.Fprintln(w, "no device was cut off")
	}
	for _, d := range c.Devices {
		fmt.Fprintf(w, "cut off %s (%s, %s)\n", d.Client, d.Name, d.Device)
	}
}
