package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

// address is where phones believe the server to be.
const address = "http://office.example"

// cut says how the next exchange goes wrong; the zero value lets all of it through.
type cut struct {
	before  bool // nothing reaches the server
	inside  bool // half of the request does
	reply   bool // the reply is lost after so many lines
	lines   int
	late    bool // it reaches the server only when "arrives" is told
	goes    bool // only this one is cut, and the phone may try again
	pending bool
}

// phone is one device.
type phone struct {
	*client.Phone
	name   string
	user   string
	dir    string
	skew   atomic.Int64 // of its clock, in nanoseconds
	link   link
	cut    cut
	stop   context.CancelFunc // of the sync that runs
	story  *Story
	web    *http.Client
	sent   []sent // requests that can be sent again
	late   *sent  // one that is still on its way
	gone   bool   // it was cut off, and has erased itself
	went   bool   // it had, when its memory was kept
	client deltasync.ClientID
	epoch  string // of the last page that it got
	head   uint64
	opened int
}

// sent is a request as it went, and how it was answered.
type sent struct {
	token   string
	packing string
	body    []byte
	status  int
	ack     []byte
	world   int // restores so far
}

func (s *Story) newPhone(name, user string, skew time.Duration) (*phone, error) {
	p := &phone{name: name, user: user, dir: filepath.Join(s.office.dir, "phone "+name), story: s}
	p.skew.Store(int64(skew) + int64(len(s.phones)+1)) // no two clocks are the same
	if err := p.open(); err != nil {
		return nil, err
	}
	s.phones = append(s.phones, p)
	return p, nil
}

func (p *phone) open() (err error) {
	p.opened++
	p.web = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return p.story.office.wire.dial(ctx, p.link)
		},
	}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	p.Phone, err = client.Open(p.dir, client.Options{HTTP: p, Now: p.now, Rand: newDice(p.story.seed, fmt.Sprint(p.opened, " of phone ", p.name)), Kinds: p.story.Engine.Kinds, MaxBytes: p.pages(), NoSync: true})
	return err
}

// pages is how large those are that a phone asks for: small ones, so that runs take many requests.
func (p *phone) pages() int {
	if p.name == "a" || p.name == "desk" {
		return deltasync.DefaultPage
	}
	return deltasync.MinPage
}

func (p *phone) now() time.Time { return p.story.now().Add(time.Duration(p.skew.Load())) }

func (p *phone) close() error {
	p.web.CloseIdleConnections()
	return p.Close()
}

// copyAs is another device with the same memory.
func (p *phone) copyAs(name string) (*phone, error) {
	if err := p.close(); err != nil {
		return nil, err
	}
	c := &phone{name: name, user: p.user, dir: filepath.Join(p.story.office.dir, "phone "+name), story: p.story, client: p.client, epoch: p.epoch, head: p.head, gone: p.gone}
	c.skew.Store(p.skew.Load() + 1)
	if err := os.CopyFS(c.dir, os.DirFS(p.dir)); err != nil {
		return nil, err
	}
	if err := errors.Join(p.open(), c.open()); err != nil {
		return nil, err
	}
	p.story.phones = append(p.story.phones, c)
	return c, nil
}

// keep copies the phone's memory, and putBack brings that back, as a backup of the phone does.
func (p *phone) keep() error {
	p.went = p.gone
	if err := errors.Join(p.close(), os.RemoveAll(p.dir+" kept"), os.CopyFS(p.dir+" kept", os.DirFS(p.dir))); err != nil {
		return err
	}
	return p.open()
}

func (p *phone) putBack() error {
	if _, err := os.Stat(p.dir + " kept"); err != nil {
		return nil // there is none
	}
	if err := errors.Join(p.close(), os.RemoveAll(p.dir), os.CopyFS(p.dir, os.DirFS(p.dir+" kept"))); err != nil {
		return err
	}
	p.gone = p.went
	return p.open()
}

// run syncs once, with what may be cut on the way.
func (p *phone) run(c cut) (client.Report, error) {
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Hour)
	defer stop()
	p.cut, p.stop = c, stop
	p.cut.pending = c.before || c.inside || c.late || c.reply
	report, err := p.Sync(ctx)
	p.cut = cut{}
	p.web.CloseIdleConnections()
	if errors.Is(err, client.ErrRevoked) {
		p.gone = true
	}
	return report, err
}

// Do is the phone's way to the server, for client.Options.
func (p *phone) Do(req *http.Request) (*http.Response, error) {
	if p.story.down {
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: errNoServer}
	}
	req.Header.Set("Accept-Encoding", "identity") // so that what comes can be looked at
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		req.ContentLength = int64(len(body))
	}
	c := p.cut
	if !strings.HasSuffix(req.URL.Path, "/sync") {
		c = cut{}
	}
	if c.pending {
		p.cut.pending = false
		if !c.goes {
			defer p.stop()
		}
	}
	if c.pending && c.late {
		p.late = &sent{token: req.Header.Get("Authorization"), packing: req.Header.Get("Content-Encoding"), body: body}
	}
	if c.pending && (c.before || c.late) {
		return nil, errCut
	}
	if c.pending && c.inside {
		req.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
	}
	sawBefore := p.story.maySee(p)
	res, err := p.web.Do(req)
	if err != nil {
		return nil, err
	}
	raw, broke := io.ReadAll(res.Body)
	_ = res.Body.Close()
	arrives := len(raw)
	if c.pending && c.reply {
		lines := bytes.SplitAfter(raw, []byte{'\n'})
		arrives = len(bytes.Join(lines[:min(c.lines, len(lines))], nil))
	}
	p.story.tap(p, req, body, res, raw, arrives, sawBefore)
	if c.pending && c.reply {
		raw = raw[:arrives]
		if len(raw) == 0 {
			return nil, errCut
		}
		res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(raw), broken{}))
		return res, nil
	}
	res.Body = io.NopCloser(bytes.NewReader(raw))
	if broke != nil {
		res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(raw), broken{}))
	}
	return res, nil
}

// broken is where a body is cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errCut }

// again sends a request as it went once, whatever has come since, and looks at the answer, which reaches no phone.
func (p *phone) again(s sent) (status int, raw []byte, err error) {
	req, err := http.NewRequest(http.MethodPost, address+"/v1/sync", bytes.NewReader(s.body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", s.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Encoding", "identity")
	if s.packing != "" {
		req.Header.Set("Content-Encoding", s.packing)
	}
	sawBefore := p.story.maySee(p)
	res, err := p.web.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer p.web.CloseIdleConnections()
	defer res.Body.Close()
	if raw, err = io.ReadAll(res.Body); err == nil {
		p.story.looks(p, res.StatusCode, raw, sawBefore)
	}
	return res.StatusCode, raw, err
}

func firstLine(raw []byte) []byte {
	line, _, _ := bytes.Cut(raw, []byte{'\n'})
	return line
}

// opIn is what of an op in a request matters here.
type opIn struct {
	N    uint64         `json:"n"`
	ID   deltasync.OpID `json:"id"`
	Raw  json.RawMessage
	Kind string `json:"kind"`
}

func opsIn(body []byte) (ops []opIn) {
	var req struct {
		Ops []json.RawMessage `json:"ops"`
	}
	if json.Unmarshal(body, &req) != nil {
		return nil
	}
	for _, raw := range req.Ops {
		op := opIn{Raw: raw}
		if json.Unmarshal(raw, &op) == nil {
			ops = append(ops, op)
		}
	}
	return ops
}
