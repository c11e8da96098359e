package push

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"
)

// mostReply bounds how much of a provider's answer is read.
const mostReply = 64 << 10

// Reply is what a provider answered.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// ErrNotSent says that no byte of a request left: the provider cannot have got it.
var ErrNotSent = errors.New("the provider could not be reached")

// ErrNoReply says that a request left and no whole answer came.
var ErrNoReply = errors.New("the provider did not answer")

// Client asks providers: it follows no redirects, since what a message holds is for one host only, and keeps so many connections to each.
func Client(most int, deadline time.Duration) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost = most, most
	t.TLSHandshakeTimeout = deadline
	return &http.Client{Transport: t, Timeout: deadline,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Tracked is a request's context by which Answer tells whether anything of it left.
func Tracked(ctx context.Context) (context.Context, *atomic.Bool) {
	left := new(atomic.Bool)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { left.Store(true) },
		WroteRequest:     func(httptrace.WroteRequestInfo) { left.Store(true) },
	}), left
}

// Answer reads what came of a request. Its errors are ErrNotSent and ErrNoReply alone: what a client says of its own may hold an address.
func Answer(res *http.Response, err error, left *atomic.Bool) (Reply, error) {
	if err == nil {
		defer res.Body.Close()
		var body []byte
		if body, err = io.ReadAll(io.LimitReader(res.Body, mostReply)); err == nil {
			return Reply{Status: res.StatusCode, Header: res.Header, Body: body}, nil
		}
	}
	if left.Load() {
		return Reply{}, ErrNoReply
	}
	return Reply{}, ErrNotSent
}

// Lost is the outcome of an error of Answer.
func Lost(err error) Outcome {
	if errors.Is(err, ErrNotSent) {
		return Outcome{Status: Later, Why: "unreachable"}
	}
	return Outcome{Status: Unknown, Why: "no_answer"}
}

// mostPause is how long a provider may ask to be left alone.
const mostPause = 24 * time.Hour

// Pause is how long a provider asks to be left alone (RFC 9110 §10.2.3); 0: it does not say.
func Pause(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	var d time.Duration
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), mostPause)
}
