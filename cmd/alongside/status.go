package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"alongside/internal/admin"
)

type statusCommand struct{ folder }

func (c *statusCommand) Run(ctx context.Context, out *output) error {
	office, done, err := c.office(ctx, admin.Options{})
	if err != nil {
		return err
	}
	defer done()
	s, err := office.Status(ctx)
	if err != nil {
		return err
	}
	return out.say(s, func(w io.Writer) { tellStatus(w, s) })
}

func tellStatus(w io.Writer, s admin.Status) {
	tell := func(what, format string, args ...any) {
		fmt.Fprintf(w, "%-12s "+format+"\n", append([]any{what}, args...)...)
	}
	if s.Running {
		tell("server", "runs; links lead to %s", s.URL)
	} else {
		tell("server", "stopped; links lead to %s", s.URL)
	}
	tell("store", "%s, %d bytes", s.Store, s.Size)
	tell("log", "at %d; epoch %s began %s", s.Head, s.Epoch, moment(s.Began))
	tell("people", "%d users, %d devices that may come in", s.Users, s.Devices)
	if b := s.Backup; b != nil {
		tell("last backup", "%s, %s ago, up to %d", moment(b.At), ago(b.Age), b.Head)
	} else {
		tell("last backup", "none that is known of")
	}
	tellSchedule(tell, s.Schedule)
}

func tellSchedule(tell func(what, format string, args ...any), p *admin.ScheduleStatus) {
	if p == nil {
		tell("schedule", "none: serve --backup-every 24h makes one")
		return
	}
	how := "not encrypted"
	if p.Encrypted {
		how = "encrypted"
	}
	tell("schedule", "every %s into %s, %s; %d of at most %d are there", time.Duration(p.Every)*time.Second, p.Dir, how, p.Standing, p.Keep)
	if p.Error != "" {
		tell("", "the folder cannot be looked at: %s", p.Error)
	}
	switch {
	case p.Overdue && p.Newest == nil:
		tell("", "OVERDUE: none is there yet")
	case p.Overdue:
		tell("", "OVERDUE: one was due at %s", moment(*p.Next))
	case p.Next != nil:
		tell("", "the next is due at %s", moment(*p.Next))
	}
	if p.Failures > 0 {
		tell("", "%d failed since the server was started: its log says why", p.Failures)
	}
}

func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// ago is some seconds in words.
func ago(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return fmt.Sprintf("%d seconds", seconds)
}
