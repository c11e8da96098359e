package main

import (
	"context"
	"fmt"
	"io"

	"alongside/internal/admin"

	"github.com/mdp/qrterminal/v3"
)

type personCommand struct {
	Link personLink `cmd:"" help:"Print the link of a person's own page, on which they answer reminders."`
}

type personLink struct {
	folder
	URL    webAddress `name:"url" placeholder:"URL" help:"The address that the link carries, where no server runs (default: what the server last used)."`
	New    bool       `help:"End the page that there is, so that whoever has its link gets nowhere, and make another."`
	Person string     `arg:"" name:"person-id" help:"Whose: the id of a person."`
}

func (c *personLink) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{URL: string(c.URL)})
	if err != nil {
		return err
	}
	defer done()
	page, err := office.PersonLink(ctx, c.Person, c.New)
	if err != nil {
		return err
	}
	return out.say(page, func(w io.Writer) {
		fmt.Fprintf(w, "link   %s\n\nWho has it can answer for this person: hand it to nobody else.\n\n", page.Link)
		qrterminal.GenerateHalfBlock(page.Link, qrterminal.M, w)
	})
}
