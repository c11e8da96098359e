package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"alongside/internal/admin"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/server/web"
	deltasync "alongside/sync"
)

// Config says what to serve. Only Data has no default.
type Config struct {
	Data       string         // the folder; made if there is none
	URL        string         // that links carry, without a slash at its end; empty: http://localhost:PORT
	Cert, Key  string         // files; both or none
	Archive    string         // the folder of the log's archive; empty: one in Data
	TrustProxy []netip.Prefix // whose forwarding headers count
	Backups    admin.Plan     // its Dir empty: admin.BackupsName in Data
	Log        *slog.Logger   // nil: nothing is logged
	Now        func() time.Time
	Apps       fs.FS    // the web apps; nil: those that were built into the program
	Recall     []string // builds of them that must not go on

	DeskIdle, DeskLongest time.Duration // of sessions at a desk: untouched, and in all; 0: what auth says
	Reminders             *Reminders    // nil: nobody is reminded of anything

	// For simulations; the zero values are what everybody else wants.
	Rand     io.Reader               // of ids, keys and secrets, safe for concurrent use; nil: crypto/rand
	Kinds    deltasync.Kinds         // nil: those of casework
	Fault    func(step string) error // of the store's commits, as boltstore.Options says
	NoSocket bool                    // commands do not reach it
}

// Server serves from one folder, which it has for itself from New to Close.
type Server struct {
	config   Config
	office   net.Listener
	cert     *certificate // nil: no TLS
	apps     apps
	requests *requests
	archive  *admin.Archive
	backups  *admin.Schedule // nil: none are made
	parts    atomic.Pointer[parts]
	closed   sync.Once
}

// stopping is how long requests under way may take at the end.
const stopping = 10 * time.Second

// New opens the folder's store. It is boltstore.ErrInUse where another server has it.
func New(c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Kinds == nil {
		c.Kinds = casework.Kinds()
	}
	if c.Apps == nil {
		c.Apps = web.Built()
	}
	s := &Server{config: c, requests: newRequests(), archive: archiveOf(c)}
	var err error
	if s.apps, err = readApps(c.Apps); err != nil {
		return nil, fmt.Errorf("the web apps: %w", err)
	}
	if c.Cert != "" {
		if s.cert, err = loadCertificate(c.Cert, c.Key, c.Log); err != nil {
			return nil, err
		}
	}
	db, err := admin.Claim(c.Data, s.options())
	if err != nil {
		return nil, err
	}
	if err := s.schedule(); err != nil {
		_ = db.Close()
		return nil, err
	}
	first, err := s.assemble(db, c.URL)
	if err != nil {
		_ = s.archive.Close(context.Background())
		_ = db.Close()
		return nil, err
	}
	s.parts.Store(first)
	if err := admin.KeepArchive(c.Data, c.Archive); err != nil {
		c.Log.Warn("commands that run while the server is stopped will not find its archive", "error", err)
	}
	if c.NoSocket {
		return s, nil
	}
	if s.office, err = admin.Listen(c.Data); err != nil {
		_ = s.archive.Close(context.Background())
		_ = db.Close()
		return nil, fmt.Errorf("the socket for commands: %w", err)
	}
	return s, nil
}

// schedule prepares for backups, and takes away what one left in the folder that was broken off.
func (s *Server) schedule() error {
	c := &s.config
	if err := admin.Sweep(c.Data); err != nil {
		c.Log.Error("a plain copy of the store that a backup left could not be removed", "error", err, "help", "remove plain-copy-* from the server's folder")
	}
	if c.Backups.Every > 0 {
		if c.Backups.Dir == "" {
			c.Backups.Dir = filepath.Join(c.Data, admin.BackupsName)
		}
		dir, err := filepath.Abs(c.Backups.Dir)
		if err != nil {
			return err
		}
		c.Backups.Dir = dir
		s.backups = &admin.Schedule{Plan: c.Backups, Data: c.Data, Log: c.Log, Now: c.Now}
	}
	if err := admin.KeepSchedule(c.Data, s.backups); err != nil {
		c.Log.Warn("the schedule of backups will not be told while the server is stopped", "error", err)
	}
	return nil
}

