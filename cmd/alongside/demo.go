package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"time"

	"alongside/internal/admin"
	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/internal/demo"
	"alongside/server"
	"alongside/server/web"
	deltasync "alongside/sync"
)

type demoCommand struct {
	Addr listenAddress `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen; port 0 picks a free one (default ${default})."`
	URL  webAddress    `name:"url" placeholder:"URL" help:"The address that links carry (default http://localhost:PORT; needed unless only this machine reaches the server)."`
	reminderFlags
}

func (c *demoCommand) Validate() error {
	if c.URL == "" && !c.Addr.loopback() {
		return fmt.Errorf("--addr %s can be reached from elsewhere: --url is to say by which address, since links carry it", c.Addr)
	}
	return c.reminderFlags.Validate()
}

func (c *demoCommand) Run(ctx context.Context, out *output) error {
	dir, err := os.MkdirTemp("", "alongside-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("tcp", string(c.Addr))
	if err != nil {
		return err
	}
	defer l.Close()
	url := string(c.URL)
	if url == "" {
		url = fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	}
	start := time.Now()
	guide, err := fill(ctx, dir, url)
	if err != nil {
		return err
	}
	took := time.Since(start)
	log := slog.New(slog.NewTextHandler(out.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := server.New(server.Config{Data: dir, URL: url, Log: log, Reminders: c.reminderFlags.config(out.stderr)})
	if err != nil {
		return err
	}
	defer s.Close()
	err = out.say(struct {
		URL         string `json:"url"`
		Worker      string `json:"worker"`
		Coordinator string `json:"coordinator"`
		Person      string `json:"person"`
	}{url, guide.Field[0].Link, guide.Desk.Link, guide.Page}, func(w io.Writer) {
		fmt.Fprintf(w, "listening on http://%s\n\n", l.Addr())
		tellDemo(w, guide, url, dir, took)
	})
	if err != nil {
		return err
	}
	return s.Serve(ctx, l)
}

// fill makes the store that the demo serves.
func fill(ctx context.Context, dir, url string) (demo.Guide, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return demo.Guide{}, err
	}
	db, err := admin.Claim(dir, boltstore.Options{})
	if err != nil {
		return demo.Guide{}, err
	}
	office := &admin.Office{DB: db, Auth: &auth.Service{Store: db.Auth()}, URL: url,
		Engine: &deltasync.Engine{Store: db, Kinds: casework.Kinds(), Soon: casework.Soon}}
	guide, err := demo.Fill(ctx, office, time.Now().In(london))
	if e := db.Close(); err == nil {
		err = e
	}
	return guide, err
}

// tellDemo says what there is to look at, and which commands to try.
func tellDemo(w io.Writer, g demo.Guide, url, dir string, took time.Duration) {
	fmt.Fprintf(w, "A made-up partnership: %d teams, %d workers, %d coordinators, %d admin, and %d people with a year of records\n",
		g.Teams, g.Workers, g.Coordinators, g.Admins, g.People)
	fmt.Fprintf(w, "(%d, written in %.1f s). Nobody in it is real. All of it stands in %s,\nwhich goes when this is stopped with Ctrl-C.\n\n",
		g.Records, took.Seconds(), dir)
	fmt.Fprintf(w, "The field app, as %s. Each link lets one browser in:\n\n", g.Field[0].Name)
	for _, one := range g.Field {
		fmt.Fprintf(w, "  %s\n", one.Link)
	}
	fmt.Fprintf(w, "\nThe coordinator's desk, as %s, in another browser:\n\n  %s\n", g.Desk.Name, g.Desk.Link)
	fmt.Fprintf(w, "\nThe page of one of those whom they support, with what is coming and four answers to it:\n\n  %s\n", g.Page)
	fmt.Fprintf(w, "\nMore links, each with its code to scan: %s enrol %s --data %s\n", os.Args[0], g.Worker.User, dir)
	if _, err := fs.Stat(web.Built(), "app/index.html"); err != nil {
		fmt.Fprintf(w, "The apps were not built into this program: those links only say how to. make build does it.\n")
	}
	fmt.Fprintf(w, "\nThree people know %s, and the two workers wrote different %ss down.\nA code lets one device in, for the command line:\n\n", g.Person, g.Disagree)
	for _, who := range []struct {
		demo.Invited
		role string
	}{{g.Worker, "worker"}, {g.Colleague, "worker"}, {g.Coordinator, "coordinator"}} {
		fmt.Fprintf(w, "  %-12s %-36s %s\n", who.role, who.Name, who.Code)
	}
	fmt.Fprintf(w, "\nTwo phones, from another terminal. Each is a folder; only enrol and sync need the server:\n\n")
	for _, line := range demoCommands(g, url) {
		fmt.Fprintf(w, "  %s\n", line)
	}
	fmt.Fprintln(w, "\nThe last one shows both times side by side, and whose they are.")
}

// demoCommands drive two phones that share a person: both write the same thing, neither having seen the other's.
func demoCommands(g demo.Guide, url string) []string {
	self := os.Args[0] + " phone "
	one, two, person := " --data phone/one", " --data phone/two", quoted(g.Person)
	return []string{
		self + "enrol --server " + url + one + " " + g.Worker.Code,
		self + "enrol --server " + url + two + " " + g.Colleague.Code,
		self + "sync" + one,
		self + "sync" + two,
		self + "show" + one,
		self + "show" + one + " " + person,
		self + "edit" + one + " person " + person + ` safe_times="After 2 in the afternoon" interests+=choir`,
		self + "edit" + two + " person " + person + ` safe_times="Mornings, before the bus"`,
		self + "show" + one + " outbox",
		self + "sync" + one,
		self + "sync" + two,
		self + "show" + two + " " + person,
	}
}

func quoted(s string) string { return `"` + s + `"` }
