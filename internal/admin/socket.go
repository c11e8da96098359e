package admin

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

const (
	socketName = "alongside.sock"
	socketPath = 100 // bytes that a socket's path may have anywhere; Linux has 107, others fewer
)

// Listen opens the socket of the server on dir, for the owner of the folder alone. The caller has dir's store open, so
// a socket that stands there already is a dead server's.
func Listen(dir string) (net.Listener, error) {
	// It is made where nobody else gets in, and moved into place with its mode.
	nursery := filepath.Join(dir, socketName+".new")
	if err := os.RemoveAll(nursery); err != nil {
		return nil, err
	}
	if err := os.Mkdir(nursery, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(nursery)
	name, done, err := reachable(nursery)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it will have moved
	made, place := filepath.Join(nursery, socketName), filepath.Join(dir, socketName)
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, place)); err != nil {
		_ = l.Close()
		return nil, err
	}
	return &socket{Listener: l, place: place}, nil
}

// socket takes its file away when it closes, once: a later server may have put its own there.
type socket struct {
	net.Listener
	place string
	once  sync.Once
	err   error
}

func (s *socket) Close() error {
	s.once.Do(func() { s.err = errors.Join(os.Remove(s.place), s.Listener.Close()) })
	return s.err
}

// dial reaches the server on dir.
func dial(dir string) (net.Conn, error) {
	name, done, err := reachable(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	return net.Dial("unix", name)
}

// reachable gives a path of dir's socket that is short enough for one: a deep folder is opened, and named by its
// descriptor. Done is to be called when the path has been used.
func reachable(dir string) (name string, done func(), err error) {
	name = filepath.Join(dir, socketName)
	if len(name) <= socketPath {
		return name, func() {}, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	name = filepath.Join("/proc/self/fd", strconv.Itoa(int(f.Fd())), socketName)
	if _, err := os.Stat(filepath.Dir(name)); err != nil {
		_ = f.Close()
		return "", nil, fmt.Errorf("the path of %s is too long for a socket: use a folder with a path of at most %d characters",
			dir, socketPath-len(socketName)-1)
	}
	return name, func() { _ = f.Close() }, nil
}
