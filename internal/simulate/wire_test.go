package simulate

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// wire is a listener whose connections are in memory.
type wire struct {
	arriving chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newWire() *wire { return &wire{arriving: make(chan net.Conn), closed: make(chan struct{})} }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.arriving:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (w *wire) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }

var errNoServer = errors.New("nobody answers")

// link is how good a phone's connections are; the zero value is as good as can be.
type link struct {
	speed int           // bytes a second each way; 0: no end of them
	lives time.Duration // after which a connection is cut; 0: it is not
	watch func()        // looks on while bytes are on their way; nil: nobody does
}

func (w *wire) dial(ctx context.Context, l link) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case w.arriving <- there:
	case <-w.closed:
		return nil, errNoServer
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l.lives > 0 {
		time.AfterFunc(l.lives, func() { _ = here.Close() })
	}
	if l.speed == 0 {
		return here, nil
	}
	return &slowConn{here, l}, nil
}

// slowConn takes its time.
type slowConn struct {
	net.Conn
	link
}

func (c *slowConn) wait(n int) {
	time.Sleep(time.Duration(n) * time.Second / time.Duration(c.speed))
	if c.watch != nil {
		c.watch()
	}
}

func (c *slowConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), c.speed/4+1)])
	c.wait(n)
	return n, err
}

func (c *slowConn) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = c.Conn.Write(p[n:min(len(p), n+c.speed/4+1)])
		n += m
		c.wait(m)
	}
	return n, err
}
