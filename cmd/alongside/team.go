package main

import (
	"context"

	"alongside/internal/admin"
)

type teamCommand struct {
	Add teamAdd `cmd:"" help:"Make a team."`
}

type teamAdd struct {
	folder
	Name string `arg:"" help:"What people call it."`
}

func (c *teamAdd) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{Make: true})
	if err != nil {
		return err
	}
	defer done()
	id, err := office.AddTeam(ctx, c.Name)
	if err != nil {
		return err
	}
	return out.say(struct {
		ID string `json:"team_id"`
	}{id}, line("%s", id))
}
