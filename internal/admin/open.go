package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	deltasync "alongside/sync"
)

const (
	urlName    = "alongside.url"
	defaultURL = "http://localhost:8080"
)

// patience is how long another command may have the store open before that is an error.
const patience = 5 * time.Second

// ErrNoStore says that a folder has no store in it.
var ErrNoStore = errors.New("there is no store")

// Options come in from outside; the zero value works.
type Options struct {
	Make bool   // a store where there is none
	URL  string // that links carry; empty: what the server last used
	Log  *slog.Logger

	// For simulations; the zero values are what everybody else wants.
	Now   func() time.Time
	Rand  io.Reader
	Kinds deltasync.Kinds
}

// StorePath is where the store of a folder is.
func StorePath(dir string) string { return filepath.Join(dir, boltstore.FileName) }

// Open lets commands run on dir: on its server, or on its store where none runs.
func Open(ctx context.Context, dir string, o Options) (Commands, func() error, error) {
	for until := time.Now().Add(patience); ; {
		if line, err := Call(dir); err == nil {
			return line, func() error { return nil }, nil
		}
		office, err := openOffice(dir, o)
		if err == nil {
			if err := office.FinishErasing(ctx); err != nil {
				return nil, nil, errors.Join(err, office.Close())
			}
			return office, office.Close, nil
		}
		if !errors.Is(err, boltstore.ErrInUse) || time.Now().After(until) {
			return nil, nil, err
		}
		select { // a server that starts or stops, or another command
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func openOffice(dir string, o Options) (*Office, error) {
	path := StorePath(dir)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !o.Make {
		return nil, fmt.Errorf("%w in %s", ErrNoStore, dir)
	}
	b := boltstore.Options{Log: o.Log}
	keeps := &Archive{Folder: ArchiveFolder(dir), Log: o.Log}
	if _, err := os.Stat(keeps.Folder); err == nil {
		b.Lacking = keeps.Lacking
	}
	db, err := boltstore.Open(path, b)
	if err != nil {
		return nil, errors.Join(err, keeps.Close(context.Background()))
	}
	url := o.URL
	if url == "" {
		url = lastURL(dir)
	}
	return &Office{DB: db, Engine: &deltasync.Engine{Store: db, Kinds: casework.Kinds(), Soon: casework.Soon},
		Auth: &auth.Service{Store: db.Auth()}, URL: url, Archive: keeps, Schedule: lastSchedule(dir)}, nil
}

// Close is the end of an office that Open has opened.
func (o *Office) Close() error {
	return errors.Join(o.Archive.Close(context.Background()), o.DB.Close())
}

// KeepURL notes the address that the server on dir uses, for commands that run while it does not.
func KeepURL(dir, url string) error {
	return os.WriteFile(filepath.Join(dir, urlName), []byte(url+"\n"), 0o600)
}

func lastURL(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, urlName))
	if url := strings.TrimSpace(string(b)); err == nil && url != "" {
		return url
	}
	return defaultURL
}

// Claim opens the store of dir for a server, and makes one where there is none. It waits for a command that has it
// open, and not for a server.
func Claim(dir string, o boltstore.Options) (*boltstore.DB, error) {
	for until := time.Now().Add(patience); ; {
		if _, err := Call(dir); err == nil {
			return nil, fmt.Errorf("%s: %w", dir, boltstore.ErrInUse)
		}
		db, err := boltstore.Open(StorePath(dir), o)
		if err == nil {
			return db, nil
		}
		if !errors.Is(err, boltstore.ErrInUse) || time.Now().After(until) {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
	}
}
