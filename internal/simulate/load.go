package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"alongside/internal/casework"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

// errCut is what a phone sees of a connection that was cut on purpose.
var errCut = errors.New("the connection was cut")

// Load is phones at work against a server over real HTTP.
type Load struct {
	Dir      string        // where the phones keep what they hold
	For      time.Duration // how long they work
	Seed     uint64        // of what they do
	Cuts     int           // one in so many exchanges is cut; 0: none
	Progress func(done, all time.Duration)
}

// Figures are what a load came to. Times are of whole syncs, in milliseconds.
type Figures struct {
	Phones    int     `json:"phones"`
	Seconds   float64 `json:"seconds"`
	Ops       int     `json:"ops"` // acknowledged
	Syncs     int     `json:"syncs"`
	Failed    int     `json:"failed"` // syncs that gave up, to be tried again later
	Cut       int     `json:"cut"`    // exchanges
	Conflicts int     `json:"conflicts"`
	Held      int     `json:"held"`
	Rejected  int     `json:"rejected"`
	Records   int     `json:"records"` // that came
	Sent      int64   `json:"bytes_sent"`
	Received  int64   `json:"bytes_received"`
	P50       float64 `json:"sync_ms_p50"`
	P95       float64 `json:"sync_ms_p95"`
	P99       float64 `json:"sync_ms_p99"`
	Unsent    int     `json:"unsent"`      // at the end: 0, or something is wrong
	Incidents int     `json:"differences"` // between a phone and the server: 0, or something is wrong
}

// Run lets a phone in for each code, has all of them work, and then sync until they have nothing to say. An error means that it could not
// be done; what is wrong with the server stands in the figures.
func (l Load) Run(ctx context.Context, server string, codes []string) (Figures, error) {
	f := Figures{Phones: len(codes)}
	var all []*loaded
	defer func() {
		for _, p := range all {
			_ = p.Close()
		}
	}()
	for i, code := range codes {
		p := &loaded{dice: rand.New(rand.NewPCG(l.Seed, uint64(i)))}
		var err error
		p.Phone, err = client.Open(filepath.Join(l.Dir, fmt.Sprint("phone ", i+1)), client.Options{HTTP: &cutter{phone: p, in: l.Cuts}, Kinds: casework.Kinds()})
		if err != nil {
			return f, err
		}
		all = append(all, p)
		if err := p.Enrol(ctx, server, code, fmt.Sprint("simulated ", i+1), "simulation"); err != nil {
			return f, err
		}
	}
	start := time.Now()
	working, over := context.WithDeadline(ctx, start.Add(l.For))
	defer over()
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, p := range all {
		wg.Go(func() { errs[i] = p.work(working) })
	}
	l.watch(working, start)
	wg.Wait()
	f.Seconds = time.Since(start).Seconds()
	for _, p := range all {
		p.calm.Store(true)
	}
	for range 2 {
		for i, p := range all {
			if errs[i] == nil {
				_, errs[i] = p.sync(ctx)
			}
		}
	}
	for _, p := range all {
		if err := p.into(&f); err != nil {
			return f, err
		}
	}
	f.P50, f.P95, f.P99 = quantiles(all)
	return f, errors.Join(errs...)
}

func (l Load) watch(ctx context.Context, start time.Time) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if l.Progress != nil {
				l.Progress(min(time.Since(start), l.For), l.For)
			}
		}
	}
}

// loaded is one phone at work.
type loaded struct {
	*client.Phone
	dice  *rand.Rand
	calm  atomic.Bool
	done  Figures
	took  []time.Duration
	bytes struct{ sent, received atomic.Int64 }
}

