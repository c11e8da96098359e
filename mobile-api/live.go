package mobileapi

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	"alongside/internal/follow"
)

// patience is how long a live connection may take over one write.
const patience = time.Minute

// live says, for as long as the client may listen, that there is something to sync. It ends with the token, with the
// client's standing, with a newer connection of the client, and with Run.
func (a *API) live(c echo.Context) error {
	id, ctx := identityOf(c), c.Request().Context()
	changed := a.Auth.Changed() // before asking: a change in between closes it
	var l *listener
	var out *stream
	err := aside(func() (err error) {
		l, out, err = a.listen(ctx, id, c)
		return err
	})
	if err != nil {
		return err
	}
	defer a.hub.leave(l)
	expiry := time.NewTimer(id.Expires.Sub(a.now()))
	defer expiry.Stop()
	beat := time.NewTicker(cmp.Or(a.Heartbeat, 25*time.Second))
	defer beat.Stop()

	for out.err == nil {
		select {
		case e := <-l.next:
			out.event(e)
		case <-beat.C:
			out.write([]byte(":\n\n"))
		case <-changed:
			changed = a.Auth.Changed()
			if aside(func() error { return a.Auth.Alive(ctx, id.Client) }) != nil {
				return nil
			}
		case <-expiry.C:
			return nil
		case <-l.done:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// listen takes the client in, and says where the log stands. Who cannot be told is not in.
func (a *API) listen(ctx context.Context, id auth.Identity, c echo.Context) (l *listener, out *stream, err error) {
	if err := a.Auth.Alive(ctx, id.Client); err != nil {
		return nil, nil, err
	}
	if l, err = a.hub.join(clientOf(id), a.Limits); err != nil {
		return nil, nil, err
	}
	told := false
	defer func() {
		if !told {
			a.hub.leave(l)
		}
	}()
	head, err := follow.Head(ctx, a.Log) // after joining: what comes later is told
	if err != nil {
		return nil, nil, err
	}
	out = newStream(c)
	out.event(newEvent(head))
	told = true
	return l, out, nil
}

// aside does something on a stack of its own, which is gone when it is done. A connection that lasts keeps a stack as large as it ever needed:
// of 10,000 that is 80 MB.
func aside(fn func() error) (err error) {
	var thrown any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { thrown = recover() }()
		err = fn()
	}()
	if <-done; thrown != nil {
		panic(thrown)
	}
	return err
}

// stream is a response of Server-Sent Events. After an error, which says that nobody reads it, it writes no more.
type stream struct {
	to   *echo.Response
	conn *http.ResponseController
	sent *event
	err  error
}

func newStream(c echo.Context) *stream {
	s := &stream{to: c.Response(), conn: http.NewResponseController(c.Response().Writer)}
	_ = s.conn.SetReadDeadline(time.Time{}) // it lasts for as long as the client likes
	h := s.to.Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy before us is to pass each on at once
	s.to.WriteHeader(http.StatusOK)
	return s
}

// event writes a hint, unless one that says as much is sent.
func (s *stream) event(e *event) {
	if s.sent == nil || e.seq > s.sent.seq {
		s.write(e.bytes)
		s.sent = e
	}
}

func (s *stream) write(b []byte) {
	_ = s.conn.SetWriteDeadline(time.Now().Add(patience)) // where it cannot be set, there is no connection to wait for
	defer func() { _ = s.conn.SetWriteDeadline(time.Time{}) }()
	_, s.err = s.to.Write(b)
	if err := s.conn.Flush(); s.err == nil && !errors.Is(err, http.ErrNotSupported) {
		s.err = err
	}
}
