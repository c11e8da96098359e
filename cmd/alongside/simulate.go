package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"alongside/internal/admin"
	"alongside/internal/auth"
	"alongside/internal/simulate"
	"alongside/server"
)

type simulateCommand struct {
	Server   webAddress    `xor:"where" placeholder:"URL" help:"The server to work against. What is written there stays: never one with real people in it."`
	Embedded bool          `xor:"where" help:"Work against a server of its own, in a fresh temporary folder."`
	Codes    string        `type:"path" placeholder:"FILE" help:"With --server: codes of 'alongside enrol', one a line; a phone for each. - is standard input."`
	Phones   int           `default:"20" placeholder:"N" help:"With --embedded: how many phones (default ${default})."`
	For      time.Duration `default:"10s" placeholder:"TIME" help:"How long they work (default ${default})."`
	Cuts     int           `default:"20" placeholder:"N" help:"One in so many exchanges is cut; 0: none (default ${default})."`
	Seed     uint64        `default:"1" placeholder:"N" help:"Of what they do (default ${default})."`
}

func (c *simulateCommand) Validate() error {
	switch {
	case c.Embedded == (c.Server != ""):
		return errors.New("say where: --server URL or --embedded")
	case c.Server != "" && c.Codes == "":
		return errors.New("--server needs --codes FILE: a code of `alongside enrol` for each phone")
	case c.Embedded && (c.Phones < 1 || c.Phones > 1000):
		return errors.New("--phones is to be from 1 to 1000")
	case c.For < time.Second || c.For > time.Hour:
		return errors.New("--for is to be from 1s to 1h")
	case c.Cuts < 0:
		return errors.New("--cuts is to be 0 or more")
	}
	return nil
}

func (c *simulateCommand) Run(ctx context.Context, out *output) (err error) {
	dir, err := os.MkdirTemp("", "alongside-simulate-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	at, codes := string(c.Server), []string(nil)
	if c.Embedded {
		stop := func() error { return nil }
		if at, codes, stop, err = embedded(ctx, dir, c.Phones); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	} else if codes, err = readCodes(c.Codes); err != nil {
		return err
	}
	moved, done := out.time("phones at work")
	f, err := simulate.Load{Dir: dir, For: c.For, Seed: c.Seed, Cuts: c.Cuts, Progress: moved}.Run(ctx, at, codes)
	done()
	if err != nil {
		return err
	}
	if err := out.say(f, func(w io.Writer) { tellFigures(w, f) }); err != nil {
		return err
	}
	if f.Unsent > 0 || f.Incidents > 0 {
		return errors.New("phones and server do not agree: this is a fault of the program")
	}
	return nil
}

func tellFigures(w io.Writer, f simulate.Figures) {
	fmt.Fprintf(w, "%d phones for %.1f s: %d syncs (%.0f a second), %d entries acknowledged (%.0f a second), %d records came\n",
		f.Phones, f.Seconds, f.Syncs, float64(f.Syncs)/f.Seconds, f.Ops, float64(f.Ops)/f.Seconds, f.Records)
	fmt.Fprintf(w, "a sync took %.1f ms in the median, %.1f at 95 %%, %.1f at 99 %%\n", f.P50, f.P95, f.P99)
	fmt.Fprintf(w, "%d exchanges were cut, %d syncs gave up for the time being; %d conflicts, %d held, %d rejected\n", f.Cut, f.Failed, f.Conflicts, f.Held, f.Rejected)
	fmt.Fprintf(w, "%d kB sent, %d kB received\n", f.Sent/1000, f.Received/1000)
	if f.Unsent == 0 && f.Incidents == 0 {
		fmt.Fprintln(w, "in the end every phone agreed with the server, and nothing was unsent")
	} else {
		fmt.Fprintf(w, "in the end %d entries were unsent, and phones differed from the server %d times\n", f.Unsent, f.Incidents)
	}
}

// readCodes reads a code a line.
func readCodes(file string) (codes []string, err error) {
	in := os.Stdin
	if file != "-" {
		if in, err = os.Open(file); err != nil {
			return nil, err
		}
		defer in.Close()
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if code := strings.TrimSpace(lines.Text()); code != "" {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 && lines.Err() == nil {
		return nil, &admin.ValueError{Detail: "there is no code in " + file}
	}
	return codes, lines.Err()
}

// embedded serves from a folder, and makes a team with a user for each phone: a coordinator among ten.
func embedded(ctx context.Context, dir string, phones int) (at string, codes []string, stop func() error, err error) {
	s, err := server.New(server.Config{Data: dir + "/data"})
	if err != nil {
		return "", nil, nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, nil, errors.Join(err, s.Close())
	}
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(serving, l) }()
	stop = func() error { end(); return <-ended }
	office := s.Office()
	team, err := office.AddTeam(ctx, "Made-up Team")
	for i := 0; i < phones && err == nil; i++ {
		role := auth.Worker
		if i%10 == 9 {
			role = auth.Coordinator
		}
		var user string
		if user, err = office.AddUser(ctx, admin.NewUser{Name: fmt.Sprint("Simulated ", i+1), Role: role, Team: team}); err != nil {
			break
		}
		var invitation admin.Invitation
		invitation, err = office.Enrol(ctx, user)
		codes = append(codes, invitation.Code)
	}
	if err != nil {
		return "", nil, nil, errors.Join(err, stop())
	}
	return "http://" + l.Addr().String(), codes, stop, nil
}
