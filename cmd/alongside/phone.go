package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"alongside/internal/admin"
	"alongside/internal/casework"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

type phoneCommand struct {
	Enrol phoneEnrol `cmd:"" help:"Make the folder somebody's phone, by a one-time code."`
	Show  phoneShow  `cmd:"" help:"Show what the phone holds; it asks nobody."`
	Edit  phoneEdit  `cmd:"" help:"Write something down on the phone, for the next sync to send."`
	Sync  phoneSync  `cmd:"" help:"Send what was written, and fetch what is new."`
}

// phoneFolder is where a phone keeps everything. It is never the server's folder, so it has a variable of its own.
type phoneFolder struct {
	Data string `default:"./phone" env:"ALONGSIDE_PHONE" placeholder:"DIR" help:"The phone's own folder (default ${default})."`
}

// with opens the phone for as long as fn takes.
func (f phoneFolder) with(fn func(*client.Phone) error) error {
	if _, err := os.Stat(admin.StorePath(f.Data)); err == nil {
		return &admin.ValueError{Detail: f.Data + " is a server's folder; a phone has one of its own (--data)"}
	}
	p, err := client.Open(f.Data, client.Options{Kinds: casework.Kinds()})
	if err != nil {
		return fmt.Errorf("%s: %w", f.Data, err)
	}
	err = fn(p)
	if e := p.Close(); err == nil {
		err = e
	}
	return err
}

// enrolled is with, for a phone that is somebody's.
func (f phoneFolder) enrolled(fn func(*client.Phone, client.State) error) error {
	if _, err := os.Stat(f.Data); err != nil {
		return notEnrolled(f.Data)
	}
	return f.with(func(p *client.Phone) error {
		st, err := p.State()
		if err != nil {
			return err
		}
		if st.Client == "" {
			return notEnrolled(f.Data)
		}
		return fn(p, st)
	})
}

func notEnrolled(dir string) error {
	return fmt.Errorf("%s is nobody's phone yet: make it one with alongside phone enrol --server URL CODE", dir)
}

type phoneEnrol struct {
	phoneFolder
	Server webAddress `required:"" placeholder:"URL" help:"The server's address."`
	Name   string     `default:"command line" help:"What the phone is called in the list of devices."`
	Code   string     `arg:"" help:"The code, or the link that holds it."`
}

func (c *phoneEnrol) Run(ctx context.Context, out *output) error {
	code := c.Code
	if _, after, ok := strings.Cut(code, "#enrol="); ok {
		code = after
	}
	return c.with(func(p *client.Phone) error {
		if err := p.Enrol(ctx, string(c.Server), code, c.Name, "command line"); err != nil {
			return plainly(err)
		}
		st, err := p.State()
		if err != nil {
			return err
		}
		return out.say(struct {
			Client deltasync.ClientID `json:"client_id"`
			User   client.User        `json:"user"`
		}{st.Client, st.User}, line("%s is now the phone of %s, %s. Fetch what there is with alongside phone sync.", c.Data, st.User.Name, st.User.Role))
	})
}

type phoneSync struct{ phoneFolder }

// synced is what a sync came to.
type synced struct {
	Sent      int       `json:"sent"`
	Conflicts int       `json:"conflicts"`
	Held      int       `json:"held"`
	Rejected  int       `json:"rejected"`
	Came      int       `json:"came"`
	Waiting   int       `json:"waiting"`
	At        time.Time `json:"at"` // the server's clock
	Repairs   int       `json:"repairs"`
}

func (c *phoneSync) Run(ctx context.Context, out *output) error {
	return c.enrolled(func(p *client.Phone, _ client.State) error {
		r, err := p.Sync(ctx)
		if err != nil {
			return plainly(err)
		}
		st, err := p.State()
		if err != nil {
			return err
		}
		s := synced{Sent: r.Pushed, Conflicts: r.Conflicts, Held: r.Held, Rejected: r.Rejected, Came: r.Records, Waiting: st.Waiting,
			At: st.Synced, Repairs: r.Repairs}
		return out.say(s, func(w io.Writer) { s.print(w, r) })
	})
}

func (s synced) print(w io.Writer, r client.Report) {
	fmt.Fprintf(w, "sent %d, fetched %d; on the server at %s\n", s.Sent, s.Came, shortTime(s.At))
	if s.Conflicts > 0 {
		fmt.Fprintf(w, "%d also written differently by somebody else: both stand until one is picked\n", s.Conflicts)
	}
	if s.Held > 0 {
		fmt.Fprintf(w, "%d kept for a coordinator to decide: alongside phone show kept\n", s.Held)
	}
	if s.Rejected > 0 {
		fmt.Fprintf(w, "%d not taken, and kept here: alongside phone show kept\n", s.Rejected)
	}
	if s.Waiting > 0 {
		fmt.Fprintf(w, "%d not sent yet\n", s.Waiting)
	}
	if r.NewClient {
		fmt.Fprintln(w, "this folder was a copy of another phone, and is a phone of its own now")
	}
	if r.Reoffered {
		fmt.Fprintln(w, "the server had been restored, and has again what this phone still held")
	}
	if s.Repairs > 0 {
		fmt.Fprintf(w, "phone and server had come apart in %d places, which were fetched anew\n", s.Repairs)
	}
}

// plainly words an error of the phone's for whoever holds it.
func plainly(err error) error {
	var problem *client.Problem
	switch {
	case errors.As(err, &problem) && problem.Detail != "":
		return errors.New(problem.Detail)
	case errors.Is(err, client.ErrUnavailable):
		return fmt.Errorf("%w; everything written stays on this phone until it can", client.ErrUnavailable)
	}
	return err
}
