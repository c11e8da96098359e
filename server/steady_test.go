package server

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener of connections in memory, whose time is the bubble's.
type pipes struct {
	calls chan net.Conn
	gone  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{calls: make(chan net.Conn), gone: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.gone) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) call() net.Conn {
	here, there := net.Pipe()
	p.calls <- there
	return here
}

// serveSteady serves h over pipes for the length of a bubble.
func serveSteady(t *testing.T, h http.HandlerFunc) *pipes {
	l := newPipes()
	srv := &http.Server{Handler: steady(h), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 120 * time.Second}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return l
}

func TestSlowBodyArrivesWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serveSteady(t, func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%d %v", len(b), err)
		})
		conn := l.call()
		defer conn.Close()
		const size = 40 // bytes, one every 50 s: half an hour
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)
		for range size {
			time.Sleep(50 * time.Second)
			if _, err := conn.Write([]byte("x")); err != nil {
				t.Fatalf("the server hung up on a slow body: %v", err)
			}
		}
		if got := answerOf(t, conn); got != "40 <nil>" {
			t.Errorf("a slow body came to %q, want all of it", got)
		}
	})
}

func TestStalledBodyIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		l := serveSteady(t, func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			ended <- err
		})
		conn := l.call()
		defer conn.Close()
		go io.Copy(io.Discard, conn)
		start := time.Now()
		fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
		if err := <-ended; err == nil || time.Since(start) != readStall {
			t.Errorf("a dead phone was given up after %v with %v, want %v and an error", time.Since(start), err, readStall)
		}
	})
}

func TestBodyThatNobodyReadsIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serveSteady(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
		conn := l.call()
		defer conn.Close()
		start := time.Now()
		fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
		if _, err := io.ReadAll(conn); err != nil || time.Since(start) > readStall {
			t.Errorf("the connection ended after %v with %v, want at most %v", time.Since(start), err, readStall)
		}
	})
}

func TestSlowReaderGetsTheWholeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := bytes.Repeat([]byte("0123456789abcdef"), 8<<10) // 128 KiB
		l := serveSteady(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(page) })
		conn := l.call()
		defer conn.Close()
		go fmt.Fprint(conn, "GET / HTTP/1.0\r\n\r\n")
		var got bytes.Buffer
		for buf := make([]byte, 1<<10); ; time.Sleep(2 * time.Second) { // 4 kbit/s
			n, err := conn.Read(buf)
			got.Write(buf[:n])
			if err != nil {
				break
			}
		}
		if !bytes.HasSuffix(got.Bytes(), page) {
			t.Errorf("a slow reader got %d bytes, want %d and the head", got.Len(), len(page))
		}
	})
}

func TestReaderThatStallsIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := make(chan error, 1)
		l := serveSteady(t, func(w http.ResponseWriter, r *http.Request) {
			_, err := w.Write(make([]byte, 1<<20))
			failed <- err
		})
		conn := l.call()
		defer conn.Close()
		start := time.Now()
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		err := <-failed
		if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(start) != writeStall {
			t.Errorf("a reader that stalls was given up after %v with %v, want %v and a timeout", time.Since(start), err, writeStall)
		}
	})
}

// A connection on which nothing is said for hours stays: whoever keeps it open says when it ends.
func TestQuietConnectionStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serveSteady(t, func(w http.ResponseWriter, r *http.Request) {
			for range 3 {
				_, _ = io.WriteString(w, "hint\n")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-time.After(3 * time.Hour):
				case <-r.Context().Done():
					return
				}
			}
		})
		conn := l.call()
		defer conn.Close()
		go fmt.Fprint(conn, "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
		all, err := io.ReadAll(conn)
		if n := strings.Count(string(all), "hint"); n != 3 || err != nil {
			t.Errorf("a quiet connection brought %d hints and %v, want 3", n, err)
		}
	})
}

func answerOf(t *testing.T, conn net.Conn) string {
	t.Helper()
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
