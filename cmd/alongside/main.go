// Command alongside is the server of a partnership and the commands that go with it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"alongside/internal/admin"

	"github.com/alecthomas/kong"
)

// cli is every command. A family of commands is a type in a file of its own, with a field here.
type cli struct {
	JSON bool `name:"json" help:"Print one JSON object."`

	Serve     serveCommand     `cmd:"" help:"Serve phones and desks from a folder."`
	Team      teamCommand      `cmd:"" help:"Teams."`
	User      userCommand      `cmd:"" help:"Users."`
	Enrol     enrolCommand     `cmd:"" help:"Print a one-time code that lets one device of a user in."`
	Device    deviceCommand    `cmd:"" help:"Devices: which there are, and what to do when one is lost."`
	Person    personCommand    `cmd:"" help:"People who get reminders."`
	Backup    backupCommand    `cmd:"" help:"Write a backup, also while the server runs."`
	Restore   restoreCommand   `cmd:"" help:"Make a folder's store anew from a backup."`
	Erase     eraseCommand     `cmd:"" help:"Take away all that was ever written about a person."`
	Retention retentionCommand `cmd:"" help:"Whose records are kept although their support ended long ago."`
	Reminders remindersCommand `cmd:"" help:"What reminders came to, by week and way."`
	Status    statusCommand    `cmd:"" help:"Say how a server and its store stand, and when it was last backed up."`
	Check     checkCommand     `cmd:"" help:"Verify a store, and list its faults."`
	Demo      demoCommand      `cmd:"" help:"Serve a made-up partnership, to try things out."`
	Simulate  simulateCommand  `cmd:"" help:"Drive many simulated phones through a server, and print figures."`
	Phone     phoneCommand     `cmd:"" help:"One phone on the command line, for support staff and for trying things."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// What a command comes to: 0 is well done.
const (
	exitFailed = 1
	exitUsage  = 2
)

// errTold ends a command that has said on standard output what is wrong.
var errTold = errors.New("")

func run(args []string, stdout, stderr io.Writer) int {
	var c cli
	out := &output{stdout: stdout, stderr: stderr}
	parser := kong.Must(&c,
		kong.Name("alongside"),
		kong.Description("Keeps what workers write down offline, and brings it together. Every flag can be set by an environment variable."),
		kong.DefaultEnvars("ALONGSIDE"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(stdout, stderr),
		kong.Bind(out),
	)
	command, err := parser.Parse(args)
	if err != nil {
		return out.failed(exitUsage, err)
	}
	out.json = c.JSON
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	var value *admin.ValueError
	switch err := command.Run(); {
	case err == nil:
		return 0
	case errors.As(err, &value):
		return out.failed(exitUsage, err)
	default:
		return out.failed(exitFailed, err)
	}
}

// folder is where the server keeps everything.
type folder struct {
	Data string `default:"./data" placeholder:"DIR" help:"The server's folder (default ${default})."`
}

// office opens the commands on the folder's server, or on its store.
func (f folder) office(ctx context.Context, o admin.Options) (admin.Commands, func() error, error) {
	return admin.Open(ctx, f.Data, o)
}

// failed says on standard error, in one line, what went wrong.
func (o *output) failed(code int, err error) int {
	if !errors.Is(err, errTold) {
		fmt.Fprintln(o.stderr, "alongside: "+strings.Join(strings.Fields(err.Error()), " "))
	}
	return code
}
