package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"alongside/internal/admin"
)

type retentionCommand struct {
	List    retentionList    `cmd:"" default:"withargs" help:"Lists people whose support ended, and about whom nothing was written for a time."`
	Hold    retentionHold    `cmd:"" help:"Says that a person must not be erased."`
	Release retentionRelease `cmd:"" help:"Says that a person may be erased again."`
}

type retentionList struct {
	folder
	After period `default:"6y" placeholder:"TIME" help:"For how long nothing was written: 6y, 18m, 90d (default ${default})."`
}

type retained struct {
	People []admin.Retained `json:"people"`
}

func (c *retentionList) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	people, err := office.Retention(ctx, c.After.before(time.Now()))
	if err != nil {
		return err
	}
	return out.say(retained{people}, func(w io.Writer) {
		for _, p := range people {
			fmt.Fprintf(w, "%s  %s  last written %s", p.Person, p.State, p.Last.Format(time.DateOnly))
			if p.Hold != "" {
				fmt.Fprintf(w, "  on hold: %s", p.Hold)
			}
			fmt.Fprintln(w)
		}
		if len(people) == 0 {
			fmt.Fprintln(w, "nobody")
		}
	})
}

type retentionHold struct {
	folder
	Person string `arg:"" name:"person-id" help:"Whom: the id of a person."`
	Reason string `required:"" placeholder:"TEXT" help:"Why, without naming anybody: a reference, say."`
}

func (c *retentionHold) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	if err := office.Hold(ctx, c.Person, c.Reason); err != nil {
		return err
	}
	return out.say(struct{}{}, line("%s is on hold: erase refuses", c.Person))
}

type retentionRelease struct {
	folder
	Person string `arg:"" name:"person-id" help:"Whom: the id of a person."`
}

func (c *retentionRelease) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	if err := office.Release(ctx, c.Person); err != nil {
		return err
	}
	return out.say(struct{}{}, line("%s may be erased again", c.Person))
}

// period is a time in years, months or days.
type period struct{ years, months, days int }

func (p *period) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text[:max(len(text)-1, 0)]))
	if err != nil || n < 0 || n > 1000 {
		return errors.New("is to be a number with y, m or d after it, such as 6y")
	}
	switch text[len(text)-1] {
	case 'y':
		*p = period{years: n}
	case 'm':
		*p = period{months: n}
	case 'd':
		*p = period{days: n}
	default:
		return errors.New("is to be a number with y, m or d after it, such as 6y")
	}
	return nil
}

func (p period) before(now time.Time) time.Time { return now.AddDate(-p.years, -p.months, -p.days) }
