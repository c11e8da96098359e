package server

import (
	"io"
	"net/http"
	"time"
)

// How long a connection may make no progress. Outgoing bytes need longer, since the system tells of room in its buffer
// only when a third of it is free: at 5 kbit/s some 75 KB go out in two minutes.
const (
	readStall  = time.Minute
	writeStall = 2 * time.Minute
	piece      = 16 << 10 // bytes that are written under one deadline
)

// steady lets a request go on as long as bytes move.
func steady(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := http.NewResponseController(w)
		if r.Body != nil && r.Body != http.NoBody {
			body := &steadyBody{body: r.Body, conn: conn}
			body.more() // also for a body that nobody reads: what is left of it is, in the end
			r.Body = body
		}
		defer func() { _ = conn.SetWriteDeadline(time.Now().Add(writeStall)) }() // for what is still in a buffer
		next.ServeHTTP(&steadyWriter{ResponseWriter: w, conn: conn}, r)
	})
}

type steadyBody struct {
	body io.ReadCloser
	conn *http.ResponseController
}

func (b *steadyBody) more() { _ = b.conn.SetReadDeadline(time.Now().Add(readStall)) }

// Read takes the deadline away at the end: from then on the connection is read only to learn that it was closed.
func (b *steadyBody) Read(p []byte) (int, error) {
	b.more()
	n, err := b.body.Read(p)
	if err != nil {
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (b *steadyBody) Close() error { return b.body.Close() }

type steadyWriter struct {
	http.ResponseWriter
	conn *http.ResponseController
}

// Write leaves no deadline behind: HTTP/2 would end a live connection by it that has nothing to say.
func (w *steadyWriter) Write(p []byte) (n int, err error) {
	defer func() { _ = w.conn.SetWriteDeadline(time.Time{}) }()
	for first := true; first || len(p) > 0; first = false {
		_ = w.conn.SetWriteDeadline(time.Now().Add(writeStall))
		m, err := w.ResponseWriter.Write(p[:min(piece, len(p))])
		n += m
		if err != nil {
			return n, err
		}
		p = p[m:]
	}
	return n, nil
}

func (w *steadyWriter) FlushError() error {
	defer func() { _ = w.conn.SetWriteDeadline(time.Time{}) }()
	_ = w.conn.SetWriteDeadline(time.Now().Add(writeStall))
	return w.conn.Flush()
}

// Unwrap is how http.ResponseController finds the rest.
func (w *steadyWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