func (p *loaded) work(ctx context.Context) error {
	for ctx.Err() == nil {
		for range 1 + p.dice.IntN(5) {
			if err := p.write(); err != nil {
				return err
			}
		}
		if _, err := p.sync(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// write is what a worker writes down: now and then somebody new, mostly about those who are known.
func (p *loaded) write() error {
	people, err := p.People()
	if err != nil {
		return err
	}
	if len(people) == 0 || len(people) < 30 && p.dice.IntN(8) == 0 {
		_, err := p.NewPerson(fmt.Sprint("Made-up ", p.dice.IntN(1e6)), map[string]any{"language": "English"})
		return err
	}
	person := people[p.dice.IntN(len(people))]
	e := client.Edit{Scope: person.Scope, Kind: "support", Set: map[string]any{"what": "visit", "at": time.Now().UTC(), "minutes": p.dice.IntN(90),
		"note": "made up by a simulation"}}
	switch p.dice.IntN(4) {
	case 0:
		e = client.Edit{Scope: person.Scope, Kind: deltasync.KindPerson, Record: person.ID, Set: map[string]any{"goals": fmt.Sprint("made up ", p.dice.IntN(1000))}}
	case 1:
		e = client.Edit{Scope: person.Scope, Kind: "appointment", Set: map[string]any{"title": "Made up", "starts_at": time.Now().Add(24 * time.Hour).UTC(), "status": "planned"}}
	}
	_, err = p.Edit(e)
	return err
}

func (p *loaded) sync(ctx context.Context) (client.Report, error) {
	start := time.Now()
	r, err := p.Sync(ctx)
	if err == nil {
		p.took = append(p.took, time.Since(start))
		p.done.Syncs++
	}
	p.done.Ops += r.Pushed
	p.done.Cut += r.Cut
	p.done.Conflicts += r.Conflicts
	p.done.Held += r.Held
	p.done.Rejected += r.Rejected
	p.done.Records += r.Records
	if errors.Is(err, client.ErrUnavailable) {
		p.done.Failed++
		err = nil
	}
	return r, err
}

func (p *loaded) into(f *Figures) error {
	st, err := p.State()
	f.Ops += p.done.Ops
	f.Syncs += p.done.Syncs
	f.Failed += p.done.Failed
	f.Cut += p.done.Cut
	f.Conflicts += p.done.Conflicts
	f.Held += p.done.Held
	f.Rejected += p.done.Rejected
	f.Records += p.done.Records
	f.Sent += p.bytes.sent.Load()
	f.Received += p.bytes.received.Load()
	f.Unsent += st.Waiting
	f.Incidents += st.Incidents
	return err
}

func quantiles(all []*loaded) (p50, p95, p99 float64) {
	var took []time.Duration
	for _, p := range all {
		took = append(took, p.took...)
	}
	if len(took) == 0 {
		return 0, 0, 0
	}
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	return at(0.5), at(0.95), at(0.99)
}

// cutter counts what goes over a phone's connections, and cuts some of them.
type cutter struct {
	phone *loaded
	in    int
}

var web = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (c *cutter) Do(req *http.Request) (*http.Response, error) {
	c.phone.bytes.sent.Add(max(req.ContentLength, 0))
	res, err := web.Do(req)
	if err != nil {
		return nil, err
	}
	res.Body = &counted{ReadCloser: res.Body, count: &c.phone.bytes.received}
	if c.in > 0 && !c.phone.calm.Load() && c.phone.dice.IntN(c.in) == 0 {
		res.Body = &counted{ReadCloser: res.Body, count: new(atomic.Int64), left: c.phone.dice.IntN(2000), cut: true}
	}
	return res, nil
}

// counted is a body that is counted, and perhaps cut.
type counted struct {
	io.ReadCloser
	count *atomic.Int64
	left  int
	cut   bool
}

func (c *counted) Read(p []byte) (int, error) {
	if c.cut {
		if c.left == 0 {
			return 0, errCut
		}
		p = p[:min(len(p), c.left)]
	}
	n, err := c.ReadCloser.Read(p)
	c.left -= n
	c.count.Add(int64(n))
	return n, err
}
