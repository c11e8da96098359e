package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	stall     = 2 * time.Minute // without a byte, a connection counts as dead
	slowest   = 400             // bytes a second that a request's body is given
	worthIt   = 1 << 10         // bytes; less is sent as it is
	maxAnswer = 1 << 20         // bytes of an answer that is no page
)

const eventStream = "text/event-stream"

var errStalled = errors.New("nothing came any more")

// lostError says that a request brought no answer, or not to its end. Whether the server took it is unknown.
type lostError struct{ err error }

func (e *lostError) Error() string { return "no answer: " + e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// exchange makes one request and hands the answer to read, unpacked. The answer's media type is to be want: another,
// with a status of success, is errPortal. Other statuses are a *Problem.
func (p *Phone) exchange(ctx context.Context, method, url, bearer string, body any, want string, read func(io.Reader) error) error {
	plain := p.plain.Load()
	err := p.attempt(ctx, method, url, bearer, body, !plain, want, read)
	var pr *Problem
	if errors.As(err, &pr) && pr.Status == http.StatusUnsupportedMediaType && !plain {
		p.plain.Store(true)
		err = p.attempt(ctx, method, url, bearer, body, false, want, read)
	}
	return err
}

func (p *Phone) attempt(ctx context.Context, method, url, bearer string, body any, mayPack bool, want string, read func(io.Reader) error) error {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, size, err := newRequest(ctx, method, url, body, mayPack)
	if err != nil {
		return err
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	req.Header.Set("Accept", want+", application/problem+json")
	if want != eventStream { // an event is to come at once, not when a packer is full
		req.Header.Set("Accept-Encoding", "zstd, gzip")
	}
	watch := time.AfterFunc(stall+time.Duration(size/slowest)*time.Second, func() { cancel(errStalled) })
	defer watch.Stop()
	lost := func(err error) error {
		switch {
		case outer.Err() != nil:
			return outer.Err()
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		}
		return &lostError{err}
	}
	res, err := p.o.HTTP.Do(req)
	if err != nil {
		return lost(err)
	}
	defer res.Body.Close()
	from, done, err := unpacked(res, &watched{res.Body, watch})
	if err != nil {
		return lost(err)
	}
	defer done()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return p.problem(res, from)
	}
	if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); media != want {
		return errPortal
	}
	if err := read(from); err != nil {
		if ctx.Err() != nil {
			return errors.Join(err, lost(err))
		}
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // so that the connection serves again
	return nil
}

func newRequest(ctx context.Context, method, url string, body any, mayPack bool) (*http.Request, int, error) {
	if body == nil {
		req, err := http.NewRequestWithContext(ctx, method, url, nil)
		return req, 0, err
	}
	raw, err := encode(body)
	if err != nil {
		return nil, 0, err
	}
	packed := mayPack && len(raw) >= worthIt
	if packed {
		if raw, err = pack(raw); err != nil {
			return nil, 0, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(raw))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if packed {
		req.Header.Set("Content-Encoding", "gzip")
	}
	return req, len(raw), nil
}

func pack(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(raw); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

// watched puts the watch back at each byte that comes.
type watched struct {
	from  io.Reader
	watch *time.Timer
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.from.Read(b)
	if n > 0 {
		w.watch.Reset(stall)
	}
	return n, err
}

var unzstdders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		panic("zstd: " + err.Error()) // its options are constants
	}
	return d
}}

func unpacked(res *http.Response, from io.Reader) (_ io.Reader, done func(), err error) {
	switch strings.ToLower(res.Header.Get("Content-Encoding")) {
	case "gzip":
		z, err := gzip.NewReader(from)
		return z, func() {}, err
	case "zstd":
		z := unzstdders.Get().(*zstd.Decoder)
		err := z.Reset(from)
		return z, func() { _ = z.Reset(nil); unzstdders.Put(z) }, err
	}
	return from, func() {}, nil
}

// problem reads why the server refused.
func (p *Phone) problem(res *http.Response, from io.Reader) error {
	pr := &Problem{Status: res.StatusCode}
	if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); media == "application/problem+json" {
		raw, err := io.ReadAll(io.LimitReader(from, maxAnswer))
		if err != nil {
			return &lostError{err}
		}
		if json.Unmarshal(raw, pr) != nil {
			return &lostError{io.ErrUnexpectedEOF}
		}
		pr.Status = res.StatusCode
	} else if res.StatusCode < 400 {
		return errPortal
	}
	pr.after = retryAfter(res.Header, p.now())
	return pr
}

// post sends JSON and reads the JSON that comes back into answer.
func (p *Phone) post(ctx context.Context, url, bearer string, body, answer any) error {
	return p.exchange(ctx, http.MethodPost, url, bearer, body, "application/json", func(from io.Reader) error {
		raw, err := io.ReadAll(io.LimitReader(from, maxAnswer))
		if err != nil {
			return fmt.Errorf("%w: %w", errCut, err)
		}
		if json.Unmarshal(raw, answer) != nil {
			return fmt.Errorf("%w: no JSON", errCut) // it may hold tokens
		}
		return nil
	})
}
