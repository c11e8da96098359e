package fcm

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync/atomic"

	"alongside/internal/push"
)

// try is one message on its way: what came of its first request, after which there is no other.
type try struct {
	end    context.CancelFunc
	met    bool // a request was made
	status int  // 0: no answer came
	header http.Header
	left   *atomic.Bool // some of it left
}

type tryKey struct{}

// begin makes a context for one message.
func begin(ctx context.Context) (context.Context, *try) {
	t := &try{}
	ctx, t.end = context.WithCancel(ctx)
	ctx, t.left = push.Tracked(ctx)
	return context.WithValue(ctx, tryKey{}, t), t
}

// once notes what came of a message's request, and ends its context where the SDK would make another.
type once struct{ next http.RoundTripper }

func (o *once) RoundTrip(req *http.Request) (*http.Response, error) {
	t, ok := req.Context().Value(tryKey{}).(*try)
	if !ok {
		return o.next.RoundTrip(req)
	}
	t.met = true
	res, err := o.next.RoundTrip(req)
	if err == nil {
		var body []byte
		body, err = io.ReadAll(io.LimitReader(res.Body, 64<<10))
		_ = res.Body.Close() // all that counts was read
		res.Body = io.NopCloser(bytes.NewReader(body))
	}
	if err != nil {
		t.end()
		return nil, err
	}
	t.status, t.header = res.StatusCode, res.Header
	if res.StatusCode == http.StatusServiceUnavailable {
		t.end()
	}
	return res, nil
}
