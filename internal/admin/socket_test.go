package admin

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSocketIsTheOwnersAlone(t *testing.T) {
	_, _, dir := live(t)
	info, err := os.Stat(filepath.Join(dir, socketName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has the mode %v, %v, want 0600", info.Mode(), err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, socketName+"*")); len(names) != 1 {
		t.Errorf("opening the socket left %v", names)
	}
}

func TestSocketOfADeadServerIsReplaced(t *testing.T) {
	dir := t.TempDir()
	dead, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	// A server that is killed leaves its socket, and nobody behind it.
	if err := dead.(*socket).Listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Call(dir); err == nil {
		t.Fatal("a dead server answered")
	}
	next, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.(*socket).Listener.Close()
	if _, err := Call(dir); err != nil {
		t.Errorf("the next server does not answer: %v", err)
	}
	if err := errors.Join(next.Close(), next.Close()); err != nil {
		t.Errorf("closing it twice: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, socketName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a closed socket is still there: %v", err)
	}
}

func TestSocketWorksInADeepFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 60))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	o, err := openOffice(dir, Options{Make: true})
	if err != nil {
		t.Fatal(err)
	}
	defer o.DB.Close()
	serve(t, dir, o)
	line, err := Call(dir)
	if err != nil {
		t.Fatal(err)
	}
	team(t, line)
}

func TestOpenTakesTheServerIfThereIsOne(t *testing.T) {
	_, _, dir := live(t)
	c, done, err := Open(ctx, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.(*Line); !ok {
		t.Errorf("with a server, Open gives a %T", c)
	}
	if err := done(); err != nil {
		t.Error(err)
	}

	if _, _, err := Open(ctx, t.TempDir(), Options{}); !errors.Is(err, ErrNoStore) {
		t.Errorf("without a store: %v, want %v", err, ErrNoStore)
	}
}

func TestOpenWaitsForAnotherCommand(t *testing.T) {
	o, dir := stopped(t)
	type opened struct {
		c    Commands
		done func() error
		err  error
	}
	got := make(chan opened)
	go func() {
		c, done, err := Open(ctx, dir, Options{})
		got <- opened{c, done, err}
	}()
	if err := o.DB.Close(); err != nil {
		t.Fatal(err)
	}
	second := <-got
	if second.err != nil {
		t.Fatal(second.err)
	}
	_ = second.done()
}

func TestLinksCarryTheAddressThatTheServerLastUsed(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ flag, kept, want string }{
		{"", "", "http://localhost:8080"},
		{"", "https://kept.example", "https://kept.example"},
		{"https://flag.example", "https://kept.example", "https://flag.example"},
	} {
		if c.kept != "" {
			if err := KeepURL(dir, c.kept); err != nil {
				t.Fatal(err)
			}
		}
		o, err := openOffice(dir, Options{Make: true, URL: c.flag})
		if err != nil {
			t.Fatal(err)
		}
		if o.URL != c.want {
			t.Errorf("with --url %q, after a server at %q: %s, want %s", c.flag, c.kept, o.URL, c.want)
		}
		_ = o.DB.Close()
	}
}
