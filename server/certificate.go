package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a pair of files that may be replaced while the server runs. A new pair that cannot be used leaves the
// old one in use.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	mark    mark
	checked time.Time
}

// mark tells one state of the two files from another.
type mark struct {
	certTime, keyTime time.Time
	certSize, keySize int64
}

const certificateCheck = 2 * time.Second // between two looks at the files

func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	mark, err := c.look()
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", certFile, keyFile, err)
	}
	c.pair, c.mark, c.checked = &pair, mark, time.Now()
	return c, nil
}

func (c *certificate) look() (m mark, err error) {
	cert, err := os.Stat(c.certFile)
	if err != nil {
		return m, err
	}
	key, err := os.Stat(c.keyFile)
	if err != nil {
		return m, err
	}
	return mark{cert.ModTime(), key.ModTime(), cert.Size(), key.Size()}, nil
}

// present is tls.Config.GetCertificate.
func (c *certificate) present(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if since := time.Since(c.checked); since < certificateCheck {
		return c.pair, nil
	}
	c.checked = time.Now()
	now, err := c.look()
	if err != nil || now == c.mark {
		return c.pair, nil // a file may be missing for a moment
	}
	c.mark = now
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.log.Warn("the new TLS certificate cannot be used; the old one stays", "error", err)
		return c.pair, nil
	}
	c.pair = &pair
	c.log.Info("new TLS certificate")
	return c.pair, nil
}
