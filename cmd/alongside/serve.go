package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"

	"alongside/server"
)

type serveCommand struct {
	folder
	Addr       listenAddress `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen; port 0 picks a free one (default ${default})."`
	URL        webAddress    `name:"url" placeholder:"URL" help:"The address that links carry (default http://localhost:PORT; needed unless only this machine reaches the server)."`
	TLSCert    string        `name:"tls-cert" type:"path" placeholder:"FILE" help:"A certificate in PEM, taken anew when it changes."`
	TLSKey     string        `name:"tls-key" type:"path" placeholder:"FILE" help:"Its key."`
	TrustProxy []network     `placeholder:"CIDR" help:"Networks of proxies whose X-Forwarded-For counts."`
	Log        string        `default:"text" enum:"text,json" help:"How the log on standard error is written: text or json."`
}

func (c *serveCommand) Validate() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key go together")
	case c.URL == "" && !c.Addr.loopback():
		return fmt.Errorf("--addr %s can be reached from elsewhere: --url is to say by which address, since links carry it", c.Addr)
	}
	return nil
}

func (c *serveCommand) Run(ctx context.Context, out *output) error {
	s, err := server.New(server.Config{Data: c.Data, URL: string(c.URL), Cert: c.TLSCert, Key: c.TLSKey,
		TrustProxy: c.trusted(), Log: c.logger(out.stderr)})
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
