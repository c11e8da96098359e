package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"alongside/internal/admin"
	"alongside/internal/boltstore"
)

// Config says what to serve. Only Data has no default.
type Config struct {
	Data       string         // the folder; made if there is none
	URL        string         // that links carry, without a slash at its end; empty: http://localhost:PORT
	Cert, Key  string         // files; both or none
	TrustProxy []netip.Prefix // whose forwarding headers count
	Log        *slog.Logger   // nil: nothing is logged
	Now        func() time.Time
}

// Server serves from one folder, which it has for itself from New to Close.
type Server struct {
	config   Config
	office   net.Listener
	cert     *certificate // nil: no TLS
	requests *requests
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
	s := &Server{config: c, requests: newRequests()}
	if c.Cert != "" {
		var err error
		if s.cert, err = loadCertificate(c.Cert, c.Key, c.Log); err != nil {
			return nil, err
		}
	}
	db, err := admin.Claim(c.Data, s.options())
	if err != nil {
		return nil, err
	}
	s.parts.Store(s.assemble(db, c.URL))
	if s.office, err = admin.Listen(c.Data); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("the socket for commands: %w", err)
	}
	return s, nil
}

func (s *Server) options() boltstore.Options {
	return boltstore.Options{Now: s.config.Now, Log: s.config.Log}
}

func (s *Server) assemble(db *boltstore.DB, url string) *parts {
	return assemble(db, s.config, url, s.requests)
}

// Handler answers what phones and browsers ask.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.parts.Load().web.ServeHTTP(w, r) })
}

// Close gives the folder back. After Serve it has nothing left to do.
func (s *Server) Close() (err error) {
	s.closed.Do(func() { err = errors.Join(s.office.Close(), s.parts.Load().db.Close()) })
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
	go func() { ended <- desk.Serve(s.office) }()

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
		for wait := time.Second; ; wait = min(2*wait, time.Minute) {
			db, err := boltstore.Open(admin.StorePath(s.config.Data), s.options())
			if err == nil {
				s.parts.Store(s.assemble(db, url))
				break
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
