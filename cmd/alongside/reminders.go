package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"alongside/internal/admin"
	"alongside/internal/reminder"
)

type remindersCommand struct {
	folder
	Since period   `default:"3m" placeholder:"TIME" help:"Of which weeks: since 3m, 1y, 28d ago (default ${default})."`
	Zone  timeZone `name:"time-zone" default:"Europe/London" placeholder:"ZONE" help:"By whose clock a week begins (default ${default})."`
}

type remindersTold struct {
	Weeks []reminder.Row `json:"weeks"`
}

func (c *remindersCommand) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	rows, err := office.Reminders(ctx, c.Since.before(time.Now()), c.Zone.Location)
	if err != nil {
		return err
	}
	return out.say(remindersTold{rows}, func(w io.Writer) {
		if len(rows) == 0 {
			fmt.Fprintln(w, "no appointments and no messages in these weeks")
			return
		}
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "week\tway\tplanned\tsent\tdelivered\tfailed\tunknown\tanswered\tattended\tmissed\tcame back")
		for _, r := range rows {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Week, r.Way, r.Planned, r.Sent, r.Delivered, r.Failed, r.Unknown,
				r.Answered, r.Attended, r.Missed, r.Recovered)
		}
		_ = table.Flush()
		fmt.Fprintf(w, "\n–: hidden, since fewer than %d would stand there or be left. These figures say what happened, not what reminders have changed.\n", reminder.Fewest)
	})
}
