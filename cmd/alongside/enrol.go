package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"alongside/internal/admin"

	"github.com/mdp/qrterminal/v3"
)

type enrolCommand struct {
	folder
	URL  webAddress `name:"url" placeholder:"URL" help:"The address that the link carries, where no server runs (default: what the server last used)."`
	User string     `arg:"" name:"user-id" help:"Whose device it is."`
}

func (c *enrolCommand) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{URL: string(c.URL)})
	if err != nil {
		return err
	}
	defer done()
	invitation, err := office.Enrol(ctx, c.User)
	if err != nil {
		return err
	}
	return out.say(invitation, func(w io.Writer) {
		fmt.Fprintf(w, "code   %s\nlink   %s\nuntil  %s, for one device\n\n", invitation.Code, invitation.Link,
			invitation.Expires.Local().Format(time.RFC1123))
		qrterminal.GenerateHalfBlock(invitation.Link, qrterminal.M, w)
	})
}