func (s *Server) options() boltstore.Options {
	return boltstore.Options{Now: s.config.Now, Rand: s.config.Rand, Log: s.config.Log, Lacking: s.archive.Lacking, Fault: s.config.Fault}
}

func (s *Server) assemble(db *boltstore.DB, url string) (*parts, error) {
	return assemble(db, s.config, url, s.apps, s.requests, s.archive, s.backups)
}

// Handler answers what phones and browsers ask.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.parts.Load().web.ServeHTTP(w, r) })
}

// Office does commands on the open store.
func (s *Server) Office() *admin.Office { return s.parts.Load().office }

// Close gives the folder back. After Serve it has nothing left to do.
func (s *Server) Close() (err error) {
	s.closed.Do(func() {
		if s.office != nil {
			err = s.office.Close()
		}
		err = errors.Join(err, s.archive.Close(context.Background()), s.parts.Load().db.Close())
	})
	return err
}

// Serve answers on l, and commands on the folder's socket, until ctx ends: then it takes no more, ends live
// connections, lets requests that are under way finish, and closes the store.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	url := s.url(l.Addr())
	if err := admin.KeepURL(s.config.Data, url); err != nil {
		s.config.Log.Warn("links that are made while the server is stopped will not carry its address", "error", err)
	}
	s.parts.Load().office.URL = url
	s.parts.Load().reminders.URL = url
	web := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(quiet{s.config.Log.Handler()}, slog.LevelWarn),
	}
	desk := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.parts.Load().desk.ServeHTTP(w, r) }),
		ReadHeaderTimeout: 10 * time.Second,
	}
	ended := make(chan error, 2)
	go func() { ended <- s.answer(web, l) }()
	if s.office != nil {
		go func() { ended <- desk.Serve(s.office) }()
	}

	beside, stop := context.WithCancel(ctx)
	defer stop()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.keep(beside, url)
	}()
	var err error
	select {
	case <-ctx.Done():
	case err = <-ended:
	}
	stop()
	<-stopped // live connections have ended: else requests would not
	wait, done := context.WithTimeout(context.Background(), stopping)
	defer done()
	for _, srv := range []*http.Server{web, desk} {
		if srv.Shutdown(wait) != nil {
			_ = srv.Close()
		}
	}
	return errors.Join(err, s.Close())
}

func (s *Server) answer(web *http.Server, l net.Listener) error {
	if s.cert == nil {
		return web.Serve(l)
	}
	web.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.cert.present}
	return web.ServeTLS(l, "", "")
}

// url is the address that links carry.
func (s *Server) url(at net.Addr) string {
	if s.config.URL != "" {
		return s.config.URL
	}
	scheme := "http"
	if s.cert != nil {
		scheme = "https"
	}
	port := ""
	if tcp, ok := at.(*net.TCPAddr); ok {
		port = ":" + strconv.Itoa(tcp.Port)
	}
	return scheme + "://localhost" + port
}

// keep runs the parts, and opens the store anew when it does not answer any more, until ctx ends.
func (s *Server) keep(ctx context.Context, url string) {
	for ctx.Err() == nil {
		p := s.parts.Load()
		err := p.run(ctx)
		if ctx.Err() != nil {
			return
		}
		s.config.Log.Error("the store is opened anew", "error", err)
		_ = p.db.Close()
		o := s.options()
		o.Full = errors.Is(err, boltstore.ErrFull)
		for wait := time.Second; ; wait = min(2*wait, time.Minute) {
			db, err := boltstore.Open(admin.StorePath(s.config.Data), o)
			if err == nil {
				var again *parts
				if again, err = s.assemble(db, url); err == nil {
					s.parts.Store(again)
					break
				}
				_ = db.Close()
			}
			s.config.Log.Error("the store does not open", "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
	}
}

// quiet passes on what net/http says of the server itself, and not what it says of a client, whose address is in it.
type quiet struct{ slog.Handler }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if !strings.HasPrefix(r.Message, "http: Accept error") {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}
