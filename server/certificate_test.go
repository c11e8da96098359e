package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writeCertificate puts a self-signed pair into dir, under a name of its own.
func writeCertificate(t *testing.T, dir, name string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestCertificateIsTakenAnewWhenItChanges(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := writeCertificate(t, dir, "first")
	var log journal
	c, err := loadCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	names := func() string {
		pair, err := c.present(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.Subject.CommonName
	}
	later := func() { c.checked = time.Time{} }

	writeCertificate(t, dir, "second, of another length")
	if got := names(); got != "first" {
		t.Errorf("the files were looked at again at once: %s", got)
	}
	later()
	if got := names(); got != "second, of another length" {
		t.Errorf("after a change it is still %q", got)
	}
	if err := os.WriteFile(keyFile, []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	later()
	if got := names(); got != "second, of another length" || !strings.Contains(log.String(), "cannot be used") {
		t.Errorf("a broken pair left %q and said %q", got, log.String())
	}
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	later()
	if got := names(); got != "second, of another length" {
		t.Errorf("a missing file left %q", got)
	}
	writeCertificate(t, dir, "third")
	later()
	if got := names(); got != "third" {
		t.Errorf("after a repair it is %q, want third", got)
	}
}

func TestServesTLS(t *testing.T) {
	certFile, keyFile := writeCertificate(t, t.TempDir(), "served")
	r := start(t, Config{Cert: certFile, Key: keyFile})
	r.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	res, _ := r.request("GET", "/healthz", "", "")
	if res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("over TLS: %s, Strict-Transport-Security %q", res.Proto, res.Header.Get("Strict-Transport-Security"))
	}
	if plain, err := http.Get(strings.Replace(r.url, "https:", "http:", 1)); err == nil {
		plain.Body.Close()
		if plain.StatusCode != http.StatusBadRequest {
			t.Errorf("plain HTTP on a TLS port: %s", plain.Status)
		}
	}
	if log := r.log.String(); strings.Contains(log, "127.0.0.1") {
		t.Errorf("the log holds an address:\n%s", log)
	}
}

func TestMissingCertificateIsAnErrorAtStart(t *testing.T) {
	if _, err := New(Config{Data: t.TempDir(), Cert: "nowhere.pem", Key: "nowhere.key"}); err == nil || !strings.Contains(err.Error(), "nowhere.pem") {
		t.Errorf("New without its certificate: %v", err)
	}
}
