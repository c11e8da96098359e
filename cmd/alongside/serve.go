package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"alongside/internal/admin"
	"alongside/server"
)

type serveCommand struct {
	folder
	Addr       listenAddress `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen; port 0 picks a free one (default ${default})."`
	URL        webAddress    `name:"url" placeholder:"URL" help:"The address that links carry (default http://localhost:PORT; needed unless only this machine reaches the server)."`
	TLSCert    string        `name:"tls-cert" type:"path" placeholder:"FILE" help:"A certificate in PEM, taken anew when it changes."`
	Archive    string        `type:"path" placeholder:"DIR" help:"Where the log's archive is kept, best on another disk (default: archive in the server's folder)."`
	TLSKey     string        `name:"tls-key" type:"path" placeholder:"FILE" help:"Its key."`
	TrustProxy []network     `placeholder:"CIDR" help:"Networks of proxies whose X-Forwarded-For counts."`

	BackupEvery     time.Duration `placeholder:"24h" help:"Back up so often, at least a minute apart (default: not at all)."`
	BackupDir       string        `type:"path" placeholder:"DIR" help:"Where to (default backups in the server's folder; a folder on another disk is better, and is to be there: not the root of that disk, so that it is missed when the disk is)."`
	BackupKeep      int           `default:"14" help:"How many scheduled backups remain (default ${default})."`
	BackupRecipient []recipient   `placeholder:"age1…|@FILE" help:"Encrypt backups so that only who has the secret key can open them; may be repeated."`

	reminderFlags

	Recall []string `placeholder:"BUILD" help:"Builds of the web apps that must not go on: phones send what they have, and take the present one."`

	DeskIdle    time.Duration `default:"30m" help:"After how long untouched the console signs out (default ${default})."`
	DeskLongest time.Duration `default:"12h" help:"How long a sign-in to the console lasts at most (default ${default})."`

	Log string `default:"text" enum:"text,json" help:"How the log on standard error is written: text or json."`
}

func (c *serveCommand) Validate() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key go together")
	case c.URL == "" && !c.Addr.loopback():
		return fmt.Errorf("--addr %s can be reached from elsewhere: --url is to say by which address, since links carry it", c.Addr)
	}
	if c.DeskIdle < time.Minute || c.DeskLongest < c.DeskIdle {
		return errors.New("--desk-idle is at least 1m, and --desk-longest at least as long")
	}
	switch {
	case c.BackupEvery != 0 && c.BackupEvery < time.Minute:
		return fmt.Errorf("--backup-every %s is too often: at least 1m", c.BackupEvery)
	case c.BackupKeep < 1:
		return fmt.Errorf("--backup-keep %d: at least 1", c.BackupKeep)
	}
	_, err := together(c.BackupRecipient)
	return errors.Join(err, c.reminderFlags.Validate())
}

func (c *serveCommand) Run(ctx context.Context, out *output) error {
	tuneGarbage()
	to, err := together(c.BackupRecipient)
	if err != nil {
		return err
	}
	log := c.logger(out.stderr)
	if c.BackupEvery == 0 && (c.BackupDir != "" || !to.None()) {
		log.Warn("no backups are scheduled, though it is said where to or for whom", "help", "set --backup-every, such as 24h")
	}
	s, err := server.New(server.Config{Data: c.Data, URL: string(c.URL), Cert: c.TLSCert, Key: c.TLSKey,
		TrustProxy: c.trusted(), Archive: c.Archive, Log: log, Recall: c.Recall, DeskIdle: c.DeskIdle, DeskLongest: c.DeskLongest, Reminders: c.reminderFlags.config(nil),
		Backups: admin.Plan{Every: c.BackupEvery, Dir: c.BackupDir, Keep: c.BackupKeep, To: to}})
	if err != nil {
		return err
	}
	defer s.Close()
	l, err := net.Listen("tcp", string(c.Addr))
	if err != nil {
		return err
	}
	at := "http://" + l.Addr().String()
	if c.TLSCert != "" {
		at = "https://" + l.Addr().String()
	}
	err = out.say(struct {
		URL string `json:"url"`
	}{at}, line("listening on %s", at))
	if err != nil {
		return err
	}
	return s.Serve(ctx, l)
}

func (c *serveCommand) trusted() []netip.Prefix {
	var all []netip.Prefix
	for _, n := range c.TrustProxy {
		all = append(all, n.Prefix)
	}
	return all
}

func (c *serveCommand) logger(w io.Writer) *slog.Logger {
	if c.Log == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}
