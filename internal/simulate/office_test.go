package simulate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"alongside/internal/admin"
	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/server"
	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

// office is the server with its folder, and what an operator does to them. It is the book of a storetest.World.
type office struct {
	dir     string // holds the data and what was kept of it
	now     func() time.Time
	rand    *dice
	kinds   deltasync.Kinds
	log     lines
	wire    *wire
	server  *server.Server
	stop    context.CancelFunc
	stopped chan error
	faults  faults
}

var _ storetest.Book = (*office)(nil)

// dice are random bytes that several goroutines may draw.
type dice struct {
	mu   sync.Mutex
	from *rand.ChaCha8
}

func newDice(seed uint64, what string) *dice {
	return &dice{from: rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%d %s", seed, what)))}
}

func (d *dice) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.from.Read(p)
}

// lines is a log.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) contains(word string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.b.Bytes(), []byte(word))
}

// faults are what the disk does.
type faults struct {
	mu   sync.Mutex
	full bool
	once error // of the next commit
}

func (f *faults) at(step string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full && (step == "commit" || step == "room") {
		return syscall.ENOSPC
	}
	if step != "commit" {
		return nil
	}
	err := f.once
	f.once = nil
	return err
}

func (f *faults) set(full bool, once error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full, f.once = full, once
}

func (o *office) data() string { return filepath.Join(o.dir, "data") }

func (o *office) open() error {
	srv, err := server.New(server.Config{Data: o.data(), URL: address, Now: o.now, Rand: o.rand, Kinds: o.kinds,
		Log: slog.New(slog.NewTextHandler(&o.log, nil)), NoSocket: true, Fault: o.faults.at})
	if err != nil {
		return err
	}
	o.server = srv
	o.wire, o.stopped = newWire(), make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	o.stop = stop
	go func() { o.stopped <- o.server.Serve(ctx, o.wire) }()
	return nil
}

func (o *office) close() error {
	if o.stopped == nil {
		return nil // it did not open
	}
	time.Sleep(time.Millisecond) // until each connection has ended: net/http waits for them by chance
	o.stop()
	defer func() { o.stopped = nil }()
	if err := <-o.stopped; err != nil && !o.faulty(err) {
		return err
	}
	return nil
}

// faulty reports whether an error is no more than what the disk was told to do.
func (o *office) faulty(err error) bool {
	return bytes.Contains([]byte(err.Error()), []byte(boltstore.ErrSuspect.Error()))
}

func (o *office) db() *boltstore.DB { return o.server.Office().DB }

func (o *office) View(ctx context.Context, fn func(deltasync.Tx) error) error {
	return o.db().View(ctx, fn)
}

func (o *office) Update(ctx context.Context, fn func(deltasync.WriteTx) error) error {
	return o.db().Update(ctx, fn)
}

// AddUser makes a storetest.World's user one of the server's.
func (o *office) AddUser(c deltasync.Client) (deltasync.Client, error) {
	ctx := context.Background()
	err := o.db().Write(ctx, func(tx *boltstore.Tx) error {
		_, err := o.server.Office().Auth.AddUser(tx.Auth(), auth.User{ID: string(c.User), Name: "Somebody", Role: auth.Role(c.Role), Team: string(c.Team)})
		return err
	})
	if err != nil {
		return c, err
	}
	err = o.View(ctx, func(tx deltasync.Tx) error {
		c, _, err = tx.User(c.User)
		return err
	})
	return c, err
}

func (o *office) backup() error {
	_, err := admin.BackupTo(context.Background(), o.server.Office(), o.data(), o.kept("backup"), nil)
	return err
}

func (o *office) kept(name string) string { return filepath.Join(o.dir, name) }

// restore makes the store anew from the backup, with the archive or without.
func (o *office) restore(archived bool) error {
	if err := o.close(); err != nil {
		return err
	}
	folder := ""
	if archived {
		folder = filepath.Join(o.data(), admin.ArchiveName)
	}
	_, err := admin.Restore(context.Background(), o.kept("backup"), o.data(), folder, admin.Options{Now: o.now, Rand: o.rand, Kinds: o.kinds})
	if err != nil && !errors.Is(err, admin.ErrElsewhere) { // the archive was put back, to before the backup: all is as it was
		return err
	}
	return o.open()
}

// keep copies the folder as it is, and putBack brings the copy back behind everybody's back: all of it, or the store alone.
func (o *office) keep() error {
	if err := os.RemoveAll(o.kept("copy")); err != nil {
		return err
	}
	if err := o.close(); err != nil {
		return err
	}
	if err := os.CopyFS(o.kept("copy"), os.DirFS(o.data())); err != nil {
		return err
	}
	return o.open()
}

func (o *office) putBack(all bool) error {
	if err := o.close(); err != nil {
		return err
	}
	if all {
		if err := os.RemoveAll(o.data()); err != nil {
			return err
		}
		if err := os.CopyFS(o.data(), os.DirFS(o.kept("copy"))); err != nil {
			return err
		}
	} else if err := copyFile(filepath.Join(o.kept("copy"), boltstore.FileName), filepath.Join(o.data(), boltstore.FileName)); err != nil {
		return err
	}
	return o.open()
}

func copyFile(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	t, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	if e := t.Close(); err == nil {
		err = e
	}
	return err
}

func (o *office) enrol(user deltasync.UserID) (code string, err error) {
	code, _, err = o.server.Office().Auth.NewCode(context.Background(), string(user))
	return code, err
}
