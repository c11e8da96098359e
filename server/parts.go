package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"alongside/internal/admin"
	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/internal/reminder"
	mobileapi "alongside/mobile-api"
	"alongside/server/console"
	deltasync "alongside/sync"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// mostBody is what a request's body may have before it is unpacked: what mobileapi takes, and what packing may add.
const mostBody = "1152K"

// parts are all that stands on one open store.
type parts struct {
	db       *boltstore.DB
	engine   *deltasync.Engine
	auth     *auth.Service
	api      *mobileapi.API
	office   *admin.Office
	console  *console.Console
	log      *slog.Logger
	now      func() time.Time
	requests *requests
	archive  *admin.Archive
	backups  *admin.Schedule // nil: none are made

	reminders *reminder.Service
	sending   bool              // reminders are planned and sent
	hook      string            // the token of whoever reports what became of texts; empty: nobody does
	guesses   mobileapi.Guesses // of tokens of pages

	web  http.Handler // for everyone
	desk http.Handler // for the socket
}

func assemble(db *boltstore.DB, c Config, url string, apps apps, requests *requests, archive *admin.Archive, backups *admin.Schedule) (*parts, error) {
	p := &parts{db: db, log: c.Log, now: c.Now, requests: requests, archive: archive, backups: backups}
	p.guesses.Now = c.Now
	p.engine = &deltasync.Engine{Store: db, Kinds: c.Kinds, Now: c.Now, Soon: casework.Soon, Pulled: db.Pulled}
	p.auth = &auth.Service{Store: db.Auth(), Now: c.Now, Rand: c.Rand, Idle: c.DeskIdle, Longest: c.DeskLongest}
	p.api = &mobileapi.API{Engine: p.engine, Auth: p.auth, Log: db, Logger: c.Log, Now: c.Now, Recall: c.Recall, PushHost: c.pushHost, PushValid: c.pushValid}
	p.office = &admin.Office{DB: db, Engine: p.engine, Auth: p.auth, URL: url, Archive: archive, Schedule: backups}
	p.console = &console.Console{API: p.api, Office: p.office, Now: c.Now}
	p.api.Desk = p.console.Desk
	if err := p.remind(c, url); err != nil {
		return nil, err
	}
	p.web = steady(p.routes(c.TrustProxy, apps))
	p.desk = p.routesOfDesk()
	return p, nil
}

func (p *parts) routes(trusted []netip.Prefix, apps apps) http.Handler {
	e := echo.New()
	e.HideBanner = true
	e.HidePort = true
	e.Logger.SetOutput(io.Discard) // what it would say may hold what was sent
	e.IPExtractor = addresses(trusted)
	e.HTTPErrorHandler = p.problem
	e.Use(numbered, p.logged, p.caught, guarded, middleware.BodyLimit(mostBody))
	e.GET("/healthz", alive)
	e.GET("/readyz", p.ready)
	p.api.Routes(e)
	p.console.Routes(e)
	apps.pages(e)
	p.personPages(e, apps)
	e.POST("/hooks/notify", p.notified(p.hook))
	return e
}

func (p *parts) routesOfDesk() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", admin.Desk(p.office))
	mux.Handle("GET /metrics", p.metrics())
	return mux
}

// addresses tells a caller's address. A forwarding header counts only where a proxy that is trusted has set it.
func addresses(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		p = p.Masked()
		options = append(options, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(),
			Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// run does what goes on beside requests, until ctx ends. Its error means that the store is to be opened anew.
func (p *parts) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() {
		if err := p.api.Run(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("live connections ended", "error", err)
			stop()
		}
	})
	if p.sending {
		beside.Go(func() { p.send(ctx) })
	}
	beside.Go(func() { p.keys(ctx) })
	beside.Go(func() { p.stands(ctx) })
	beside.Go(func() { p.archived(ctx) })
	beside.Go(func() { p.room(ctx) })
	beside.Go(func() {
		if err := p.office.FinishErasing(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("what was erased has left traces on the disk, which the next start takes away", "error", err)
		}
	})
	if p.backups != nil {
		beside.Go(func() { p.backups.Run(ctx, p.office) })
	}
	err := p.calendar(ctx)
	stop()
	return err
}
